#include "common/stats/kaplan_meier.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/stats/normal.h"

namespace rapport::stats {
namespace {

// Survivals are products of many fractions; a share that is reached exactly must not be missed by their rounding.
constexpr double kRounding = 1e-12;

double SurvivalOf(double log_hazard) {
  return std::exp(-std::exp(log_hazard));
}

SurvivalStep MakeStep(const SurvivalTime& at, int64_t at_risk, double survival, double greenwood) {
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  SurvivalStep step{at.time, at_risk, at.events, survival, greenwood, kUnknown, kUnknown};
  if (survival > 0) {
    const double hazard = -std::log(survival);
    step.log_hazard = std::log(hazard);
    step.log_hazard_error = std::sqrt(greenwood) / hazard;
  }
  return step;
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
      steps.push_back(MakeStep(each, at_risk, survival, greenwood));
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
  if (std::isnan(step.log_hazard)) return {step.survival};
  const double spread = TwoSidedZ(confidence) * step.log_hazard_error;
  return {step.survival, Interval{SurvivalOf(step.log_hazard + spread), SurvivalOf(step.log_hazard - spread)}};
}

std::optional<QuantileEstimate> SurvivalQuantile(absl::Span<const SurvivalStep> steps, double probability,
                                                 double confidence) {
  const double surviving = 1 - probability + kRounding;
  const auto reached =
      std::find_if(steps.begin(), steps.end(), [&](const SurvivalStep& step) { return step.survival <= surviving; });
  if (reached == steps.end()) return std::nullopt;
  QuantileEstimate quantile{reached->time};
  const double z = TwoSidedZ(confidence);
  const double log_hazard = std::log(-std::log(surviving));
  // The interval holds the survival: its lower end comes down no later than the survival, its upper end no earlier.
  const auto low = std::find_if(steps.begin(), reached + 1, [&](const SurvivalStep& step) {
    return step.log_hazard + z * step.log_hazard_error >= log_hazard;
  });
  if (low != reached + 1) quantile.low = low->time;
  const auto high = std::find_if(reached, steps.end(), [&](const SurvivalStep& step) {
    return step.log_hazard - z * step.log_hazard_error >= log_hazard;
  });
  if (high != steps.end()) quantile.high = high->time;
  return quantile;
}

}  // namespace rapport::stats
