#include "services/churn/service/purchases_query.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "common/request/fields.h"
#include "common/time/interval.h"
#include "services/churn/core/bg_nbd.h"

namespace rapport::churn {
namespace {

using storage::v1::CustomerRow;

constexpr int kDefaultHorizonDays = 90;
constexpr int kMostHorizonDays = 3'650;
constexpr absl::CivilDay kEpoch(1970, 1, 1);

// Somebody who purchased.
struct Buyer {
  std::string customer_id;
  PurchaseHistory history;
  int64_t last_day = 0;  // since 1970
  v1::PurchaseForecast forecast;

  // The order of the list.
  auto Order() const { return std::make_tuple(-forecast.expected_purchases(), absl::string_view(customer_id)); }
};

// Where a page begins: behind this place of a list of this day.
struct Token {
  int64_t end_day = 0;
  Buyer last;  // its expected purchases and id
};

// What is asked for.
struct Plan {
  int64_t end_day = 0;  // the last day of the observation
  int horizon_days = kDefaultHorizonDays;
  std::optional<Token> after;
};

// All bits of the number: pages neither repeat nor leave out who lies close by.
std::string Encode(const Token& token) {
  const double expected = token.last.forecast.expected_purchases();
  uint64_t bits = 0;
  std::memcpy(&bits, &expected, sizeof(bits));
  return absl::WebSafeBase64Escape(absl::StrCat(token.end_day, ",", bits, ",", token.last.customer_id));
}

absl::StatusOr<std::optional<Token>> Decode(absl::string_view text) {
  if (text.empty()) return std::nullopt;
  std::string plain;
  std::vector<std::string> parts;
  if (absl::WebSafeBase64Unescape(text, &plain)) parts = absl::StrSplit(plain, absl::MaxSplits(',', 2));
  Token token;
  uint64_t bits = 0;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &token.end_day) || !absl::SimpleAtoi(parts[1], &bits)) {
    return Invalid("page.page_token", Shown(text), "is no token of this list; leave it out for the first page");
  }
  double expected = 0;
  std::memcpy(&expected, &bits, sizeof(bits));
  token.last.forecast.set_expected_purchases(expected);
  token.last.customer_id = parts[2];
  return token;
}

absl::StatusOr<Plan> ParsePlan(const v1::ForecastPurchasesRequest& request, absl::Time now) {
  absl::Time as_of = now;
  if (request.has_as_of()) {
    const absl::Status valid = ValidateMoment("as_of", request.as_of());
    if (!valid.ok()) return valid;
    as_of = FromProto(request.as_of());
    if (as_of > now) {
      return Invalid("as_of", absl::FormatTime(as_of, absl::UTCTimeZone()), "is later than now; leave it out for now");
    }
  }
  if (request.horizon_days() < 0 || request.horizon_days() > kMostHorizonDays) {
    return Invalid("horizon_days", absl::StrCat(request.horizon_days()),
                   absl::StrCat("is not within 1 and ", kMostHorizonDays, "; leave it out for ", kDefaultHorizonDays));
  }
  const absl::Status valid = ValidateText("customer_id", request.customer_id());
  if (!valid.ok()) return valid;
  auto after = Decode(request.page().page_token());
  if (!after.ok()) return after.status();
  Plan plan;
  // The list goes on as of the day on which it began.
  plan.end_day = *after ? (*after)->end_day : UtcDay(as_of) - 1;
  if (request.horizon_days() > 0) plan.horizon_days = request.horizon_days();
  plan.after = *std::move(after);
  return plan;
}

std::optional<Buyer> BuyerOf(const CustomerRow& row, int64_t end_day) {
  std::vector<absl::CivilDay> days;
  int64_t day = 0;
  int64_t last_day = 0;
  for (const uint32_t difference : row.purchase_days()) {
    day += difference;
    days.push_back(kEpoch + day);
    if (day <= end_day) last_day = day;
  }
  const std::optional<PurchaseHistory> history = HistoryOf(std::move(days), kEpoch + end_day);
  if (!history) return std::nullopt;
  return Buyer{row.customer_id(), *history, last_day, {}};
}

absl::StatusOr<std::vector<Buyer>> FindBuyers(Directory& directory, absl::string_view tenant, int64_t end_day) {
  std::vector<Buyer> buyers;
  const absl::Status visited = directory.ForEach(tenant, [&](const CustomerRow& row) {
    if (row.purchase_days().empty()) return;
    if (auto buyer = BuyerOf(row, end_day)) buyers.push_back(*std::move(buyer));
  });
  if (!visited.ok()) return visited;
  return buyers;
}

std::vector<PurchaseHistory> HistoriesOf(const std::vector<Buyer>& buyers) {
  std::vector<PurchaseHistory> histories;
  histories.reserve(buyers.size());
  for (const Buyer& buyer : buyers) histories.push_back(buyer.history);
  return histories;
}

using HistoryValues = std::tuple<int64_t, double, double>;

HistoryValues Values(const PurchaseHistory& history) {
  return {history.repeats, history.recency, history.age};
}

v1::CustomerForecast Show(Buyer buyer) {
  v1::CustomerForecast shown;
  shown.set_customer_id(std::move(buyer.customer_id));
  shown.set_repeat_count(buyer.history.repeats);
  *shown.mutable_last_purchase_day() = ToProto(StartOfUtcDay(buyer.last_day));
  *shown.mutable_forecast() = std::move(buyer.forecast);
  return shown;
}

void ShowPage(const Plan& plan, size_t page_size, std::vector<Buyer> buyers, v1::ForecastPurchasesResponse& response) {
  if (plan.after) {
    std::erase_if(buyers, [&](const Buyer& buyer) { return buyer.Order() <= plan.after->last.Order(); });
  }
  const size_t shown = std::min(buyers.size(), page_size);
  const auto end = buyers.begin() + static_cast<ptrdiff_t>(shown);
  std::partial_sort(buyers.begin(), end, buyers.end(),
                    [](const Buyer& a, const Buyer& b) { return a.Order() < b.Order(); });
  if (shown < buyers.size()) response.set_next_page_token(Encode({plan.end_day, buyers[shown - 1]}));
  for (auto buyer = buyers.begin(); buyer != end; ++buyer) *response.add_customers() = Show(std::move(*buyer));
}

}  // namespace

// What is kept of a tenant.
class PurchaseForecasts::Tenant {
 public:
  // Sets the forecasts of `buyers`, for so many days, by the model of `histories`.
  absl::StatusOr<v1::PurchaseModel> Forecast(std::vector<PurchaseHistory> histories, int horizon_days,
                                             std::vector<Buyer>& buyers) {
    // Sums depend on the order of what is added, at their last digits; forecasts must not.
    std::sort(histories.begin(), histories.end(),
              [](const PurchaseHistory& a, const PurchaseHistory& b) { return Values(a) < Values(b); });
    const absl::MutexLock lock(&mutex_);
    const absl::Status fitted = Fit(histories);
    if (!fitted.ok()) return fitted;
    if (horizon_days_ != horizon_days) forecasts_.clear();
    horizon_days_ = horizon_days;
    for (Buyer& buyer : buyers) {
      const auto [known, is_new] = forecasts_.try_emplace(Values(buyer.history));
      if (is_new) known->second = churn::Forecast(model_, buyer.history, horizon_days);
      buyer.forecast = known->second;
    }
    return model_;
  }

 private:
  absl::Status Fit(const std::vector<PurchaseHistory>& histories) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    size_t fingerprint = histories.size();
    for (const PurchaseHistory& each : histories) fingerprint = absl::HashOf(fingerprint, Values(each));
    if (fingerprint_ == fingerprint) return absl::OkStatus();
    absl::StatusOr<v1::PurchaseModel> model = FitPurchaseModel(histories);
    if (absl::IsInvalidArgument(model.status())) {
      return absl::FailedPreconditionError(
          "nobody bought twice by then, so nothing says how often customers buy; record purchases first, or give a "
          "later as_of");
    }
    if (!model.ok()) return model.status();
    fingerprint_ = fingerprint;
    model_ = *std::move(model);
    forecasts_.clear();
    return absl::OkStatus();
  }

  absl::Mutex mutex_;
  std::optional<size_t> fingerprint_ ABSL_GUARDED_BY(mutex_);  // of the histories that the model is of
  v1::PurchaseModel model_ ABSL_GUARDED_BY(mutex_);
  int horizon_days_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<HistoryValues, v1::PurchaseForecast> forecasts_ ABSL_GUARDED_BY(mutex_);
};

PurchaseForecasts::PurchaseForecasts() = default;

PurchaseForecasts::~PurchaseForecasts() = default;

std::shared_ptr<PurchaseForecasts::Tenant> PurchaseForecasts::Of(absl::string_view tenant) {
  const absl::MutexLock lock(&mutex_);
  std::shared_ptr<Tenant>& known = tenants_[tenant];
  if (known == nullptr) known = std::make_shared<Tenant>();
  return known;
}

absl::Status PurchaseForecasts::Answer(Directory& directory, absl::Time now, absl::string_view tenant,
                                       const v1::ForecastPurchasesRequest& request,
                                       v1::ForecastPurchasesResponse& response) {
  const auto plan = ParsePlan(request, now);
  if (!plan.ok()) return plan.status();
  auto buyers = FindBuyers(directory, tenant, plan->end_day);
  if (!buyers.ok()) return buyers.status();
  std::vector<PurchaseHistory> histories = HistoriesOf(*buyers);
  if (!request.customer_id().empty()) {
    std::erase_if(*buyers, [&](const Buyer& buyer) { return buyer.customer_id != request.customer_id(); });
  }
  auto model = Of(tenant)->Forecast(std::move(histories), plan->horizon_days, *buyers);
  if (!model.ok()) return model.status();
  *response.mutable_model() = *std::move(model);
  ShowPage(*plan, PageSize(request.page()), *std::move(buyers), response);
  return absl::OkStatus();
}

}  // namespace rapport::churn
