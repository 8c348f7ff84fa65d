#ifndef RAPPORT_SERVICES_CLI_RESOURCES_H_
#define RAPPORT_SERVICES_CLI_RESOURCES_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/cli/session.h"

namespace rapport::cli {

struct WriteResourceOptions {
  // JSON, in the protobuf mapping; `-` reads standard input.
  std::string file;
  // Goes before the one in the file.
  std::string effective_from;
  std::string time_zone = "UTC";
};

struct GetResourceOptions {
  std::string id;
  bool versions = false;
};

struct ListResourcesOptions {
  std::string time_zone = "UTC";
};

absl::StatusOr<int> CreateCalendar(Session& session, const WriteResourceOptions& options);
absl::StatusOr<int> UpdateCalendar(Session& session, const WriteResourceOptions& options);
// The latest version, as JSON that UpdateCalendar takes, or all versions.
absl::StatusOr<int> GetCalendar(Session& session, const GetResourceOptions& options);
absl::StatusOr<int> ListCalendars(Session& session, const ListResourcesOptions& options);

absl::StatusOr<int> CreatePolicy(Session& session, const WriteResourceOptions& options);
absl::StatusOr<int> UpdatePolicy(Session& session, const WriteResourceOptions& options);
absl::StatusOr<int> GetPolicy(Session& session, const GetResourceOptions& options);
absl::StatusOr<int> ListPolicies(Session& session, const ListResourcesOptions& options);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_RESOURCES_H_
