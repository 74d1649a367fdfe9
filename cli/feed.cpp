#include "cli/command.h"
#include "cli/commands.h"
#include "transforms/error.h"

namespace trivox {

int run_feed(int, char**) { throw Error("command feed", "not built yet", ""); }

}  // namespace trivox
