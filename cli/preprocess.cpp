#include "cli/command.h"
#include "cli/commands.h"
#include "transforms/error.h"

namespace trivox {

int run_preprocess(int, char**) { throw Error("command preprocess", "not built yet", ""); }

}  // namespace trivox
