#include "services/response_times/service/customers_query.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "common/rollup/series.h"
#include "common/time/interval.h"
#include "services/response_times/core/analysis.h"
#include "services/response_times/core/facts.h"
#include "services/response_times/core/figures.h"
#include "services/response_times/core/moments.h"
#include "services/response_times/core/promise_counting.h"
#include "services/response_times/service/promise_reader.h"

namespace rapport::response_times {
namespace {

constexpr int kMostCustomers = 1000;
constexpr size_t kConversationsAtOnce = 500;

// What is known of one customer.
struct Known {
  std::map<stats::BucketId, int64_t> first_responses;
  std::map<stats::BucketId, int64_t> responses;  // the first ones included
  std::map<int64_t, int64_t> messages;           // by channel
  std::optional<int64_t> last_message_day;
  int64_t conversations = 0;
  int64_t reopenings = 0;
  int64_t escalations = 0;
  int64_t self_service = 0;
  int64_t waiting = 0;
  PromiseCounts promises;

  // Whatever day it is of.
  void AddNow(const CustomerFact& fact, int64_t count) {
    if (fact.item == CustomerItem::kOpenWait) waiting += count;
  }

  void AddOfDay(const CustomerFact& fact, int64_t count) {
    const auto bucket = static_cast<stats::BucketId>(fact.detail);
    switch (fact.item) {
      case CustomerItem::kFirstResponse:
        first_responses[bucket] += count;
        responses[bucket] += count;
        break;
      case CustomerItem::kLaterResponse:
        responses[bucket] += count;
        break;
      case CustomerItem::kConversation:
        conversations += count;
        break;
      case CustomerItem::kReopening:
        reopenings += count;
        break;
      case CustomerItem::kEscalation:
        escalations += count;
        break;
      case CustomerItem::kSelfService:
        self_service += count;
        break;
      case CustomerItem::kMessage:
        messages[fact.detail] += count;
        last_message_day = std::max(last_message_day.value_or(fact.day), fact.day);
        break;
      default:
        break;
    }
  }
};
using KnownCustomers = absl::flat_hash_map<std::string, Known>;

std::vector<std::string> TablesOf(const KnownCustomers& customers, std::string (*table_of)(absl::string_view)) {
  std::set<std::string> tables;
  for (const auto& [id, known] : customers) tables.insert(table_of(id));
  return {tables.begin(), tables.end()};
}

bool IsIn(const Days& days, int64_t day) {
  return days.first <= day && day <= days.last;
}

bool IsDueIn(const Days& days, int64_t due_ms) {
  return IsIn(days, UtcDay(absl::FromUnixMillis(due_ms)));
}

absl::Status ReadNow(Reader& reader, absl::string_view tenant, const Days& days, KnownCustomers& customers) {
  absl::Status read = reader.ForEach<DecodeCustomer>(tenant, TablesOf(customers, CustomerTable),
                                                     [&](const CustomerFact& fact, int64_t count) {
                                                       const auto found = customers.find(fact.customer_id);
                                                       if (found == customers.end()) return;
                                                       found->second.AddNow(fact, count);
                                                       if (IsIn(days, fact.day)) found->second.AddOfDay(fact, count);
                                                     });
  if (!read.ok()) return read;
  const int64_t now_ms = ToMillis(reader.Now());
  return reader.ForEach<DecodeCustomerPromise>(tenant, TablesOf(customers, CustomerPromiseTable),
                                               [&](const CustomerPromise& promise, int64_t count) {
                                                 const auto found = customers.find(promise.customer_id);
                                                 if (found == customers.end() || !IsDueIn(days, promise.due_ms)) return;
                                                 found->second.promises.Add(StateOf(promise, now_ms), count);
                                               });
}

// Reads customers as if nothing had happened from a moment on: walks through their conversations again, up to it.
class ReadAsOf {
 public:
  ReadAsOf(Reader& reader, const Policies& policies, absl::string_view tenant, const Days& days, absl::Time as_of)
      : reader_(reader), policies_(policies), tenant_(tenant), days_(days), as_of_ms_(ToMillis(as_of)) {}

  absl::Status Run(KnownCustomers& customers) {
    const absl::Status read = ReadConversations(customers);
    return read.ok() ? ReadPromises(customers) : read;
  }

 private:
  absl::Status ReadConversations(KnownCustomers& customers) {
    std::set<std::string> named;
    absl::Status read = reader_.ForEach<DecodeCustomer>(
        tenant_, TablesOf(customers, CustomerTable), [&](const CustomerFact& fact, int64_t) {
          if (fact.item != CustomerItem::kNamedIn || !customers.contains(fact.customer_id)) return;
          named.emplace(fact.conversation_id);
        });
    if (!read.ok()) return read;
    const std::vector<std::string> ids(named.begin(), named.end());
    for (size_t from = 0; from < ids.size(); from += kConversationsAtOnce) {
      const size_t to = std::min(ids.size(), from + kConversationsAtOnce);
      const std::vector<std::string> some(ids.begin() + static_cast<ptrdiff_t>(from),
                                          ids.begin() + static_cast<ptrdiff_t>(to));
      auto records = reader_.LoadConversations(tenant_, some);
      if (!records.ok()) return records.status();
      for (size_t i = 0; i < some.size(); ++i) AddConversation(some[i], (*records)[i], customers);
    }
    return absl::OkStatus();
  }

  void AddConversation(const std::string& id, storage::v1::ConversationRecord& record, KnownCustomers& customers) {
    auto& events = *record.mutable_events();
    events.erase(std::remove_if(events.begin(), events.end(),
                                [&](const storage::v1::StoredEvent& event) {
                                  return ToMillis(event.event().occurred_at()) >= as_of_ms_;
                                }),
                 events.end());
    if (events.empty()) return;
    const storage::v1::Analysis analysis = Analyze(id, record, policies_);
    const auto found = customers.find(analysis.customer_id());
    if (found != customers.end()) AddAnalysis(analysis, found->second);
  }

  void AddAnalysis(const storage::v1::Analysis& analysis, Known& known) {
    const auto add = [&](CustomerItem item, int64_t day, int64_t detail, int64_t count) {
      if (count > 0 && IsIn(days_, day)) known.AddOfDay({item, day, detail, {}, {}}, count);
    };
    const auto day_of = [](int64_t ms) { return UtcDay(absl::FromUnixMillis(ms)); };
    for (const storage::v1::Stretch& stretch : analysis.stretches()) {
      if (stretch.open()) continue;
      const int64_t bucket = stats::BucketOf(stretch.calendar_ms());
      if (stretch.kind() == storage::v1::STRETCH_KIND_FIRST_RESPONSE) {
        add(CustomerItem::kFirstResponse, day_of(stretch.start_ms()), bucket, 1);
      } else if (stretch.kind() == storage::v1::STRETCH_KIND_LATER_RESPONSE) {
        add(CustomerItem::kLaterResponse, day_of(stretch.start_ms()), bucket, 1);
      }
    }
    if (analysis.has_begun_ms()) {
      add(CustomerItem::kConversation, day_of(analysis.begun_ms()), 0, 1);
      add(CustomerItem::kReopening, day_of(analysis.begun_ms()), 0, analysis.reopen_count());
    }
    for (const storage::v1::Escalation& escalation : analysis.escalations()) {
      add(CustomerItem::kEscalation, day_of(escalation.occurred_ms()), 0, 1);
    }
    for (const storage::v1::CustomerMessages& messages : analysis.messages()) {
      add(CustomerItem::kMessage, messages.day(), messages.channel(), messages.count());
    }
    add(CustomerItem::kSelfService, analysis.event_days(0), 0, analysis.self_service_count());
    for (const storage::v1::TargetPromise& promise : analysis.promises()) {
      if (IsDueIn(days_, promise.due_ms())) known.promises.Add(StateOf(MomentsOf(promise), as_of_ms_), 1);
    }
    known.waiting += analysis.has_waiting();
  }

  // Those that people made.
  absl::Status ReadPromises(KnownCustomers& customers) {
    std::vector<std::string> ids;
    absl::Status read = reader_.ForEach<DecodeCustomerPromise>(
        tenant_, TablesOf(customers, CustomerPromiseTable), [&](const CustomerPromise& promise, int64_t) {
          const bool wanted = !promise.promise_id.empty() && customers.contains(promise.customer_id);
          if (wanted && IsDueIn(days_, promise.due_ms)) ids.emplace_back(promise.promise_id);
        });
    if (!read.ok()) return read;
    const auto promises = LoadPromises(reader_, tenant_, ids);
    if (!promises.ok()) return promises.status();
    for (const std::optional<v1::Promise>& promise : *promises) {
      if (promise && WasBefore(promise->has_made_at(), promise->made_at())) AddPromise(*promise, customers);
    }
    return absl::OkStatus();
  }

  void AddPromise(const v1::Promise& promise, KnownCustomers& customers) {
    const auto found = customers.find(promise.customer_id());
    if (found == customers.end()) return;
    PromiseMoments moments{ToMillis(promise.due_at())};
    if (WasBefore(promise.has_kept_at(), promise.kept_at())) moments.kept_ms = ToMillis(promise.kept_at());
    if (WasBefore(promise.has_cancelled_at(), promise.cancelled_at())) {
      moments.cancelled_ms = ToMillis(promise.cancelled_at());
    }
    found->second.promises.Add(StateOf(moments, as_of_ms_), 1);
  }

  bool WasBefore(bool ever, const google::protobuf::Timestamp& moment) const {
    return ever && ToMillis(moment) < as_of_ms_;
  }

  Reader& reader_;
  const Policies& policies_;
  const absl::string_view tenant_;
  const Days& days_;
  const int64_t as_of_ms_;
};

v1::CustomerResponsiveness Present(const std::string& id, const Known& known, double confidence) {
  v1::CustomerResponsiveness customer;
  customer.set_customer_id(id);
  customer.set_conversation_count(known.conversations);
  *customer.mutable_first_response() = MakeCustomerTimes(
      v1::METRIC_FIRST_RESPONSE_TIME, {known.first_responses.begin(), known.first_responses.end()}, confidence);
  *customer.mutable_next_response() =
      MakeCustomerTimes(v1::METRIC_NEXT_RESPONSE_TIME, {known.responses.begin(), known.responses.end()}, confidence);
  customer.set_reopen_count(known.reopenings);
  customer.set_escalation_count(known.escalations);
  customer.set_promises_kept(known.promises.kept);
  customer.set_promises_kept_late(known.promises.kept_late);
  customer.set_promises_broken(known.promises.broken);
  customer.set_waiting_count(known.waiting);
  for (const auto& [channel, count] : known.messages) {
    v1::ChannelCount& each = *customer.add_channels();
    each.set_channel(static_cast<common::v1::Channel>(channel));
    each.set_count(count);
  }
  std::stable_sort(customer.mutable_channels()->begin(), customer.mutable_channels()->end(),
                   [](const auto& a, const auto& b) { return a.count() > b.count(); });
  customer.set_self_service_count(known.self_service);
  if (known.last_message_day) {
    *customer.mutable_last_message_day() = ToProto(StartOfUtcDay(*known.last_message_day));
  }
  return customer;
}

}  // namespace

absl::Status GetResponsiveness(Reader& reader, const Policies& policies, absl::string_view tenant,
                               const v1::BatchGetCustomerResponsivenessRequest& request,
                               v1::BatchGetCustomerResponsivenessResponse& response) {
  if (request.customer_ids_size() < 1 || request.customer_ids_size() > kMostCustomers) {
    return Invalid("customer_ids", absl::StrCat(request.customer_ids_size(), " customers;"),
                   absl::StrCat("ask for 1 to ", kMostCustomers, " at a time"));
  }
  const auto confidence = rollup::ParseConfidence(request.confidence());
  if (!confidence.ok()) return confidence.status();
  const absl::StatusOr<Days> days = request.has_range() ? ParseWholeDays(request.range(), "range") : Days();
  if (!days.ok()) return days.status();
  KnownCustomers customers;
  for (const std::string& id : request.customer_ids()) {
    absl::Status valid = ValidateId("customer_ids", id);
    if (!valid.ok()) return valid;
    customers.try_emplace(id);
  }
  if (request.has_as_of()) {
    absl::Status valid = ValidateDated("as_of", request.as_of());
    if (!valid.ok()) return valid;
  }
  absl::Status read = request.has_as_of()
                          ? ReadAsOf(reader, policies, tenant, *days, FromProto(request.as_of())).Run(customers)
                          : ReadNow(reader, tenant, *days, customers);
  if (!read.ok()) return read;
  for (const std::string& id : request.customer_ids()) {
    *response.add_customers() = Present(id, customers.at(id), *confidence);
  }
  return absl::OkStatus();
}

}  // namespace rapport::response_times
