#include "services/response_times/core/validation.h"

#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "common/time/interval.h"

namespace rapport::response_times {
namespace {

using v1::ConversationEvent;

constexpr size_t kMostTierBytes = 64;
constexpr size_t kMostHoldIdBytes = 64;
constexpr size_t kMostDetailBytes = 256;
constexpr size_t kMostReferenceBytes = 256;

absl::Status NoneOf(absl::string_view field, int value, absl::string_view remedy) {
  return Invalid(field, absl::StrCat(value), absl::StrCat("is none; ", remedy));
}

absl::Status ValidateMessage(const ConversationEvent& event) {
  const v1::Message& message = event.message();
  if (message.author() == v1::AUTHOR_UNSPECIFIED || !v1::Author_IsValid(message.author())) {
    return NoneOf("message.author", message.author(), "use AUTHOR_CUSTOMER, AUTHOR_AGENT, AUTHOR_BOT or AUTHOR_SYSTEM");
  }
  if (!v1::Visibility_IsValid(message.visibility())) {
    return NoneOf("message.visibility", message.visibility(), "leave it out for VISIBILITY_PUBLIC");
  }
  if (!v1::StatusChange_IsValid(message.then())) {
    return NoneOf("message.then", message.then(), "leave it out when the state stays as it is");
  }
  if (message.author() != v1::AUTHOR_CUSTOMER) return absl::OkStatus();
  if (event.customer_id().empty()) {
    return Invalid("customer_id", "missing;", "say which customer wrote the message");
  }
  if (message.outbound()) {
    return Invalid("message.outbound", "true", "is for messages of ours; leave it out for a customer's message");
  }
  return absl::OkStatus();
}

absl::Status ValidateSnooze(const ConversationEvent& event) {
  if (!event.snoozed().has_until()) return Invalid("snoozed.until", "missing;", "say until when, or use `held`");
  absl::Status valid = ValidateMoment("snoozed.until", event.snoozed().until());
  if (!valid.ok() || ToMillis(event.snoozed().until()) > ToMillis(event.occurred_at())) return valid;
  return Invalid("snoozed.until", absl::FormatTime(FromProto(event.snoozed().until()), absl::UTCTimeZone()),
                 "is not later than `occurred_at`; leave the event out");
}

absl::Status ValidateKind(const ConversationEvent& event) {
  switch (event.kind_case()) {
    case ConversationEvent::kMessage:
      return ValidateMessage(event);
    case ConversationEvent::kHeld:
      return ValidateText("held.hold_id", event.held().hold_id(), kMostHoldIdBytes);
    case ConversationEvent::kReleased:
      return ValidateText("released.hold_id", event.released().hold_id(), kMostHoldIdBytes);
    case ConversationEvent::kSnoozed:
      return ValidateSnooze(event);
    case ConversationEvent::kMerged:
      if (event.merged().into_conversation_id() == event.conversation_id()) {
        return Invalid("merged.into_conversation_id", Shown(event.conversation_id()),
                       "is the conversation itself; name the other one");
      }
      return ValidateId("merged.into_conversation_id", event.merged().into_conversation_id());
    case ConversationEvent::kEscalated:
      if (event.escalated().reason() == v1::ESCALATION_REASON_UNSPECIFIED ||
          !v1::EscalationReason_IsValid(event.escalated().reason())) {
        return NoneOf("escalated.reason", event.escalated().reason(),
                      "name one, such as ESCALATION_REASON_SLOW_RESPONSE, or use ESCALATION_REASON_OTHER");
      }
      if (event.escalated().detail().size() <= kMostDetailBytes) return absl::OkStatus();
      return Invalid("escalated.detail", absl::StrCat(event.escalated().detail().size(), " bytes"),
                     absl::StrCat("are too long; use at most ", kMostDetailBytes));
    case ConversationEvent::kSelfServiceAttempt:
      if (event.self_service_attempt().kind() == v1::SELF_SERVICE_UNSPECIFIED ||
          !v1::SelfService_IsValid(event.self_service_attempt().kind())) {
        return NoneOf("self_service_attempt.kind", event.self_service_attempt().kind(),
                      "name one, such as SELF_SERVICE_HELP_PAGE, or use SELF_SERVICE_OTHER");
      }
      return ValidateText("self_service_attempt.reference", event.self_service_attempt().reference(),
                          kMostReferenceBytes);
    case ConversationEvent::kFollowerAdded:
      return ValidateId("follower_added.follower_id", event.follower_added().follower_id());
    case ConversationEvent::KIND_NOT_SET:
      if (event.deleted()) return absl::OkStatus();
      return Invalid("kind", "missing;", "say what happened, such as `message` or `resolved`");
    default:
      return absl::OkStatus();
  }
}

absl::Status ValidateOpening(const ConversationEvent& event) {
  if (!event.has_opened_at()) return absl::OkStatus();
  absl::Status valid = ValidateMoment("opened_at", event.opened_at());
  if (!valid.ok() || ToMillis(event.occurred_at()) >= ToMillis(event.opened_at())) return valid;
  return Invalid(
      "occurred_at", absl::FormatTime(FromProto(event.occurred_at()), absl::UTCTimeZone()),
      absl::StrCat("is before `opened_at`, ", absl::FormatTime(FromProto(event.opened_at()), absl::UTCTimeZone()),
                   "; correct one of the two times at the source"));
}

}  // namespace

absl::Status Validate(const ConversationEvent& event, absl::Time now) {
  absl::Status status = ValidateId("event_id", event.event_id());
  status.Update(ValidateId("conversation_id", event.conversation_id()));
  status.Update(ValidateText("customer_id", event.customer_id()));
  status.Update(ValidateOccurredAt(event.has_occurred_at(), event.occurred_at(), now));
  if (!status.ok()) return status;
  if (event.sequence() < 0) {
    return Invalid("sequence", absl::StrCat(event.sequence()), "is negative; count from 0");
  }
  if (event.revision() < 0) {
    return Invalid("revision", absl::StrCat(event.revision()), "is negative; count from 0");
  }
  status.Update(ValidateOpening(event));
  status.Update(ValidateText("agent_id", event.agent_id()));
  status.Update(ValidateChannel(event.channel()));
  if (!v1::Priority_IsValid(event.priority())) {
    status.Update(NoneOf("priority", event.priority(), "leave it out, or use PRIORITY_LOW to PRIORITY_URGENT"));
  }
  status.Update(ValidateText("tier", event.tier(), kMostTierBytes));
  status.Update(ValidateLabels(event.labels()));
  status.Update(ValidateKind(event));
  return status;
}

}  // namespace rapport::response_times
