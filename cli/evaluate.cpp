#include "cli/command.h"
#include "cli/commands.h"
#include "transforms/error.h"

namespace trivox {

int run_evaluate(int, char**) { throw Error("command evaluate", "not built yet", ""); }

}  // namespace trivox
