#include "services/response_times/core/record.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/request/stable_bytes.h"
#include "common/store/stable_hash.h"
#include "common/time/interval.h"
#include "services/response_times/core/walk.h"

namespace rapport::response_times {
namespace {

using storage::v1::ConversationRecord;
using storage::v1::StoredEvent;
using v1::ConversationEvent;

// An event as its sender stated it: without what the service adds.
ConversationEvent Stated(ConversationEvent event) {
  *event.mutable_occurred_at() = ToMillisecond(event.occurred_at());
  if (event.has_opened_at()) *event.mutable_opened_at() = ToMillisecond(event.opened_at());
  if (event.has_snoozed()) *event.mutable_snoozed()->mutable_until() = ToMillisecond(event.snoozed().until());
  event.clear_received_at();
  return event;
}

// Orders revisions of one event: the greatest counts. Two that differ in content only are ordered by it, so that the
// outcome does not depend on which came first. Both are as stated.
int Order(const ConversationEvent& a, const ConversationEvent& b) {
  const auto key = [](const ConversationEvent& e) {
    return std::tuple(e.revision(), e.deleted(), ToMillis(e.occurred_at()));
  };
  if (key(a) != key(b)) return key(a) < key(b) ? -1 : 1;
  return StableBytes(a).compare(StableBytes(b));
}

bool IsErased(const ConversationRecord& record, absl::string_view customer_id) {
  const auto& erased = record.erased_customers();
  return !customer_id.empty() &&
         std::find(erased.begin(), erased.end(), store::StableHash(customer_id)) != erased.end();
}

int PositionOf(absl::string_view event_id, const ConversationRecord& record) {
  const auto& events = record.events();
  return static_cast<int>(
      std::lower_bound(events.begin(), events.end(), event_id,
                       [](const StoredEvent& known, absl::string_view id) { return known.event().event_id() < id; }) -
      events.begin());
}

bool Holds(int position, absl::string_view event_id, const ConversationRecord& record) {
  return position < record.events_size() && record.events(position).event().event_id() == event_id;
}

bool Names(const ConversationEvent& event, absl::string_view customer_id) {
  return event.customer_id() == customer_id || event.follower_added().follower_id() == customer_id;
}

}  // namespace

v1::Outcome AddEvent(const ConversationEvent& event, const rollup::Codes& codes, absl::Time received_at,
                     ConversationRecord& record) {
  if (record.erased() || IsErased(record, event.customer_id()) ||
      IsErased(record, event.follower_added().follower_id())) {
    return v1::OUTCOME_ERASED;
  }
  ConversationEvent stated = Stated(event);
  auto& events = *record.mutable_events();
  const int position = PositionOf(event.event_id(), record);
  const bool known = Holds(position, event.event_id(), record);
  if (known) {
    const int order = Order(Stated(events[position].event()), stated);
    if (order == 0) return v1::OUTCOME_DUPLICATE;
    if (order > 0) return v1::OUTCOME_SUPERSEDED;
  } else {
    events.Add();
    std::rotate(events.pointer_begin() + position, events.pointer_end() - 1, events.pointer_end());
  }
  StoredEvent& stored = events[position];
  *stored.mutable_event() = std::move(stated);
  *stored.mutable_event()->mutable_received_at() = ToMillisecond(ToProto(received_at));
  SetCodes(codes, *stored.mutable_dimension_codes());
  return known ? v1::OUTCOME_REPLACED : v1::OUTCOME_CREATED;
}

bool HasRoom(absl::string_view event_id, const ConversationRecord& record) {
  return record.events_size() < kMostEvents || Holds(PositionOf(event_id, record), event_id, record);
}

bool EraseCustomer(absl::string_view customer_id, ConversationRecord& record) {
  const bool is_theirs = CustomerOf(record) == customer_id;
  auto& events = *record.mutable_events();
  const auto kept = std::remove_if(events.begin(), events.end(), [&](const StoredEvent& stored) {
    return is_theirs || Names(stored.event(), customer_id);
  });
  if (kept == events.end()) return false;
  events.erase(kept, events.end());
  if (events.empty()) {
    record.set_erased(true);
    record.clear_erased_customers();
  } else {
    record.add_erased_customers(store::StableHash(customer_id));
  }
  return true;
}

std::string Pack(ConversationRecord record) {
  record.set_customer_id(CustomerOf(record));
  for (StoredEvent& stored : *record.mutable_events()) {
    ConversationEvent& event = *stored.mutable_event();
    const int64_t occurred_ms = ToMillis(event.occurred_at());
    stored.set_occurred_ms(occurred_ms);
    stored.set_received_after_ms(ToMillis(event.received_at()) - occurred_ms);
    event.clear_conversation_id();
    event.clear_occurred_at();
    event.clear_received_at();
    if (event.customer_id().empty()) {
      stored.set_names_no_customer(true);
    } else if (event.customer_id() == record.customer_id()) {
      event.clear_customer_id();
    }
  }
  return record.SerializeAsString();
}

absl::StatusOr<ConversationRecord> Unpack(absl::string_view conversation_id, const std::string& bytes) {
  ConversationRecord record;
  if (!record.ParseFromString(bytes)) {
    return absl::DataLossError(absl::StrCat("the record of conversation \"", conversation_id,
                                            "\" does not parse; restore the store from a backup"));
  }
  for (StoredEvent& stored : *record.mutable_events()) {
    ConversationEvent& event = *stored.mutable_event();
    event.set_conversation_id(std::string(conversation_id));
    *event.mutable_occurred_at() = ToProto(absl::FromUnixMillis(stored.occurred_ms()));
    *event.mutable_received_at() = ToProto(absl::FromUnixMillis(stored.occurred_ms() + stored.received_after_ms()));
    if (event.customer_id().empty() && !stored.names_no_customer()) event.set_customer_id(record.customer_id());
    stored.clear_occurred_ms();
    stored.clear_received_after_ms();
    stored.clear_names_no_customer();
  }
  record.clear_customer_id();
  return record;
}

rollup::Codes CodesOf(const google::protobuf::RepeatedField<uint32_t>& stored) {
  rollup::Codes codes{};
  for (int i = 0; i < std::min(stored.size(), rollup::kDimensionCount); ++i) {
    codes[i] = static_cast<rollup::Code>(stored[i]);
  }
  return codes;
}

void SetCodes(const rollup::Codes& codes, google::protobuf::RepeatedField<uint32_t>& stored) {
  stored.Assign(codes.begin(), codes.end());
}

}  // namespace rapport::response_times
