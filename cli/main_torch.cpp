#include <array>

#include "cli/command.h"
#include "cli/commands.h"

int main(int argc, char** argv) {
  using trivox::Command;
  constexpr std::array commands = {
      Command{"train", "train a segmentation network on shards", trivox::run_train},
      Command{"predict", "write predicted masks on each patient's own grid", trivox::run_predict},
  };
  return trivox::dispatch(commands, argc, argv);
}
