#include "services/cli/conversation_import.h"

#include <utility>

#include "services/cli/conversation_sender.h"
#include "services/cli/event_rows.h"

namespace rapport::cli {
namespace {

using response_times::v1::ConversationEvent;

absl::StatusOr<EventRules> MakeRules(const ConversationImportOptions& options) {
  EventRules rules;
  if (absl::Status status = SetRules(options, &rules); !status.ok()) return status;
  const absl::StatusOr<Words> events = ReadWords("--events", options.events);
  if (!events.ok()) return events.status();
  absl::StatusOr<EventMapping> mapping = MakeEventMapping(*events, options.ignore_events);
  if (!mapping.ok()) return mapping.status();
  rules.events = *std::move(mapping);
  absl::StatusOr<Words> priorities = ReadWords("--priorities", options.priorities);
  if (!priorities.ok()) return priorities.status();
  rules.priorities = *std::move(priorities);
  absl::StatusOr<Words> reasons = ReadWords("--reasons", options.reasons);
  if (!reasons.ok()) return reasons.status();
  rules.reasons = *std::move(reasons);
  rules.blanks = options.blank;
  rules.imply_openings = !options.opened_at.empty();
  return rules;
}

}  // namespace

absl::StatusOr<int> ImportConversations(Session& session, const ConversationImportOptions& options) {
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  absl::StatusOr<EventRules> rules = MakeRules(options);
  if (!rules.ok()) return rules.status();
  EventReader reader(*std::move(rules));
  RowKind<ConversationEvent> kind;
  kind.fields = kEventFields;
  if (!options.event_column.empty()) kind.more_columns.emplace_back("event", options.event_column);
  if (!options.opened_at.empty()) kind.more_columns.emplace_back("opened_at", options.opened_at);
  kind.convert = [&](const auto& sources, const auto& row) { return reader.Read(sources, row); };
  kind.words = {.skipped = "ignored", .implied = options.opened_at.empty() ? "" : "opened"};
  return ImportFile(session, options, kind, [&](RetryPolicy retry, OnResult on_result) {
    return MakeConversationSender(*connection, std::move(retry), options.window, std::move(on_result));
  });
}

}  // namespace rapport::cli
