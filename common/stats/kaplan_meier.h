#ifndef RAPPORT_COMMON_STATS_KAPLAN_MEIER_H_
#define RAPPORT_COMMON_STATS_KAPLAN_MEIER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "common/stats/estimate.h"

// How long until something happens, when for some it has not happened yet: how long they have waited so far is known
// (they are censored), and that counts.
namespace rapport::stats {

// What was observed at one time. A subject censored at the time of an event was still at risk of it.
struct SurvivalTime {
  double time = 0;
  int64_t events = 0;
  int64_t censored = 0;
};

// The estimate from `time` on, up to the next step.
struct SurvivalStep {
  double time = 0;
  int64_t at_risk = 0;  // just before
  int64_t events = 0;
  double survival = 1;  // P(it takes longer than `time`)
  // Greenwood's sum of events / (at_risk (at_risk - events)): the variance of `survival` is its square times this.
  // Infinite where `survival` is 0.
  double greenwood = 0;
  // The logarithm of the cumulative hazard, log(-log(survival)), and its standard error sqrt(greenwood) /
  // -log(survival): intervals come from them. Not a number where survival is 0.
  double log_hazard = 0;
  double log_hazard_error = 0;
};

// The product-limit estimate: one step for each time with events. `times` ascend.
// Kaplan and Meier (1958), "Nonparametric estimation from incomplete observations", JASA 53, 457-481.
std::vector<SurvivalStep> KaplanMeier(absl::Span<const SurvivalTime> times);

// The survival at `time`, with the interval survival^exp(-+ z log_hazard_error), which lies in 0..1. Without interval
// before the first event and where survival is 0. Beyond the last time that was observed, alive or not, it is the
// survival there. Kalbfleisch and Prentice (2002), "The Statistical Analysis of Failure Time Data", 2nd ed.,
// section 1.4.
Estimate SurvivalAt(absl::Span<const SurvivalStep> steps, double time, double confidence);

// A quantile whose interval can be open on either side.
struct QuantileEstimate {
  double value = 0;
  std::optional<double> low = std::nullopt;
  std::optional<double> high = std::nullopt;
};

// The first time by which it has happened to the share `probability`, above 0 and below 1. Each end of the interval is
// the first time at which the end of the survival's interval comes down to 1 - probability, and is absent when none
// does. Absent when too few events were observed.
// Brookmeyer and Crowley (1982), "A confidence interval for the median survival time", Biometrics 38, 29-41.
std::optional<QuantileEstimate> SurvivalQuantile(absl::Span<const SurvivalStep> steps, double probability,
                                                 double confidence);

}  // namespace rapport::stats

#endif  // RAPPORT_COMMON_STATS_KAPLAN_MEIER_H_
