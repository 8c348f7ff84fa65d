#include "services/cli/event_rows.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/cli/enum_names.h"
#include "services/cli/event_words.h"
#include "services/cli/time_parsing.h"

namespace rapport::cli {
namespace {

using google::protobuf::Timestamp;
using response_times::v1::ConversationEvent;
using response_times::v1::EscalationReason;
using response_times::v1::Priority;
using response_times::v1::SelfService;

constexpr FieldName kEventFieldNames[] = {
    {Field::kId, "event_id", true},
    {Field::kConversation, "conversation_id", true},
    {Field::kOccurredAt, "occurred_at", true},
    {Field::kEvent, "event", true},
    {Field::kCustomer, "customer_id", false},
    {Field::kAgent, "agent_id", false},
    {Field::kChannel, "channel", false},
    {Field::kOpenedAt, "opened_at", false},
    {Field::kSequence, "sequence", false},
    {Field::kRevision, "revision", false},
    {Field::kDeleted, "deleted", false},
    {Field::kPriority, "priority", false},
    {Field::kTier, "tier", false},
    {Field::kHold, "hold_id", false},
    {Field::kUntil, "until", false},
    {Field::kInto, "into_conversation_id", false},
    {Field::kReason, "reason", false},
    {Field::kDetail, "detail", false},
    {Field::kSelfService, "self_service", false},
    {Field::kReference, "reference", false},
    {Field::kFollower, "follower_id", false},
    {Field::kLabel, "label.", false},
};

// Fields of one kind of event are read only for that kind.
bool IsOfAnotherKind(Field field, const ConversationEvent& event) {
  switch (field) {
    case Field::kHold:
      return !event.has_held() && !event.has_released();
    case Field::kUntil:
      return !event.has_snoozed();
    case Field::kInto:
      return !event.has_merged();
    case Field::kReason:
    case Field::kDetail:
      return !event.has_escalated();
    case Field::kSelfService:
    case Field::kReference:
      return !event.has_self_service_attempt();
    case Field::kFollower:
      return !event.has_follower_added();
    default:
      return false;
  }
}

absl::Status SetTime(const EventRules& rules, absl::string_view field, const std::string& value, Timestamp* timestamp) {
  const absl::StatusOr<absl::Time> time = rules.time_parser.Parse(value);
  if (!time.ok()) return absl::InvalidArgumentError(absl::StrCat(field, ": ", time.status().message()));
  *timestamp = ToTimestamp(*time);
  return absl::OkStatus();
}

// `value` is not blank.
absl::Status SetField(const EventRules& rules, Field field, const std::string& value, ConversationEvent* event) {
  switch (field) {
    case Field::kId:
      event->set_event_id(value);
      return absl::OkStatus();
    case Field::kOpenedAt:
      return SetTime(rules, "opened_at", value, event->mutable_opened_at());
    case Field::kUntil:
      return SetTime(rules, "until", value, event->mutable_snoozed()->mutable_until());
    case Field::kTier:
      event->set_tier(value);
      return absl::OkStatus();
    case Field::kHold:
      if (event->has_held()) event->mutable_held()->set_hold_id(value);
      if (event->has_released()) event->mutable_released()->set_hold_id(value);
      return absl::OkStatus();
    case Field::kInto:
      event->mutable_merged()->set_into_conversation_id(value);
      return absl::OkStatus();
    case Field::kDetail:
      event->mutable_escalated()->set_detail(value);
      return absl::OkStatus();
    case Field::kReference:
      event->mutable_self_service_attempt()->set_reference(value);
      return absl::OkStatus();
    case Field::kFollower:
      event->mutable_follower_added()->set_follower_id(value);
      return absl::OkStatus();
    case Field::kSequence: {
      const absl::StatusOr<int64_t> sequence = WholeNumber("sequence", value);
      if (sequence.ok()) event->set_sequence(*sequence);
      return sequence.status();
    }
    case Field::kRevision: {
      const absl::StatusOr<int64_t> revision = WholeNumber("revision", value);
      if (revision.ok()) event->set_revision(*revision);
      return revision.status();
    }
    case Field::kDeleted: {
      const absl::StatusOr<bool> deleted = TrueOrFalse("deleted", value);
      if (deleted.ok()) event->set_deleted(*deleted);
      return deleted.status();
    }
    case Field::kPriority: {
      const auto priority = ParseShortName<Priority>("priority", Translated(rules.priorities, value));
      if (priority.ok()) event->set_priority(*priority);
      return priority.status();
    }
    case Field::kReason: {
      const auto reason = ParseShortName<EscalationReason>("reason", Translated(rules.reasons, value));
      if (reason.ok()) event->mutable_escalated()->set_reason(*reason);
      return reason.status();
    }
    case Field::kSelfService: {
      const auto kind = ParseShortName<SelfService>("self_service", value);
      if (kind.ok()) event->mutable_self_service_attempt()->set_kind(*kind);
      return kind.status();
    }
    default:
      return absl::OkStatus();
  }
}

// The customer's message that opened the conversation of `event`.
ConversationEvent Opening(const ConversationEvent& event) {
  ConversationEvent opening;
  opening.set_event_id(absl::StrCat(event.conversation_id(), ":opened"));
  opening.set_conversation_id(event.conversation_id());
  opening.set_customer_id(event.customer_id());
  *opening.mutable_occurred_at() = event.opened_at();
  *opening.mutable_opened_at() = event.opened_at();
  opening.set_channel(event.channel());
  opening.set_priority(event.priority());
  opening.set_tier(event.tier());
  *opening.mutable_labels() = event.labels();
  opening.mutable_message()->set_author(response_times::v1::AUTHOR_CUSTOMER);
  return opening;
}

}  // namespace

const absl::Span<const FieldName> kEventFields = kEventFieldNames;

absl::StatusOr<EventMapping> MakeEventMapping(const Words& words, const std::vector<std::string>& ignored) {
  return EventMapping::Make("--events", words, ignored, &ParseEventWord);
}

bool RecentIds::Add(const std::string& id) {
  if (earlier_.contains(id) || !recent_.insert(id).second) return false;
  if (recent_.size() >= capacity_) earlier_ = std::exchange(recent_, {});
  return true;
}

std::string EventReader::ValueOf(const FieldSource& source, const std::vector<std::string>& row) const {
  std::string value = source.Value(row);
  const absl::string_view text = absl::StripAsciiWhitespace(value);
  if (text.empty() || absl::c_linear_search(rules_.blanks, text)) value.clear();
  return value;
}

absl::StatusOr<RowEvents<ConversationEvent>> EventReader::Read(const std::vector<FieldSource>& sources,
                                                               const std::vector<std::string>& row) {
  RowEvents<ConversationEvent> events;
  const auto event_source =
      absl::c_find_if(sources, [](const FieldSource& source) { return source.field == Field::kEvent; });
  const absl::StatusOr<std::optional<ConversationEvent>> kind = rules_.events.Find("event", event_source->Value(row));
  if (!kind.ok()) return kind.status();
  if (!kind->has_value() && !rules_.imply_openings) return events;

  ConversationEvent event = kind->value_or(ConversationEvent());
  for (const FieldSource& source : sources) {
    const std::string value = ValueOf(source, row);
    if (absl::Status status = CheckText(value); !status.ok()) return status;
    if (source.field == Field::kEvent || IsOfAnotherKind(source.field, event)) continue;
    // A blank time of occurrence is an error of its own.
    absl::Status status = SetShared(rules_, source, value, &event);
    if (!value.empty()) status.Update(SetField(rules_, source.field, value, &event));
    if (!status.ok()) return status;
  }
  if (rules_.imply_openings && event.has_opened_at() && opened_.Add(event.conversation_id())) {
    events.implied = Opening(event);
  }
  if (kind->has_value()) events.event = std::move(event);
  return events;
}

}  // namespace rapport::cli
