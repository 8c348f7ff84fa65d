#ifndef RAPPORT_SERVICES_CHURN_CORE_HEALTH_SCORE_H_
#define RAPPORT_SERVICES_CHURN_CORE_HEALTH_SCORE_H_

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "rapport/churn/v1/health.pb.h"

// The health score: sum of w * s over the signals that are there / sum of their w, s in 0..100. Stated rules, no
// training, no probability.
namespace rapport::churn {

// INVALID_ARGUMENT names the field of the rules that is wrong.
absl::Status ValidateHealthRules(const v1::HealthRules& rules);

// By the names of signals. What is not there, or not a finite number, is missing.
using SignalValues = absl::flat_hash_map<std::string, double>;

// By valid rules. Values without a signal are not looked at.
v1::HealthScore ScoreHealth(const v1::HealthRules& rules, const SignalValues& values);

// The band of a score in 0..100.
v1::HealthBand BandOf(double score);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_CORE_HEALTH_SCORE_H_
