#include "cli/command.h"
#include "cli/commands.h"
#include "transforms/error.h"

namespace trivox {

int run_inspect(int, char**) { throw Error("command inspect", "not built yet", ""); }

}  // namespace trivox
