#ifndef RAPPORT_SERVICES_CHURN_CORE_EVALUATION_H_
#define RAPPORT_SERVICES_CHURN_CORE_EVALUATION_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "rapport/churn/v1/models.pb.h"

// How good probabilities of churn are, judged by what happened. Labels are 1 for churned and 0 for stayed. Functions
// that take probabilities and labels take as many of both, at least one, with probabilities in 0..1; those whose figure
// needs both outcomes say so.
namespace rapport::churn {

// Area under the ROC curve; ties count half. Not a number without both outcomes.
double RocAuc(absl::Span<const double> probabilities, absl::Span<const uint8_t> labels);

// Average precision: the sum over descending thresholds of precision times the gain in recall. Not a number without
// churners.
double PrAuc(absl::Span<const double> probabilities, absl::Span<const uint8_t> labels);

// Mean negative logarithm, in nats, of the probability of what happened, which is held off 0 and 1 by 1e-15.
double LogLoss(absl::Span<const double> probabilities, absl::Span<const uint8_t> labels);

double BrierScore(absl::Span<const double> probabilities, absl::Span<const uint8_t> labels);

// Expected calibration error: ten bins of equal width, each closed below and open above but the last; the mean over
// the rows of how far a bin's mean probability is from its share of churners.
double CalibrationError(absl::Span<const double> probabilities, absl::Span<const uint8_t> labels);

// The share of churners in the tenth (rounded up) of the rows with the highest probabilities, over their share in all
// rows. Rows that tie at the edge of the tenth count by their mean, so that the order of rows does not matter. Not a
// number without churners.
double TopDecileLift(absl::Span<const double> probabilities, absl::Span<const uint8_t> labels);

// The fold, from 0 to `folds` - 1, in which each row is judged; churners are spread evenly. The very folds of
// scikit-learn's StratifiedKFold(folds, shuffle=True, random_state=seed).
std::vector<uint32_t> StratifiedFolds(absl::Span<const uint8_t> labels, uint32_t folds, uint32_t seed);

// The card of probabilities that were given to each row by a model trained on the other folds. Every fold must hold
// both outcomes.
v1::EvaluationCard Evaluate(absl::Span<const double> probabilities, absl::Span<const uint8_t> labels,
                            absl::Span<const uint32_t> fold_of_row, uint32_t folds);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_CORE_EVALUATION_H_
