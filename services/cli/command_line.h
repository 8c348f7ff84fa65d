#ifndef RAPPORT_SERVICES_CLI_COMMAND_LINE_H_
#define RAPPORT_SERVICES_CLI_COMMAND_LINE_H_

#include <string>
#include <vector>

#include "services/cli/session.h"

namespace rapport::cli {

// Runs the command that `arguments` (without the program's name) ask for; returns the exit code of the process.
int Run(const std::vector<std::string>& arguments, Environment& environment);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_COMMAND_LINE_H_
