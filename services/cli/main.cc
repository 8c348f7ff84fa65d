#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "services/cli/command_line.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  rapport::cli::Environment environment{std::cin,
                                        std::cout,
                                        std::cerr,
                                        isatty(STDIN_FILENO) == 1,
                                        isatty(STDERR_FILENO) == 1,
                                        [] { return absl::Now(); }};
  return rapport::cli::Run(std::vector<std::string>(argv + 1, argv + argc), environment);
}
