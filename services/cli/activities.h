#ifndef RAPPORT_SERVICES_CLI_ACTIVITIES_H_
#define RAPPORT_SERVICES_CLI_ACTIVITIES_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "services/cli/import_file.h"
#include "services/cli/session.h"

namespace rapport::cli {

// The flags of `activities import`.
struct ActivityImportOptions : ImportOptions {
  std::vector<std::string> kinds;
  std::vector<std::string> blank;
  // month or year.
  std::string revenue_per = "month";
};

// The flags of `activities record`.
struct RecordActivityOptions {
  // The values of fields of a row, by name; blank ones are not given.
  std::string kind;
  std::string customer;
  std::string occurred_at;
  std::string activity_id;
  std::string revision;
  bool deleted = false;
  std::string plan;
  std::string revenue;
  std::string currency;
  std::string amount;
  std::string invoice_id;
  std::string due_at;
  std::string effective_at;
  std::string reason;
  std::string feature;
  std::string quantity;
  std::string topic;
  std::string owner_id;
  // KEY=VALUE.
  std::vector<std::string> attributes;
  std::string time_zone = "UTC";
};

absl::StatusOr<int> ImportActivities(Session& session, const ActivityImportOptions& options);
absl::StatusOr<int> RecordActivity(Session& session, const RecordActivityOptions& options);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_ACTIVITIES_H_
