#ifndef RAPPORT_SERVICES_CLI_CONVERSATIONS_H_
#define RAPPORT_SERVICES_CLI_CONVERSATIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/cli/erase.h"
#include "services/cli/export_file.h"
#include "services/cli/period.h"
#include "services/cli/session.h"

namespace rapport::cli {

struct ShowConversationOptions {
  std::string id;
  std::string time_zone = "UTC";
};

struct WaitingOptions {
  std::string channel;
  // `-` means conversations that nobody has.
  std::string agent;
  std::string time_zone = "UTC";
  // 0 means all.
  int64_t limit = 100;
};

struct BacklogOptions {
  std::string time_zone = "UTC";
};

struct ResponsivenessOptions {
  // Without one, all time.
  PeriodOptions period;
  std::vector<std::string> ids;
  double confidence = 0;
};

struct ExportEventsOptions : ExportFileOptions {
  PeriodOptions period;
  std::string customer;
};

absl::StatusOr<int> ShowConversation(Session& session, const ShowConversationOptions& options);
// Who waits, under a summary of the backlog.
absl::StatusOr<int> ListWaiting(Session& session, const WaitingOptions& options);
absl::StatusOr<int> ShowBacklog(Session& session, const BacklogOptions& options);
absl::StatusOr<int> ShowResponsiveness(Session& session, const ResponsivenessOptions& options);
absl::StatusOr<int> ExportEvents(Session& session, const ExportEventsOptions& options);
absl::StatusOr<int> EraseConversations(Session& session, const EraseOptions& options);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_CONVERSATIONS_H_
