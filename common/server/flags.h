#ifndef RAPPORT_COMMON_SERVER_FLAGS_H_
#define RAPPORT_COMMON_SERVER_FLAGS_H_

#include <functional>
#include <optional>
#include <string>

#include "common/server/config.h"

namespace CLI {
class App;
}

namespace rapport::server {

// What --help says of a binary.
struct Program {
  std::string name;         // "rapport-ratings"
  std::string description;  // a sentence or two: what it is for
  std::string next_step;    // what to do once it runs
  int port = 0;             // default of --listen
  int metrics_port = 0;     // default of --metrics-listen
};

// Adds the flags of every server to `app`, with the values of `config` as their defaults.
void AddServerFlags(CLI::App& app, ServerConfig& config);

// Reads flags, environment (RAPPORT_LISTEN for --listen, ...) and --config=FILE into `config` and validates it.
// `add_flags` may add flags of the service's own. Blocks SIGTERM and SIGINT for the caller and the threads that it
// starts later, so call it first in main. A value is the exit code to end with: 0 after --help or --version, 2 after an
// error, which was printed.
std::optional<int> ParseServerFlags(int argc, char** argv, const Program& program, ServerConfig& config,
                                    const std::function<void(CLI::App&)>& add_flags = nullptr);

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_FLAGS_H_
