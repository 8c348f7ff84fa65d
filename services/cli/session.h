#ifndef RAPPORT_SERVICES_CLI_SESSION_H_
#define RAPPORT_SERVICES_CLI_SESSION_H_

#include <functional>
#include <istream>
#include <ostream>

#include "absl/time/time.h"
#include "services/cli/connection.h"

namespace rapport::cli {

// What the process was given: its streams and its clock.
struct Environment {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool in_is_terminal = false;
  bool err_is_terminal = false;
  std::function<absl::Time()> now;
};

enum class Output { kTable, kJson };

// What every command gets: the environment and the global flags.
struct Session {
  Environment& environment;
  ConnectionOptions connection;
  Output output = Output::kTable;
  bool progress = true;

  bool json() const { return output == Output::kJson; }
};

// What the process returns. Errors of the command line are 2, all other errors 1.
enum ExitCode { kDone = 0, kFailed = 1, kUsage = 2, kSomeRejected = 3 };

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_SESSION_H_
