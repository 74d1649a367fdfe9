#include <array>

#include "cli/command.h"
#include "cli/commands.h"

int main(int argc, char** argv) {
  using trivox::Command;
  constexpr std::array commands = {
      Command{"phantom", "write synthetic patients in the dataset's layout", trivox::run_phantom},
      Command{"inspect", "say what a file, folder or dataset holds", trivox::run_inspect},
      Command{"convert", "write an image as NIfTI as it was read", trivox::run_convert},
      Command{"register", "lay one image onto another by a rotation and a shift", trivox::run_register},
      Command{"preprocess", "turn a dataset into shards", trivox::run_preprocess},
      Command{"feed", "draw batches from shards and time them", trivox::run_feed},
      Command{"train", "train a segmentation network on shards", nullptr},
      Command{"predict", "write predicted masks on each patient's own grid", nullptr},
      Command{"evaluate", "score predicted masks against radiologists'", trivox::run_evaluate},
  };
  return trivox::dispatch(commands, argc, argv);
}
