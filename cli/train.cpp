#include "cli/command.h"
#include "cli/commands.h"
#include "transforms/error.h"

namespace trivox {

int run_train(int, char**) { throw Error("command train", "not built yet", ""); }

}  // namespace trivox
