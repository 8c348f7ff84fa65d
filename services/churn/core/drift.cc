#include "services/churn/core/drift.h"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <numeric>

#include "common/stats/boost_policy.h"
#include "common/stats/normal.h"
#include "common/stats/proportion.h"

namespace rapport::churn {
namespace {

constexpr double kModerateFrom = 0.1;
constexpr double kLargeFrom = 0.25;
constexpr double kAddedToBins = 0.5;

DriftBand BandOfIndex(double index) {
  if (index < kModerateFrom) return DriftBand::kStable;
  return index < kLargeFrom ? DriftBand::kModerate : DriftBand::kLarge;
}

double ChanceLimit(double before, double now, int64_t bins, double confidence) {
  if (bins < 2) return 0;
  const boost::math::chi_squared_distribution<double, stats::NoThrow> chi_squared(static_cast<double>(bins - 1));
  const double upper = boost::math::quantile(boost::math::complement(chi_squared, 1 - confidence));
  return upper * (1 / before + 1 / now);
}

double SizeOf(absl::Span<const int64_t> counts) {
  return static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0}));
}

}  // namespace

std::optional<Stability> CompareHistograms(absl::Span<const int64_t> before, absl::Span<const int64_t> now,
                                           double confidence) {
  const double size_before = SizeOf(before);
  const double size_now = SizeOf(now);
  if (before.size() != now.size() || size_before <= 0 || size_now <= 0) return std::nullopt;
  int64_t bins = 0;
  for (size_t i = 0; i < before.size(); ++i) bins += before[i] > 0 || now[i] > 0 ? 1 : 0;
  const double added = kAddedToBins * static_cast<double>(bins);
  Stability stability;
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i] <= 0 && now[i] <= 0) continue;
    const double p = (static_cast<double>(before[i]) + kAddedToBins) / (size_before + added);
    const double q = (static_cast<double>(now[i]) + kAddedToBins) / (size_now + added);
    stability.index += (q - p) * std::log(q / p);
  }
  stability.band = BandOfIndex(stability.index);
  stability.by_chance = ChanceLimit(size_before, size_now, bins, confidence);
  return stability;
}

std::optional<Stability> CompareCategories(const CategoryCounts& before, const CategoryCounts& now, double confidence) {
  std::map<std::string, std::pair<int64_t, int64_t>> by_name;
  for (const auto& [name, count] : before) by_name[name].first = count;
  for (const auto& [name, count] : now) by_name[name].second = count;
  std::vector<int64_t> counts_before;
  std::vector<int64_t> counts_now;
  for (const auto& [name, counts] : by_name) {
    counts_before.push_back(counts.first);
    counts_now.push_back(counts.second);
  }
  return CompareHistograms(counts_before, counts_now, confidence);
}

std::vector<double> EvenEdges(std::vector<double> values, int bins) {
  values.erase(std::remove_if(values.begin(), values.end(), [](double value) { return !std::isfinite(value); }),
               values.end());
  std::sort(values.begin(), values.end());
  std::vector<double> edges;
  for (int i = 1; i < bins && !values.empty(); ++i) {
    const double edge = values[values.size() * static_cast<size_t>(i) / static_cast<size_t>(bins)];
    // An edge at the least value would leave nothing below it.
    if (edge > values.front() && (edges.empty() || edge > edges.back())) edges.push_back(edge);
  }
  return edges;
}

std::vector<int64_t> CountBins(absl::Span<const double> edges, absl::Span<const double> values) {
  std::vector<int64_t> counts(edges.size() + 2);
  for (double value : values) {
    if (std::isnan(value)) {
      ++counts.back();
    } else {
      ++counts[static_cast<size_t>(std::upper_bound(edges.begin(), edges.end(), value) - edges.begin())];
    }
  }
  return counts;
}

void Outcomes::Add(double probability, bool was_lost) {
  ++customers;
  lost += was_lost ? 1 : 0;
  predicted += probability;
  variance += probability * (1 - probability);
}

void Outcomes::Add(const Outcomes& other) {
  customers += other.customers;
  lost += other.lost;
  predicted += other.predicted;
  variance += other.variance;
}

std::optional<OutcomeDrift> CompareOutcomes(const Outcomes& outcomes, double confidence) {
  const auto observed = stats::EstimateProportion({outcomes.lost, outcomes.customers}, confidence);
  if (!observed) return std::nullopt;
  const auto n = static_cast<double>(outcomes.customers);
  OutcomeDrift drift;
  drift.observed = *observed;
  drift.predicted = outcomes.predicted / n;
  drift.difference.value = observed->value - drift.predicted;
  if (outcomes.variance <= 0) return drift;
  const double error = std::sqrt(outcomes.variance) / n;
  const double spread = stats::TwoSidedZ(confidence) * error;
  drift.difference.interval = stats::Interval{drift.difference.value - spread, drift.difference.value + spread};
  drift.difference.p_value = stats::TwoSidedP(drift.difference.value / error);
  drift.significant = *drift.difference.p_value < 1 - confidence;
  return drift;
}

}  // namespace rapport::churn
