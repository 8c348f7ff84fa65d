#ifndef RAPPORT_SERVICES_CHURN_CORE_CALIBRATION_H_
#define RAPPORT_SERVICES_CHURN_CORE_CALIBRATION_H_

#include <cstdint>

#include "absl/types/span.h"
#include "rapport/churn/v1/models.pb.h"

// From raw scores, in log-odds, to probabilities that come true as often as they say. Kull, Silva Filho and Flach
// (2017), "Beta calibration: a well-founded and easily implemented improvement on logistic calibration for binary
// classifiers", AISTATS 54, 623-631. Three numbers bend a score where boosting is too sure of itself or too timid;
// steps as of isotonic regression would tie customers and cost log-loss.
namespace rapport::churn {

// The likeliest calibration of scores given to rows that were not trained on. Scores that foretell nothing, or the
// opposite, get a = b = 0: everyone the base rate. Both outcomes must be there.
v1::Calibration FitCalibration(absl::Span<const float> raw_scores, absl::Span<const uint8_t> labels);

// 0 to 1.
double CalibratedProbability(const v1::Calibration& calibration, double raw_score);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_CORE_CALIBRATION_H_
