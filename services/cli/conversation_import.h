#ifndef RAPPORT_SERVICES_CLI_CONVERSATION_IMPORT_H_
#define RAPPORT_SERVICES_CLI_CONVERSATION_IMPORT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/cli/import_file.h"
#include "services/cli/session.h"

namespace rapport::cli {

// The flags of `conversations import`.
struct ConversationImportOptions : ImportOptions {
  std::string event_column;
  std::vector<std::string> events;
  std::vector<std::string> ignore_events;
  std::string opened_at;
  std::vector<std::string> priorities;
  std::vector<std::string> reasons;
  std::vector<std::string> blank;
};

absl::StatusOr<int> ImportConversations(Session& session, const ConversationImportOptions& options);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_CONVERSATION_IMPORT_H_
