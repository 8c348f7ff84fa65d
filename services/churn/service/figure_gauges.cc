#include "services/churn/service/figure_gauges.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/time/interval.h"
#include "services/churn/core/churn_counting.h"
#include "services/churn/core/customer_row.h"
#include "services/churn/core/retention.h"
#include "services/churn/service/conversion_query.h"
#include "services/churn/service/score_store.h"

namespace rapport::churn {
namespace {

using storage::v1::CustomerRow;

constexpr absl::Duration kFreshFor = absl::Minutes(1);
constexpr absl::Duration kChurnPeriod = absl::Hours(24 * 30);
constexpr int kRetentionMonths[] = {1, 3, 6, 12};
constexpr int kConversionWindows[] = {6, 12};
constexpr int kConversionMonths = 12;
constexpr double kConfidence = 0.95;  // of intervals, which gauges do not show

// Gathers what the figures are made of, customer by customer.
class Gathering {
 public:
  explicit Gathering(absl::Time now)
      : now_(now), churn_({ToMillis(now - kChurnPeriod), ToMillis(now)}, everyone_, Groups({{"", 1}}, 1)) {
    for (const int months : kConversionWindows) {
      signups_[months].first = AddMonths(now, -(months + kConversionMonths), utc_);
    }
  }

  void Add(const CustomerRow& row, TenantFigures& figures) {
    const int64_t now_ms = ToMillis(now_);
    churn_.Add(row);
    if (ActiveAt(row, now_ms)) ++figures.active_customers;
    if (const storage::v1::RevenueStep* revenue = RevenueAt(row, now_ms)) {
      figures.recurring_revenue_minor[revenue->currency()] += revenue->monthly_recurring_minor();
    }
    if (!row.tenures().empty()) {
      const storage::v1::TenureSpan& first = row.tenures(0);
      Tenure& tenure = tenures_.emplace_back(Tenure{absl::FromUnixMillis(first.start_ms())});
      if (first.has_end_ms()) tenure.end = absl::FromUnixMillis(first.end_ms());
    }
    if (row.has_signed_up_ms()) AddSignup(SignupOf(row));
  }

  void Finish(TenantFigures& figures) const {
    SetChurn(figures);
    const v1::RetentionFigures retention = MakeRetention(LifetimesOf(tenures_, now_, utc_), kConfidence);
    for (const int months : kRetentionMonths) {
      if (months > retention.points_size()) break;
      figures.retention[months] = retention.points(months - 1).retention().value();
    }
    for (const auto& [months, signups] : signups_) {
      const Conversion conversion = CountConversions(signups.list, months, now_, utc_);
      const common::v1::Figure figure = MakeConversion(months, conversion, kConfidence).conversion();
      if (figure.has_value()) figures.conversion[months] = figure.value();
    }
  }

 private:
  // The signups that one window looks at: those since a moment. The younger ones are censored.
  struct Signups {
    absl::Time first;
    std::vector<Signup> list;
  };

  void AddSignup(const Signup& signup) {
    for (auto& [months, signups] : signups_) {
      if (signups.first <= signup.at && signup.at < now_) signups.list.push_back(signup);
    }
  }

  void SetChurn(TenantFigures& figures) const {
    const v1::ChurnFigures churn =
        MakeChurnFigures(churn_.Cells()[churn_.groups().IndexOf("")].front().counts, kConfidence);
    if (churn.logo_churn().has_value()) figures.logo_churn = churn.logo_churn().value();
    for (const v1::RevenueChurn& revenue : churn.revenue()) {
      if (revenue.gross().has_value()) figures.gross_revenue_churn[revenue.currency()] = revenue.gross().value();
      if (revenue.net().has_value()) figures.net_revenue_churn[revenue.currency()] = revenue.net().value();
    }
  }

  const absl::Time now_;
  const absl::TimeZone utc_ = absl::UTCTimeZone();
  const Grouping everyone_;
  ChurnTable churn_;
  std::vector<Tenure> tenures_;
  std::map<int, Signups> signups_;  // by window
};

// Customers without a score are unspecified.
absl::Status SetBands(Reader& reader, absl::string_view tenant, TenantFigures& figures) {
  auto bands = CustomersByBand(reader, tenant);
  if (!bands.ok()) return bands.status();
  int64_t unscored = figures.active_customers;
  for (const auto& [band, customers] : *bands) unscored -= customers;
  figures.customers_by_band = *std::move(bands);
  figures.customers_by_band[v1::HEALTH_BAND_UNSPECIFIED] = std::max<int64_t>(unscored, 0);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TenantFigures> FiguresOf(Directory& directory, Reader& reader, absl::string_view tenant) {
  TenantFigures figures;
  Gathering gathering(reader.Now());
  absl::Status status = directory.ForEach(tenant, [&](const CustomerRow& row) { gathering.Add(row, figures); });
  if (status.ok()) status = SetBands(reader, tenant, figures);
  if (!status.ok()) return status;
  gathering.Finish(figures);
  return figures;
}

void FigureGauges::Refresh() {
  const absl::MutexLock lock(&mutex_);
  const absl::Time now = reader_.Now();
  if (now < refreshed_ + kFreshFor) return;
  refreshed_ = now;
  const auto tenants = tenants_.All();
  if (!tenants.ok()) return;
  for (const std::string& tenant : *tenants) {
    const auto figures = FiguresOf(directory_, reader_, tenant);
    if (!figures.ok()) return;
    metrics_.ShowFigures(tenant, *figures);
  }
}

}  // namespace rapport::churn
