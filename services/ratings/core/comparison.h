#ifndef RAPPORT_SERVICES_RATINGS_CORE_COMPARISON_H_
#define RAPPORT_SERVICES_RATINGS_CORE_COMPARISON_H_

#include "rapport/ratings/v1/ratings.pb.h"
#include "services/ratings/core/score_codes.h"

namespace rapport::ratings {

// Sets the comparison with the period before on each figure of `figures` that defines one: proportions, NPS and mean.
// `previous` and `current` are what `previous_figures` and `figures` were made of; without anything before, they are
// empty and `previous_figures` is a default message.
//
// Call it after suppression of both sides. A figure that either side withholds is not compared: the comparison would
// give it away.
void Compare(const v1::RatingFigures& previous_figures, const ScoreCounts& previous, const ScoreCounts& current,
             double confidence, v1::RatingFigures* figures);

}  // namespace rapport::ratings

#endif  // RAPPORT_SERVICES_RATINGS_CORE_COMPARISON_H_
