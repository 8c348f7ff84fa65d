#ifndef RAPPORT_SERVICES_CLI_WATCH_H_
#define RAPPORT_SERVICES_CLI_WATCH_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/cli/filters.h"
#include "services/cli/session.h"

namespace rapport::cli {

struct WatchOptions {
  FilterOptions filter;
  std::string resume_token;
  std::string time_zone = "UTC";
  // Ends by itself after so many ratings; 0 means never.
  int64_t count = 0;
};

// Prints ratings as they come in until SIGINT or SIGTERM, then the token that resumes after the last one on the error
// stream. Goes on by itself when the server was away for a while.
absl::StatusOr<int> Watch(Session& session, const WatchOptions& options);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_WATCH_H_
