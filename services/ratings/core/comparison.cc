#include "services/ratings/core/comparison.h"

#include "common/estimates/figure.h"
#include "common/stats/net_score.h"
#include "common/stats/proportion.h"
#include "services/ratings/core/figures.h"

namespace rapport::ratings {

using estimates::IsWithheld;

void Compare(const v1::RatingFigures& previous_figures, const ScoreCounts& previous, const ScoreCounts& current,
             double confidence, v1::RatingFigures* figures) {
  const ScaleTotals before = SumUp(figures->scale(), previous);
  const ScaleTotals now = SumUp(figures->scale(), current);
  for (const ProportionRule& rule : ProportionRules()) {
    const stats::Proportion proportion = rule.of(before);
    const bool has_previous = (previous_figures.*rule.has)();
    if (!rule.AppliesTo(figures->scale()) || !(figures->*rule.has)()) continue;
    if (IsWithheld(has_previous, proportion.total)) continue;
    estimates::CompareProportion((previous_figures.*rule.get)(), proportion, rule.of(now), confidence,
                                 (figures->*rule.set)());
  }
  if (figures->has_nps() && !IsWithheld(previous_figures.has_nps(), before.ratings.count)) {
    estimates::SetComparison("difference.nps_adjusted_wald.v1", previous_figures.nps(),
                             stats::CompareNetScores(NetCountsOf(before.ratings), NetCountsOf(now.ratings), confidence),
                             confidence, figures->mutable_nps());
  }
  if (figures->has_mean() && !IsWithheld(previous_figures.has_mean(), before.ratings.count)) {
    estimates::CompareMean(previous_figures.mean(), PointsOf(before.ratings), PointsOf(now.ratings), confidence,
                           figures->mutable_mean());
  }
}

}  // namespace rapport::ratings
