#include "services/churn/core/churn_figures.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "absl/strings/string_view.h"
#include "common/estimates/figure.h"
#include "common/stats/mean.h"
#include "common/stats/normal.h"
#include "common/stats/proportion.h"

namespace rapport::churn {
namespace {

using common::v1::Figure;

constexpr absl::string_view kLogoChurn = "churn.logo.v1";
constexpr absl::string_view kGrossChurn = "churn.revenue.gross.v1";
constexpr absl::string_view kNetChurn = "churn.revenue.net.v1";

// What share of the start was lost, as a ratio of sums over customers.
struct Ratio {
  int64_t customers = 0;
  double value = 0;
  std::optional<double> variance;  // of the value; absent when the data do not show any
};

std::optional<Ratio> MakeRatio(const RevenueCounts& counts, int64_t loss, absl::int128 loss_squared,
                               absl::int128 loss_by_start) {
  if (counts.customers <= 0 || counts.start <= 0) return std::nullopt;
  const auto start = static_cast<double>(counts.start);
  const double value = static_cast<double>(loss) / start;
  Ratio ratio{counts.customers, value, std::nullopt};
  if (counts.customers < 2) return ratio;
  const auto squares = static_cast<double>(loss_squared);
  const double deviations = squares - 2 * value * static_cast<double>(loss_by_start) +
                            value * value * static_cast<double>(counts.start_squared);
  // What is left of equal shares after rounding is no spread.
  if (deviations <= 1e-12 * squares) return ratio;
  const auto n = static_cast<double>(counts.customers);
  ratio.variance = n / (n - 1) * deviations / (start * start);
  return ratio;
}

std::optional<Ratio> Gross(const RevenueCounts& counts) {
  return MakeRatio(counts, counts.lost + counts.contraction, counts.gross_squared, counts.gross_by_start);
}

std::optional<Ratio> Net(const RevenueCounts& counts) {
  return MakeRatio(counts, counts.lost + counts.contraction - counts.expansion, counts.net_squared,
                   counts.net_by_start);
}

// The interval of a mean with the same value, error and degrees of freedom.
std::optional<stats::Interval> IntervalOf(const Ratio& ratio, const stats::Interval& range, double confidence) {
  if (!ratio.variance) return std::nullopt;
  const auto n = static_cast<double>(ratio.customers);
  const auto mean = stats::EstimateMean({ratio.customers, ratio.value, *ratio.variance * n}, confidence);
  if (!mean || !mean->interval) return std::nullopt;
  return stats::Interval{std::max(mean->interval->low, range.low), std::min(mean->interval->high, range.high)};
}

void SetRatio(absl::string_view definition_id, const RevenueCounts& counts, const std::optional<Ratio>& ratio,
              const stats::Interval& range, double confidence, Figure* figure) {
  std::optional<stats::Estimate> estimate;
  if (ratio) estimate = stats::Estimate{ratio->value, IntervalOf(*ratio, range, confidence)};
  estimates::SetFigure(definition_id, counts.customers, estimate, figure);
}

void CompareRatio(const Figure& previous, const std::optional<Ratio>& before, const std::optional<Ratio>& now,
                  double confidence, Figure* figure) {
  std::optional<stats::Difference> difference;
  if (before && now) {
    difference = stats::Difference{now->value - before->value};
    if (before->variance && now->variance) {
      const double error = std::sqrt(*before->variance + *now->variance);
      const double spread = stats::TwoSidedZ(confidence) * error;
      difference->interval = stats::Interval{difference->value - spread, difference->value + spread};
      difference->p_value = stats::TwoSidedP(difference->value / error);
    }
  }
  estimates::SetComparison("difference.ratio.v1", previous, difference, confidence, figure);
}

stats::Proportion Lost(const CustomerCounts& counts) {
  return {counts.lost, counts.active_at_start};
}

const v1::RevenueChurn& RevenueIn(const v1::ChurnFigures& figures, const std::string& currency) {
  const auto found = std::find_if(figures.revenue().begin(), figures.revenue().end(),
                                  [&](const v1::RevenueChurn& each) { return each.currency() == currency; });
  return found == figures.revenue().end() ? v1::RevenueChurn::default_instance() : *found;
}

RevenueCounts CountsIn(const RevenueByCurrency& revenue, const std::string& currency) {
  const auto found = revenue.find(currency);
  return found == revenue.end() ? RevenueCounts() : found->second;
}

v1::RevenueChurn MakeRevenue(const std::string& currency, const RevenueCounts& counts, double confidence) {
  constexpr stats::Interval kShare = {0, 1};
  constexpr stats::Interval kAtMostAll = {-std::numeric_limits<double>::infinity(), 1};
  v1::RevenueChurn revenue;
  revenue.set_currency(currency);
  revenue.set_start_minor(counts.start);
  revenue.set_lost_minor(counts.lost);
  revenue.set_contraction_minor(counts.contraction);
  revenue.set_expansion_minor(counts.expansion);
  SetRatio(kGrossChurn, counts, Gross(counts), kShare, confidence, revenue.mutable_gross());
  SetRatio(kNetChurn, counts, Net(counts), kAtMostAll, confidence, revenue.mutable_net());
  return revenue;
}

}  // namespace

void CustomerCounts::Add(const CustomerCounts& other) {
  active_at_start += other.active_at_start;
  lost += other.lost;
}

void RevenueCounts::Add(const RevenueCounts& other) {
  customers += other.customers;
  start += other.start;
  lost += other.lost;
  contraction += other.contraction;
  expansion += other.expansion;
  start_squared += other.start_squared;
  gross_squared += other.gross_squared;
  gross_by_start += other.gross_by_start;
  net_squared += other.net_squared;
  net_by_start += other.net_by_start;
}

void RevenueCounts::AddCustomer(int64_t start_minor, int64_t end_minor, int64_t times) {
  if (start_minor <= 0) return;
  const bool ended = end_minor <= 0;
  end_minor = std::max<int64_t>(end_minor, 0);
  const int64_t less = std::max<int64_t>(start_minor - end_minor, 0);
  const int64_t more = std::max<int64_t>(end_minor - start_minor, 0);
  customers += times;
  start += times * start_minor;
  lost += ended ? times * less : 0;
  contraction += ended ? 0 : times * less;
  expansion += times * more;
  const absl::int128 wide_start = start_minor;
  const absl::int128 gross = less;
  const absl::int128 net = gross - more;
  start_squared += times * wide_start * wide_start;
  gross_squared += times * gross * gross;
  gross_by_start += times * gross * wide_start;
  net_squared += times * net * net;
  net_by_start += times * net * wide_start;
}

void ChurnCounts::Add(const ChurnCounts& other) {
  customers.Add(other.customers);
  for (const auto& [currency, counts] : other.revenue) revenue[currency].Add(counts);
}

v1::ChurnFigures MakeChurnFigures(const ChurnCounts& counts, double confidence) {
  v1::ChurnFigures figures;
  estimates::SetProportion(kLogoChurn, Lost(counts.customers), confidence, figures.mutable_logo_churn());
  for (const auto& [currency, revenue] : counts.revenue) {
    *figures.add_revenue() = MakeRevenue(currency, revenue, confidence);
  }
  return figures;
}

void CompareChurn(const v1::ChurnFigures& previous, const ChurnCounts& before, const ChurnCounts& now,
                  double confidence, v1::ChurnFigures* figures) {
  estimates::CompareProportion(previous.logo_churn(), Lost(before.customers), Lost(now.customers), confidence,
                               figures->mutable_logo_churn());
  for (v1::RevenueChurn& revenue : *figures->mutable_revenue()) {
    const v1::RevenueChurn& earlier = RevenueIn(previous, revenue.currency());
    const RevenueCounts was = CountsIn(before.revenue, revenue.currency());
    const RevenueCounts is = CountsIn(now.revenue, revenue.currency());
    CompareRatio(earlier.gross(), Gross(was), Gross(is), confidence, revenue.mutable_gross());
    CompareRatio(earlier.net(), Net(was), Net(is), confidence, revenue.mutable_net());
  }
}

}  // namespace rapport::churn
