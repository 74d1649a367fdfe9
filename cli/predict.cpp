#include "cli/command.h"
#include "cli/commands.h"
#include "transforms/error.h"

namespace trivox {

int run_predict(int, char**) { throw Error("command predict", "not built yet", ""); }

}  // namespace trivox
