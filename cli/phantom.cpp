#include "cli/command.h"
#include "cli/commands.h"
#include "transforms/error.h"

namespace trivox {

int run_phantom(int, char**) { throw Error("command phantom", "not built yet", ""); }

}  // namespace trivox
