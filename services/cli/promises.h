#ifndef RAPPORT_SERVICES_CLI_PROMISES_H_
#define RAPPORT_SERVICES_CLI_PROMISES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/cli/period.h"
#include "services/cli/session.h"

namespace rapport::cli {

struct MakePromiseOptions {
  std::string id;
  std::string customer;
  std::string due_at;
  // Now when empty.
  std::string made_at;
  std::string description;
  std::string agent;
  std::string conversation;
  std::string channel;
  std::vector<std::string> labels;
  int64_t revision = 0;
  std::string time_zone = "UTC";
};

struct SettlePromiseOptions {
  std::string id;
  // Now, by the server's clock, when empty.
  std::string at;
  std::string time_zone = "UTC";
};

struct ListPromisesOptions {
  // When they are due; 30 days to either side of today when not given.
  PeriodOptions due;
  std::vector<std::string> states;
  std::string customer;
  std::string agent;
  std::string origin;
  // 0 means all.
  int64_t limit = 100;
};

struct QueryPromisesOptions {
  PeriodOptions period;
  std::string bucket = "ALL";
  std::string group_by;
  std::string filter;
  std::string origin;
  bool compare = false;
  std::string audience;
  double confidence = 0;
};

struct WatchPromisesOptions {
  std::string about_to_break;
  std::string agent;
  std::string resume_token;
  std::string time_zone = "UTC";
  // Ends by itself after so many; 0 means never.
  int64_t count = 0;
};

absl::StatusOr<int> MakePromise(Session& session, const MakePromiseOptions& options);
absl::StatusOr<int> KeepPromise(Session& session, const SettlePromiseOptions& options);
absl::StatusOr<int> CancelPromise(Session& session, const SettlePromiseOptions& options);
absl::StatusOr<int> ListPromises(Session& session, const ListPromisesOptions& options);
absl::StatusOr<int> QueryPromises(Session& session, const QueryPromisesOptions& options);
absl::StatusOr<int> WatchPromises(Session& session, const WatchPromisesOptions& options);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_PROMISES_H_
