#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_FACTS_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_FACTS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/rollup/dimensions.h"
#include "rapport/response_times/storage/v1/storage.pb.h"

// Tables of rows beside the roll-ups. They too are counters: a row that is there has a positive count, and one can come
// up several times with counts that sum up to it. Moments are milliseconds since 1970-01-01 UTC, days UTC days since
// then. Decoded rows point into the bytes; nothing is returned for bytes that are no such row.
namespace rapport::response_times {

// Every stretch that ended. By the UTC day of its start: for questions that no counter answers. And by the UTC month of
// its start and how often 1 ms has to be doubled to exceed it, on either clock: the longest ones of any selection are
// among few.
struct StretchFact {
  int64_t start_ms = 0;
  storage::v1::StretchKind kind = storage::v1::STRETCH_KIND_UNSPECIFIED;
  int64_t calendar_ms = 0;
  std::optional<int64_t> business_ms;
  rollup::Codes codes{};
  absl::string_view conversation_id;
};
std::string StretchTable(int64_t day);
std::string LengthTable(absl::Time month, bool business, int doublings);
int DoublingsOf(int64_t ms);
std::string Encode(const StretchFact& fact);
std::optional<StretchFact> DecodeStretch(absl::string_view bytes);

// Every conversation that began, by the UTC day of its begin: what is counted of it, where a question cuts a slot.
struct ConversationFact {
  int64_t begun_ms = 0;
  bool resolved = false;
  int64_t reopen_count = 0;
  int64_t reply_count = 0;
  rollup::Codes codes{};
  absl::string_view conversation_id;
};
std::string ConversationTable(int64_t day);
std::string Encode(const ConversationFact& fact);
std::optional<ConversationFact> DecodeConversation(absl::string_view bytes);

// Every stretch that is open, by the UTC month (yyyymm) of its start. How long it is depends on the moment; see
// CalendarMsAt and BusinessMsAt.
struct OpenFact {
  storage::v1::Stretch stretch;
  absl::string_view conversation_id;
};
std::string OpenTable(int64_t start_ms);
std::string Encode(const storage::v1::Stretch& stretch, absl::string_view conversation_id);
std::optional<OpenFact> DecodeOpen(absl::string_view bytes);

// Everyone who waits, in one table.
struct WaitingFact {
  storage::v1::Waiting waiting;
  absl::string_view customer_id;
  absl::string_view conversation_id;
};
inline constexpr absl::string_view kWaitingTable = "b";
std::string Encode(const storage::v1::Waiting& waiting, absl::string_view customer_id,
                   absl::string_view conversation_id);
std::optional<WaitingFact> DecodeWaiting(absl::string_view bytes);

// Every escalation, by its UTC day.
struct EscalationFact {
  int64_t occurred_ms = 0;
  v1::EscalationReason reason = v1::ESCALATION_REASON_UNSPECIFIED;
  rollup::Codes codes{};
  uint64_t tried = 0;  // bit n: the customer tried SelfService n before writing
  common::v1::Channel begun_channel = common::v1::CHANNEL_UNSPECIFIED;
  absl::string_view customer_id;
  absl::string_view conversation_id;
};
std::string EscalationTable(int64_t day);
std::string Encode(const EscalationFact& fact);
std::optional<EscalationFact> DecodeEscalation(absl::string_view bytes);

// Conversations with any event on a UTC day: the row is the conversation's id.
std::string ActivityTable(int64_t day);

// What is known of one customer, spread by customer over tables that several share.
enum class CustomerItem : uint8_t {
  kFirstResponse = 1,  // `detail`: the bucket of its calendar time; `day` of its start
  kLaterResponse = 2,  // likewise
  kConversation = 3,   // begun on `day`
  kReopening = 4,      // of a conversation begun on `day`
  kEscalation = 5,     // on `day`
  kSelfService = 6,    // in a conversation first heard of on `day`
  kMessage = 7,        // on `day`; `detail`: the channel
  kOpenWait = 8,       // the customer waits for us since `day`
  kNamedIn = 9,        // an event of the conversation names the customer; `conversation_id`
};
struct CustomerFact {
  CustomerItem item = CustomerItem::kConversation;
  int64_t day = 0;
  int64_t detail = 0;
  absl::string_view customer_id;
  absl::string_view conversation_id;  // of kNamedIn
};
std::string CustomerTable(absl::string_view customer_id);
std::string Encode(const CustomerFact& fact);
std::optional<CustomerFact> DecodeCustomer(absl::string_view bytes);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_FACTS_H_
