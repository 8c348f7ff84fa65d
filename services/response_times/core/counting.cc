#include "services/response_times/core/counting.h"

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "common/rollup/cells.h"
#include "common/stats/log_buckets.h"
#include "common/time/interval.h"
#include "services/response_times/core/facts.h"
#include "services/response_times/core/measures.h"
#include "services/response_times/core/promise_counting.h"
#include "services/response_times/core/record.h"

namespace rapport::response_times {
namespace {

using storage::v1::Analysis;
using storage::v1::Stretch;
using storage::v1::TargetPromise;

constexpr int64_t kDayMs = 86'400'000;

// Which stretches and promises of an analysis need not be counted.
struct Unchanged {
  std::vector<bool> stretches;
  std::vector<bool> promises;
};

class Counting {
 public:
  Counting(absl::string_view conversation_id, const Analysis& analysis, const Unchanged& unchanged, int sign,
           write::Changes& changes)
      : id_(conversation_id), analysis_(analysis), unchanged_(unchanged), sign_(sign), changes_(changes) {}

  void Run() {
    for (int i = 0; i < analysis_.stretches_size(); ++i) {
      if (unchanged_.stretches[i]) continue;
      const Stretch& stretch = analysis_.stretches(i);
      if (stretch.open()) {
        CountOpen(stretch);
      } else {
        CountEnded(stretch);
      }
    }
    for (int i = 0; i < analysis_.promises_size(); ++i) {
      if (unchanged_.promises[i]) continue;
      CountPromise(CountedOf(id_, analysis_.customer_id(), analysis_.promises(i)), sign_, changes_);
    }
    for (const storage::v1::Escalation& escalation : analysis_.escalations()) CountEscalation(escalation);
    if (analysis_.has_begun_ms()) CountConversation();
    CountCustomer();
    if (analysis_.has_waiting()) {
      Row(std::string(kWaitingTable), Encode(analysis_.waiting(), analysis_.customer_id(), id_));
      OfCustomer(CustomerItem::kOpenWait, analysis_.waiting().since_ms() / kDayMs, 0);
    }
    for (const int64_t day : analysis_.event_days()) Row(ActivityTable(day), std::string(id_));
  }

 private:
  void Row(const std::string& table, const std::string& row, int64_t times = 1) {
    changes_.Add(table, row, sign_ * times);
  }

  void OfCustomer(CustomerItem item, int64_t day, int64_t detail, int64_t times = 1) {
    if (times == 0 || analysis_.customer_id().empty()) return;
    Row(CustomerTable(analysis_.customer_id()), Encode(CustomerFact{item, day, detail, analysis_.customer_id(), {}}),
        times);
  }

  void CountEnded(const Stretch& stretch) {
    const rollup::Codes codes = CodesOf(stretch.dimension_codes());
    CountTime(stretch, codes, /*business=*/false, stretch.calendar_ms());
    if (stretch.has_business_ms()) CountTime(stretch, codes, /*business=*/true, stretch.business_ms());
    const int64_t day = stretch.start_ms() / kDayMs;
    const std::optional<int64_t> business_ms =
        stretch.has_business_ms() ? std::optional(stretch.business_ms()) : std::nullopt;
    const std::string row =
        Encode(StretchFact{stretch.start_ms(), stretch.kind(), stretch.calendar_ms(), business_ms, codes, id_});
    const absl::Time start = absl::FromUnixMillis(stretch.start_ms());
    Row(StretchTable(day), row);
    Row(LengthTable(start, false, DoublingsOf(stretch.calendar_ms())), row);
    if (business_ms) Row(LengthTable(start, true, DoublingsOf(*business_ms)), row);
    const int64_t bucket = stats::BucketOf(stretch.calendar_ms());
    if (stretch.kind() == storage::v1::STRETCH_KIND_FIRST_RESPONSE) {
      OfCustomer(CustomerItem::kFirstResponse, day, bucket);
    } else if (stretch.kind() == storage::v1::STRETCH_KIND_LATER_RESPONSE) {
      OfCustomer(CustomerItem::kLaterResponse, day, bucket);
    }
  }

  void CountTime(const Stretch& stretch, const rollup::Codes& codes, bool business, int64_t ms) {
    const absl::Time start = absl::FromUnixMillis(stretch.start_ms());
    rollup::Count(start, codes, MeasureOf({stretch.kind(), business, stats::BucketOf(ms)}), sign_, changes_, kPairs);
    if (ms != 0) {
      rollup::Count(start, codes, MeasureOf({stretch.kind(), business, kSumOfMs}), sign_ * ms, changes_, kPairs);
    }
  }

  void CountOpen(const Stretch& stretch) { Row(OpenTable(stretch.start_ms()), Encode(stretch, id_)); }

  void CountConversation() {
    const absl::Time begun = absl::FromUnixMillis(analysis_.begun_ms());
    const int64_t day = UtcDay(begun);
    const rollup::Codes codes = CodesOf(analysis_.dimension_codes());
    const bool resolved = analysis_.state() == v1::CONVERSATION_STATE_RESOLVED;
    const ConversationFact fact{analysis_.begun_ms(),    resolved, analysis_.reopen_count(),
                                analysis_.reply_count(), codes,    id_};
    for (const auto& [measure, count] : MeasuresOf(fact)) {
      if (count != 0) rollup::Count(begun, codes, measure, sign_ * count, changes_, kPairs);
    }
    Row(ConversationTable(day), Encode(fact));
    OfCustomer(CustomerItem::kConversation, day, 0);
    OfCustomer(CustomerItem::kReopening, day, 0, analysis_.reopen_count());
  }

  void CountEscalation(const storage::v1::Escalation& escalation) {
    EscalationFact fact;
    fact.occurred_ms = escalation.occurred_ms();
    fact.reason = escalation.reason();
    fact.codes = CodesOf(escalation.dimension_codes());
    for (const int kind : analysis_.tried()) fact.tried |= uint64_t{1} << kind;
    fact.begun_channel = analysis_.begun_channel();
    fact.customer_id = analysis_.customer_id();
    fact.conversation_id = id_;
    const int64_t day = escalation.occurred_ms() / kDayMs;
    Row(EscalationTable(day), Encode(fact));
    OfCustomer(CustomerItem::kEscalation, day, 0);
  }

  void CountCustomer() {
    for (const storage::v1::CustomerMessages& messages : analysis_.messages()) {
      OfCustomer(CustomerItem::kMessage, messages.day(), messages.channel(), messages.count());
    }
    if (!analysis_.event_days().empty()) {
      OfCustomer(CustomerItem::kSelfService, analysis_.event_days(0), 0, analysis_.self_service_count());
    }
    if (!analysis_.customer_id().empty()) Named(analysis_.customer_id());
    for (const std::string& id : analysis_.mentioned_ids()) Named(id);
  }

  void Named(absl::string_view customer_id) {
    Row(CustomerTable(customer_id), Encode(CustomerFact{CustomerItem::kNamedIn, 0, 0, customer_id, id_}));
  }

  const absl::string_view id_;
  const Analysis& analysis_;
  const Unchanged& unchanged_;
  const int sign_;
  write::Changes& changes_;
};

auto OrderOf(const Stretch& stretch) {
  return std::tuple(stretch.start_ms(), stretch.kind());
}
auto OrderOf(const TargetPromise& promise) {
  return promise.made_ms();
}

// Calls `found` with the positions of messages that are in both lists, each of which is in order; of messages of one
// place in the order, perhaps not all.
template <typename Message, typename Found>
void ForEachInBoth(const google::protobuf::RepeatedPtrField<Message>& before,
                   const google::protobuf::RepeatedPtrField<Message>& after, const Found& found) {
  for (int b = 0, a = 0; b < before.size() && a < after.size();) {
    if (OrderOf(before[b]) < OrderOf(after[a])) {
      ++b;
    } else if (OrderOf(after[a]) < OrderOf(before[b])) {
      ++a;
    } else {
      if (before[b].SerializeAsString() == after[a].SerializeAsString()) found(b, a);
      ++b;
      ++a;
    }
  }
}

}  // namespace

std::array<std::pair<rollup::Measure, int64_t>, 5> MeasuresOf(const ConversationFact& fact) {
  return {{{kBegun, 1},
           {kResolvedNow, fact.resolved},
           {kReopenings, fact.reopen_count},
           {kResolvedReopened, fact.resolved && fact.reopen_count > 0},
           {kOneTouch, fact.resolved && fact.reply_count == 1}}};
}

void CountChange(absl::string_view conversation_id, const Analysis& before, const Analysis& after,
                 write::Changes& changes) {
  Unchanged in_before{std::vector<bool>(before.stretches_size()), std::vector<bool>(before.promises_size())};
  Unchanged in_after{std::vector<bool>(after.stretches_size()), std::vector<bool>(after.promises_size())};
  // Rows carry the customer: with another one, everything changes.
  if (before.customer_id() == after.customer_id()) {
    ForEachInBoth(before.stretches(), after.stretches(),
                  [&](int b, int a) { in_before.stretches[b] = in_after.stretches[a] = true; });
    ForEachInBoth(before.promises(), after.promises(),
                  [&](int b, int a) { in_before.promises[b] = in_after.promises[a] = true; });
  }
  Counting(conversation_id, before, in_before, -1, changes).Run();
  Counting(conversation_id, after, in_after, +1, changes).Run();
}

}  // namespace rapport::response_times
