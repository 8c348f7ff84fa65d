#include "tests/response_times/events.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "common/time/interval.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace rapport::response_times {
namespace {

using v1::ConversationEvent;

absl::Time Utc(int year, int month, int day) {
  return absl::FromCivil(absl::CivilDay(year, month, day), absl::UTCTimeZone());
}

}  // namespace

std::string BytesOf(const google::protobuf::Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

ConversationEvent MakeEvent(absl::string_view conversation_id, absl::string_view event_id, absl::Time at) {
  ConversationEvent event;
  event.set_conversation_id(std::string(conversation_id));
  event.set_event_id(std::string(event_id));
  *event.mutable_occurred_at() = ToProto(at);
  return event;
}

absl::Time RandomConversations::First() {
  return Utc(2025, 1, 1);
}

absl::Time RandomConversations::Last() {
  return Utc(2026, 3, 1);
}

std::string RandomConversations::Customer() {
  const int64_t all = options_.customers - 1;
  return absl::StrCat("customer-", OneIn(3) ? UpTo(all / 8) : UpTo(all));
}

// Around a change of clocks in the United States, in Europe or on Lord Howe Island, or at any time.
absl::Time RandomConversations::Begin() {
  const std::array<absl::Time, 6> changes = {Utc(2025, 3, 9),  Utc(2025, 3, 30),  Utc(2025, 4, 5),
                                             Utc(2025, 10, 4), Utc(2025, 10, 26), Utc(2025, 11, 2)};
  const absl::Time day = OneIn(3) ? First() + absl::Hours(24 * (4 + UpTo(300))) : changes[UpTo(5)];
  return day + absl::Milliseconds(UpTo(1000LL * 3600 * 96)) - absl::Hours(72);
}

// From nothing over milliseconds to days; often whole minutes or hours.
absl::Duration RandomConversations::Pause() {
  if (OneIn(5)) return absl::ZeroDuration();
  if (OneIn(4)) return absl::Minutes(15 * UpTo(16));
  if (OneIn(6)) return absl::Hours(UpTo(30));
  return absl::Milliseconds(static_cast<int64_t>(std::exp(static_cast<double>(UpTo(19'000)) / 1000.0)));
}

void RandomConversations::SetMessage(v1::Message& message) {
  const int64_t author = UpTo(9);
  message.set_author(author < 4   ? v1::AUTHOR_CUSTOMER
                     : author < 7 ? v1::AUTHOR_AGENT
                     : author < 9 ? v1::AUTHOR_BOT
                                  : v1::AUTHOR_SYSTEM);
  if (OneIn(3)) message.set_visibility(v1::VISIBILITY_PUBLIC);
  if (OneIn(9) && message.author() != v1::AUTHOR_CUSTOMER) message.set_visibility(v1::VISIBILITY_PRIVATE_NOTE);
  if (OneIn(12) && message.author() != v1::AUTHOR_CUSTOMER) message.set_outbound(true);
  if (OneIn(8)) message.set_then(OneIn(2) ? v1::STATUS_CHANGE_RESOLVED : v1::STATUS_CHANGE_HELD);
}

void RandomConversations::SetKind(ConversationEvent& event) {
  const auto hold_id = [&] { return OneIn(3) ? "" : absl::StrCat("hold-", UpTo(2)); };
  event.clear_kind();
  switch (UpTo(25)) {
    case 0:
    case 1:
      event.mutable_resolved();
      break;
    case 2:
      event.mutable_reopened();
      break;
    case 3:
    case 4:
      event.mutable_held()->set_hold_id(hold_id());
      break;
    case 5:
    case 6:
      event.mutable_released()->set_hold_id(hold_id());
      break;
    case 7:
      *event.mutable_snoozed()->mutable_until() =
          ToProto(FromProto(event.occurred_at()) + absl::Milliseconds(1) + Pause());
      break;
    case 8:
      if (OneIn(8)) {
        event.mutable_merged()->set_into_conversation_id("another");
      } else {
        event.mutable_released();
      }
      break;
    case 9:
      event.mutable_assigned();
      break;
    case 10:
      event.mutable_escalated()->set_reason(static_cast<v1::EscalationReason>(1 + UpTo(9)));
      break;
    case 11:
      event.mutable_handed_off();
      break;
    case 12:
      event.mutable_self_service_attempt()->set_kind(static_cast<v1::SelfService>(1 + UpTo(6)));
      break;
    case 13:
      event.mutable_follower_added()->set_follower_id(Customer());
      break;
    default:
      SetMessage(*event.mutable_message());
  }
}

void RandomConversations::SetLabels(ConversationEvent& event) {
  event.set_agent_id(OneIn(3) ? "" : absl::StrCat("agent-", UpTo(options_.agents - 1)));
  event.set_channel(static_cast<common::v1::Channel>(OneIn(2) ? 1 : UpTo(3)));
  if (OneIn(6)) event.set_priority(static_cast<v1::Priority>(1 + UpTo(3)));
  if (OneIn(8)) event.set_tier(OneIn(2) ? "gold" : "silver");
  auto& labels = *event.mutable_labels();
  labels.clear();
  if (OneIn(4)) labels["team"] = absl::StrCat("team-", UpTo(2));
  if (OneIn(6)) labels["product"] = absl::StrCat("product-", UpTo(1));
  if (OneIn(5)) labels["plan"] = OneIn(2) ? "free" : "pro";
  if (OneIn(9)) labels["locale"] = "de";
  if (OneIn(9)) labels["campaign"] = "spring";
}

int RandomConversations::Length() {
  return static_cast<int>(1 + (OneIn(4) ? UpTo(59) : UpTo(14)));
}

ConversationEvent RandomConversations::Revised(ConversationEvent event) {
  if (!OneIn(5)) event.set_revision(event.revision() + UpTo(2));
  event.set_deleted(OneIn(5));
  if (OneIn(3)) {
    *event.mutable_occurred_at() =
        ToProto(FromProto(event.occurred_at()) + (OneIn(2) ? Pause() : -std::min(Pause(), absl::Hours(8))));
  }
  if (OneIn(3)) SetLabels(event);
  const bool wakes_too_early =
      event.has_snoozed() && FromProto(event.snoozed().until()) <= FromProto(event.occurred_at());
  if (OneIn(3) || wakes_too_early) SetKind(event);
  if (event.customer_id().empty()) event.set_customer_id(Customer());
  return event;
}

std::vector<ConversationEvent> RandomConversations::Conversation(const std::string& id, int count) {
  std::vector<ConversationEvent> events;
  const std::string customer = Customer();
  const absl::Time begin = Begin();
  absl::Time at = begin;
  for (int i = 0; i < count; ++i) {
    ConversationEvent event = MakeEvent(id, absl::StrCat("event-", UpTo(9), "-", i), at);
    if (OneIn(3)) event.set_sequence(UpTo(3));
    if (OneIn(9)) event.mutable_occurred_at()->set_nanos(static_cast<int32_t>(UpTo(999'999'999)));
    SetLabels(event);
    SetKind(event);
    if (i == 0 && !OneIn(5)) {
      event.clear_message();
      event.mutable_message()->set_author(v1::AUTHOR_CUSTOMER);
    }
    const bool customer_writes = event.message().author() == v1::AUTHOR_CUSTOMER;
    if (customer_writes || OneIn(3)) event.set_customer_id(OneIn(30) ? Customer() : customer);
    events.push_back(event);
    while (OneIn(9)) {
      event = Revised(event);
      events.push_back(event);
    }
    at += Pause();
    if (at > begin + options_.longest) at = begin + options_.longest;
  }
  return events;
}

}  // namespace rapport::response_times
