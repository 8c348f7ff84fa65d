#include "services/response_times/core/facts.h"

#include <algorithm>
#include <bit>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/stats/log_buckets.h"
#include "common/store/stable_hash.h"
#include "services/response_times/core/record.h"
#include "services/response_times/core/row.h"

namespace rapport::response_times {
namespace {

constexpr uint64_t kCustomerTables = 1024;

// yyyymm.
int MonthOf(absl::Time t) {
  const absl::CivilMonth month = absl::ToCivilMonth(t, absl::UTCTimeZone());
  return static_cast<int>(month.year()) * 100 + month.month();
}

template <typename Fact>
std::optional<Fact> IfComplete(const RowReader& row, Fact fact) {
  if (!row.Complete()) return std::nullopt;
  return fact;
}

}  // namespace

std::string StretchTable(int64_t day) {
  return absl::StrCat("f", day);
}

std::string LengthTable(absl::Time month, bool business, int doublings) {
  return absl::StrCat("x", MonthOf(month), business ? "b" : "c", doublings);
}

int DoublingsOf(int64_t ms) {
  return std::bit_width(static_cast<uint64_t>(std::min(ms, stats::kLongestMs)));
}

std::string Encode(const StretchFact& fact) {
  return RowWriter()
      .Number(fact.start_ms)
      .Number(fact.kind)
      .Number(fact.calendar_ms)
      .Optional(fact.business_ms)
      .Codes(fact.codes)
      .Text(fact.conversation_id)
      .Take();
}

std::optional<StretchFact> DecodeStretch(absl::string_view bytes) {
  RowReader row(bytes);
  StretchFact fact;
  fact.start_ms = row.Number();
  fact.kind = row.Choice<storage::v1::StretchKind>();
  fact.calendar_ms = row.Number();
  fact.business_ms = row.Optional();
  fact.codes = row.Codes();
  fact.conversation_id = row.Text();
  return IfComplete(row, fact);
}

std::string ConversationTable(int64_t day) {
  return absl::StrCat("v", day);
}

std::string Encode(const ConversationFact& fact) {
  return RowWriter()
      .Number(fact.begun_ms)
      .Number(fact.resolved)
      .Number(fact.reopen_count)
      .Number(fact.reply_count)
      .Codes(fact.codes)
      .Text(fact.conversation_id)
      .Take();
}

std::optional<ConversationFact> DecodeConversation(absl::string_view bytes) {
  RowReader row(bytes);
  ConversationFact fact;
  fact.begun_ms = row.Number();
  fact.resolved = row.Number() != 0;
  fact.reopen_count = row.Number();
  fact.reply_count = row.Number();
  fact.codes = row.Codes();
  fact.conversation_id = row.Text();
  return IfComplete(row, fact);
}

std::string OpenTable(int64_t start_ms) {
  return absl::StrCat("o", MonthOf(absl::FromUnixMillis(start_ms)));
}

std::string Encode(const storage::v1::Stretch& stretch, absl::string_view conversation_id) {
  return RowWriter()
      .Number(stretch.start_ms())
      .Number(stretch.kind())
      .Number(stretch.calendar_ms())
      .Optional(stretch.has_business_ms() ? std::optional(stretch.business_ms()) : std::nullopt)
      .Optional(stretch.has_running_since_ms() ? std::optional(stretch.running_since_ms()) : std::nullopt)
      .Text(stretch.calendar_id())
      .Codes(CodesOf(stretch.dimension_codes()))
      .Text(conversation_id)
      .Take();
}

std::optional<OpenFact> DecodeOpen(absl::string_view bytes) {
  RowReader row(bytes);
  OpenFact fact;
  storage::v1::Stretch& stretch = fact.stretch;
  stretch.set_open(true);
  stretch.set_start_ms(row.Number());
  stretch.set_kind(row.Choice<storage::v1::StretchKind>());
  stretch.set_calendar_ms(row.Number());
  if (const auto business = row.Optional()) stretch.set_business_ms(*business);
  if (const auto running = row.Optional()) stretch.set_running_since_ms(*running);
  stretch.set_calendar_id(std::string(row.Text()));
  SetCodes(row.Codes(), *stretch.mutable_dimension_codes());
  fact.conversation_id = row.Text();
  return IfComplete(row, std::move(fact));
}

std::string Encode(const storage::v1::Waiting& waiting, absl::string_view customer_id,
                   absl::string_view conversation_id) {
  return RowWriter()
      .Number(waiting.since_ms())
      .Number(waiting.waited_ms())
      .Number(waiting.running_since_ms())
      .Number(waiting.channel())
      .Number(waiting.priority())
      .Optional(waiting.has_due_ms() ? std::optional(waiting.due_ms()) : std::nullopt)
      .Text(waiting.agent_id())
      .Text(customer_id)
      .Text(conversation_id)
      .Take();
}

std::optional<WaitingFact> DecodeWaiting(absl::string_view bytes) {
  RowReader row(bytes);
  WaitingFact fact;
  storage::v1::Waiting& waiting = fact.waiting;
  waiting.set_since_ms(row.Number());
  waiting.set_waited_ms(row.Number());
  waiting.set_running_since_ms(row.Number());
  waiting.set_channel(row.Choice<common::v1::Channel>());
  waiting.set_priority(row.Choice<v1::Priority>());
  if (const auto due = row.Optional()) waiting.set_due_ms(*due);
  waiting.set_agent_id(std::string(row.Text()));
  fact.customer_id = row.Text();
  fact.conversation_id = row.Text();
  return IfComplete(row, std::move(fact));
}

std::string EscalationTable(int64_t day) {
  return absl::StrCat("e", day);
}

std::string Encode(const EscalationFact& fact) {
  return RowWriter()
      .Number(fact.occurred_ms)
      .Number(fact.reason)
      .Codes(fact.codes)
      .Number(static_cast<int64_t>(fact.tried))
      .Number(fact.begun_channel)
      .Text(fact.customer_id)
      .Text(fact.conversation_id)
      .Take();
}

std::optional<EscalationFact> DecodeEscalation(absl::string_view bytes) {
  RowReader row(bytes);
  EscalationFact fact;
  fact.occurred_ms = row.Number();
  fact.reason = row.Choice<v1::EscalationReason>();
  fact.codes = row.Codes();
  fact.tried = static_cast<uint64_t>(row.Number());
  fact.begun_channel = row.Choice<common::v1::Channel>();
  fact.customer_id = row.Text();
  fact.conversation_id = row.Text();
  return IfComplete(row, fact);
}

std::string ActivityTable(int64_t day) {
  return absl::StrCat("a", day);
}

std::string CustomerTable(absl::string_view customer_id) {
  return absl::StrCat("c", store::StableHash(customer_id) % kCustomerTables);
}

std::string Encode(const CustomerFact& fact) {
  return RowWriter()
      .Number(static_cast<int64_t>(fact.item))
      .Number(fact.day)
      .Number(fact.detail)
      .Text(fact.customer_id)
      .Text(fact.conversation_id)
      .Take();
}

std::optional<CustomerFact> DecodeCustomer(absl::string_view bytes) {
  RowReader row(bytes);
  CustomerFact fact;
  fact.item = row.Choice<CustomerItem>();
  fact.day = row.Number();
  fact.detail = row.Number();
  fact.customer_id = row.Text();
  fact.conversation_id = row.Text();
  return IfComplete(row, fact);
}

}  // namespace rapport::response_times
