#include "services/ratings/service/customers_query.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "common/rollup/series.h"
#include "services/ratings/core/customers.h"
#include "services/ratings/service/query.h"

namespace rapport::ratings {
namespace {

constexpr int kMostCustomers = 1000;

// Positions hold a bound to the last bit.
std::string EncodeRank(const RankPosition& position) {
  uint64_t bits = 0;
  std::memcpy(&bits, &position.bound, sizeof bits);
  return absl::WebSafeBase64Escape(absl::StrCat(absl::Hex(bits, absl::kZeroPad16), position.customer_id));
}

absl::StatusOr<std::optional<RankPosition>> DecodeRank(absl::string_view token) {
  if (token.empty()) return std::nullopt;
  constexpr size_t kHexDigits = 16;
  std::string plain;
  uint64_t bits = 0;
  if (!absl::WebSafeBase64Unescape(token, &plain) || plain.size() <= kHexDigits ||
      !absl::SimpleHexAtoi(plain.substr(0, kHexDigits), &bits)) {
    return absl::InvalidArgumentError("page.page_token: not a token of this service; repeat the request without it");
  }
  RankPosition position;
  std::memcpy(&position.bound, &bits, sizeof bits);
  position.customer_id = plain.substr(kHexDigits);
  return position;
}

absl::StatusOr<RankRequest> ParseRank(const v1::ListCustomersBySatisfactionRequest& request) {
  RankRequest rank;
  if (request.scale() == v1::SCALE_UNSPECIFIED || !v1::Scale_IsValid(request.scale())) {
    return absl::InvalidArgumentError(absl::StrCat("scale: ", static_cast<int>(request.scale()),
                                                   " is no scale to rank by; name one, such as SCALE_EMOTICON_3"));
  }
  if (request.order() == v1::CUSTOMER_ORDER_UNSPECIFIED || !v1::CustomerOrder_IsValid(request.order())) {
    return absl::InvalidArgumentError(
        absl::StrCat("order: ", static_cast<int>(request.order()),
                     " is none; use CUSTOMER_ORDER_HAPPIEST or CUSTOMER_ORDER_LEAST_HAPPY"));
  }
  const auto confidence = rollup::ParseConfidence(request.confidence());
  if (!confidence.ok()) return confidence.status();
  auto after = DecodeRank(request.page().page_token());
  if (!after.ok()) return after.status();
  rank.scale = request.scale();
  rank.order = request.order();
  rank.min_ratings = std::max(1, request.min_ratings());
  rank.confidence = *confidence;
  rank.after = *std::move(after);
  rank.limit = PageSize(request.page());
  return rank;
}

// What is known of one customer.
struct Known {
  ScoreCounts counts{};
  absl::flat_hash_map<int64_t, int64_t> ratings_by_day;
};
using KnownCustomers = absl::flat_hash_map<std::string, Known>;

absl::StatusOr<KnownCustomers> ReadCustomers(Reader& reader, absl::string_view tenant,
                                             const std::vector<std::string>& ids, const Days& days) {
  KnownCustomers customers;
  for (const std::string& id : ids) customers.try_emplace(id);
  const absl::Status read = reader.ForEachCustomerDay(tenant, ids, [&](const CustomerDay& day, int64_t count) {
    const auto found = customers.find(day.customer_id);
    const ScoreInfo* info = Describe(day.code);
    if (found == customers.end() || info == nullptr || info->is_survey) return;
    if (day.day < days.first || day.day > days.last) return;
    found->second.counts[day.code] += count;
    found->second.ratings_by_day[day.day] += count;
  });
  if (!read.ok()) return read;
  return customers;
}

// The days that a request names, and of those the ones that had ended as of its moment.
absl::StatusOr<Days> ParseDays(const v1::BatchGetCustomerSatisfactionRequest& request) {
  absl::StatusOr<Days> days = request.has_range() ? ParseWholeDays(request.range(), "range") : Days();
  if (!days.ok() || !request.has_as_of()) return days;
  const absl::Status valid = ValidateMoment("as_of", request.as_of());
  if (!valid.ok()) return valid;
  days->last = std::min(days->last, UtcDay(FromProto(request.as_of())) - 1);
  return days;
}

void SetLastRatedDay(const Known& known, v1::CustomerSatisfaction& customer) {
  std::optional<int64_t> last;
  for (const auto& [day, count] : known.ratings_by_day) {
    if (count > 0) last = std::max(last.value_or(day), day);
  }
  if (last) *customer.mutable_last_rated_day() = ToProto(StartOfUtcDay(*last));
}

}  // namespace

absl::Status GetSatisfaction(Reader& reader, absl::string_view tenant,
                             const v1::BatchGetCustomerSatisfactionRequest& request,
                             v1::BatchGetCustomerSatisfactionResponse& response) {
  if (request.customer_ids_size() < 1 || request.customer_ids_size() > kMostCustomers) {
    return absl::InvalidArgumentError(absl::StrCat("customer_ids: ", request.customer_ids_size(),
                                                   " customers; ask for 1 to ", kMostCustomers, " at a time"));
  }
  const auto confidence = rollup::ParseConfidence(request.confidence());
  if (!confidence.ok()) return confidence.status();
  const absl::StatusOr<Days> days = ParseDays(request);
  if (!days.ok()) return days.status();

  const std::vector<std::string> ids(request.customer_ids().begin(), request.customer_ids().end());
  for (const std::string& id : ids) {
    absl::Status valid = ValidateId("customer_ids", id);
    if (!valid.ok()) return valid;
  }
  const absl::StatusOr<KnownCustomers> known = ReadCustomers(reader, tenant, ids, *days);
  if (!known.ok()) return known.status();
  for (const std::string& id : ids) {
    v1::CustomerSatisfaction& customer = *response.add_customers();
    customer.set_customer_id(id);
    for (v1::CustomerScale& scale : MakeCustomerScales(known->at(id).counts, v1::SCALE_UNSPECIFIED, *confidence)) {
      *customer.add_scales() = std::move(scale);
    }
    SetLastRatedDay(known->at(id), customer);
  }
  return absl::OkStatus();
}

absl::Status RankCustomers(Reader& reader, rollup::Dictionary& dictionary, absl::string_view tenant,
                           const v1::ListCustomersBySatisfactionRequest& request,
                           v1::ListCustomersBySatisfactionResponse& response) {
  const absl::StatusOr<RankRequest> rank = ParseRank(request);
  if (!rank.ok()) return rank.status();
  const auto range = ParseRange(request.range(), "range");
  if (!range.ok()) return range.status();
  std::optional<std::pair<int, rollup::Code>> filter;
  if (request.has_filter()) {
    const auto code = rollup::ParseFilter(dictionary, tenant, request.filter(), "filter");
    if (!code.ok()) return code.status();
    if (!code->has_value()) return absl::OkStatus();
    filter = {rollup::IndexOf(request.filter().dimension()), **code};
  }

  CustomerTally tally;
  absl::Status read = reader.ForEachFact(tenant, *range, [&](int64_t, const Fact& fact, int64_t count) {
    const ScoreInfo* info = Describe(fact.code);
    if (info == nullptr || info->is_survey || info->scale != rank->scale) return;
    if (filter && fact.codes[filter->first] != filter->second) return;
    tally.Add(fact.customer_id, fact.code, count);
  });
  if (!read.ok()) return read;

  std::vector<RankedCustomer> ranked = tally.Rank(*rank);
  std::vector<std::string> ids;
  ids.reserve(ranked.size());
  for (const RankedCustomer& each : ranked) ids.push_back(each.position.customer_id);
  const absl::StatusOr<KnownCustomers> known = ReadCustomers(reader, tenant, ids, Days{});
  if (!known.ok()) return known.status();
  for (RankedCustomer& each : ranked) {
    v1::CustomerSatisfaction& customer = *response.add_customers();
    customer.set_customer_id(each.position.customer_id);
    *customer.add_scales() = std::move(each.scale);
    SetLastRatedDay(known->at(each.position.customer_id), customer);
  }
  if (ranked.size() == rank->limit) response.set_next_page_token(EncodeRank(ranked.back().position));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> RecordsOfCustomer(Reader& reader, absl::string_view tenant,
                                                           const std::string& customer_id) {
  absl::flat_hash_map<int64_t, int64_t> days;
  absl::Status read = reader.ForEachCustomerDay(tenant, {customer_id}, [&](const CustomerDay& day, int64_t count) {
    if (day.customer_id == customer_id) days[day.day] += count;
  });
  if (!read.ok()) return read;
  absl::flat_hash_map<std::string, int64_t> records;
  for (const auto& [day, count] : days) {
    if (count <= 0) continue;
    const Interval whole{StartOfUtcDay(day), StartOfUtcDay(day + 1)};
    read = reader.ForEachFact(tenant, whole, [&](int64_t, const Fact& fact, int64_t times) {
      if (fact.customer_id == customer_id) records[fact.rating_id] += times;
    });
    if (!read.ok()) return read;
  }
  std::vector<std::string> ids;
  for (const auto& [id, count] : records) {
    if (count > 0) ids.push_back(id);
  }
  return ids;
}

}  // namespace rapport::ratings
