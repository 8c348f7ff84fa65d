#include "common/stats/kaplan_meier.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/stats/normal.h"

namespace rapport::stats {
namespace {

// Survivals are products of many fractions; a share that is reached exactly must not be missed by their rounding.
constexpr double kRounding = 1e-12;

std::optional<Interval> IntervalAt(const SurvivalStep& step, double z) {
  if (step.survival >= 1 || step.survival <= 0) return std::nullopt;
  const double spread = z * std::sqrt(step.greenwood) / -std::log(step.survival);
  return Interval{std::pow(step.survival, std::exp(spread)), std::pow(step.survival, std::exp(-spread))};
}

}  // namespace

std::vector<SurvivalStep> KaplanMeier(absl::Span<const SurvivalTime> times) {
  int64_t at_risk = 0;
  for (const SurvivalTime& each : times) at_risk += each.events + each.censored;
  std::vector<SurvivalStep> steps;
  double survival = 1;
  double greenwood = 0;
  for (const SurvivalTime& each : times) {
    if (each.events > 0) {
      const auto risk = static_cast<double>(at_risk);
      const auto left = static_cast<double>(at_risk - each.events);
      survival *= left / risk;
      greenwood +=
          left > 0 ? static_cast<double>(each.events) / (risk * left) : std::numeric_limits<double>::infinity();
      steps.push_back({each.time, at_risk, each.events, survival, greenwood});
    }
    at_risk -= each.events + each.censored;
  }
  return steps;
}

Estimate SurvivalAt(absl::Span<const SurvivalStep> steps, double time, double confidence) {
  const auto after = std::upper_bound(steps.begin(), steps.end(), time,
                                      [](double t, const SurvivalStep& step) { return t < step.time; });
  if (after == steps.begin()) return {1};
  const SurvivalStep& step = *(after - 1);
  return {step.survival, IntervalAt(step, TwoSidedZ(confidence))};
}

std::optional<QuantileEstimate> SurvivalQuantile(absl::Span<const SurvivalStep> steps, double probability,
                                                 double confidence) {
  const double surviving = 1 - probability + kRounding;
  const auto reached =
      std::find_if(steps.begin(), steps.end(), [&](const SurvivalStep& step) { return step.survival <= surviving; });
  if (reached == steps.end()) return std::nullopt;
  QuantileEstimate quantile{reached->time};
  const double z = TwoSidedZ(confidence);
  for (const SurvivalStep& step : steps) {
    const std::optional<Interval> interval = IntervalAt(step, z);
    if (!interval) continue;
    if (!quantile.low && interval->low <= surviving) quantile.low = step.time;
    if (!quantile.high && interval->high <= surviving) quantile.high = step.time;
  }
  return quantile;
}

}  // namespace rapport::stats
