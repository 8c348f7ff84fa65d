#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_RECORD_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_RECORD_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/rollup/dimensions.h"
#include "rapport/response_times/storage/v1/storage.pb.h"
#include "rapport/response_times/v1/conversations.pb.h"

// What events do to the record of their conversation. The events kept depend on the set of events that came alone, not
// on their order or number.
namespace rapport::response_times {

// Events of one conversation. A source that sends more has mixed conversations up.
inline constexpr int kMostEvents = 20'000;

// Adds an event, with the codes of its values in the roll-up dimensions. The record must have room for it.
v1::Outcome AddEvent(const v1::ConversationEvent& event, const rollup::Codes& codes, absl::Time received_at,
                     storage::v1::ConversationRecord& record);

// Whether an event with this id can be added: it is known, or there is room for another.
bool HasRoom(absl::string_view event_id, const storage::v1::ConversationRecord& record);

// Takes out what is of this customer: everything when it is their conversation, else the events that name them, as
// customer or follower. Marks the record, so that a late repetition of an erased event is known. Whether anything was
// taken out.
bool EraseCustomer(absl::string_view customer_id, storage::v1::ConversationRecord& record);

// A record as bytes for the store, and back. DATA_LOSS when the bytes are no record.
std::string Pack(storage::v1::ConversationRecord record);
absl::StatusOr<storage::v1::ConversationRecord> Unpack(absl::string_view conversation_id, const std::string& bytes);

rollup::Codes CodesOf(const google::protobuf::RepeatedField<uint32_t>& stored);
void SetCodes(const rollup::Codes& codes, google::protobuf::RepeatedField<uint32_t>& stored);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_RECORD_H_
