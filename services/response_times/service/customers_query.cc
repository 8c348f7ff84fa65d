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
#include "services/response_times/core/facts.h"
#include "services/response_times/core/figures.h"
#include "services/response_times/core/promise_counting.h"

namespace rapport::response_times {
namespace {

constexpr int kMostCustomers = 1000;

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

absl::Status ReadCustomers(Reader& reader, absl::string_view tenant, const Days& days, KnownCustomers& customers) {
  const auto is_in = [&](int64_t day) { return days.first <= day && day <= days.last; };
  const absl::Status read = reader.ForEach<DecodeCustomer>(tenant, TablesOf(customers, CustomerTable),
                                                           [&](const CustomerFact& fact, int64_t count) {
                                                             const auto found = customers.find(fact.customer_id);
                                                             if (found == customers.end()) return;
                                                             found->second.AddNow(fact, count);
                                                             if (is_in(fact.day)) found->second.AddOfDay(fact, count);
                                                           });
  if (!read.ok()) return read;
  const int64_t now_ms = ToMillis(reader.Now());
  return reader.ForEach<DecodeCustomerPromise>(
      tenant, TablesOf(customers, CustomerPromiseTable), [&](const CustomerPromise& promise, int64_t count) {
        const auto found = customers.find(promise.customer_id);
        if (found == customers.end() || !is_in(UtcDay(absl::FromUnixMillis(promise.due_ms)))) return;
        found->second.promises.Add(StateOf(promise, now_ms), count);
      });
}

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

absl::Status GetResponsiveness(Reader& reader, absl::string_view tenant,
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
    const absl::Status valid = ValidateId("customer_ids", id);
    if (!valid.ok()) return valid;
    customers.try_emplace(id);
  }
  const absl::Status read = ReadCustomers(reader, tenant, *days, customers);
  if (!read.ok()) return read;
  for (const std::string& id : request.customer_ids()) {
    *response.add_customers() = Present(id, customers.at(id), *confidence);
  }
  return absl::OkStatus();
}

}  // namespace rapport::response_times
