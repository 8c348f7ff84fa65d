#include "services/ratings/core/comparison.h"

#include <optional>

#include "absl/strings/string_view.h"
#include "common/stats/estimate.h"
#include "common/stats/mean.h"
#include "common/stats/net_score.h"
#include "common/stats/proportion.h"
#include "services/ratings/core/figures.h"

namespace rapport::ratings {
namespace {

using common::v1::Comparison;
using common::v1::Figure;

// There were observations, yet the figure made of them is not there.
bool IsWithheld(bool has_figure, int64_t sample_size) {
  return !has_figure && sample_size > 0;
}

void SetComparison(absl::string_view definition_id, const Figure& previous,
                   const std::optional<stats::Difference>& difference, double confidence, Figure* figure) {
  Comparison& comparison = *figure->mutable_comparison();
  comparison.set_definition_id(definition_id.data(), definition_id.size());
  comparison.set_previous_sample_size(previous.sample_size());
  if (previous.has_value()) comparison.set_previous_value(previous.value());
  if (!difference.has_value()) return;
  comparison.set_difference(difference->value);
  if (difference->interval.has_value()) {
    comparison.set_ci_low(difference->interval->low);
    comparison.set_ci_high(difference->interval->high);
  }
  if (difference->p_value.has_value()) {
    comparison.set_p_value(*difference->p_value);
    comparison.set_significant(*difference->p_value < 1 - confidence);
  }
}

}  // namespace

void Compare(const v1::RatingFigures& previous_figures, const ScoreCounts& previous, const ScoreCounts& current,
             double confidence, v1::RatingFigures* figures) {
  const ScaleTotals before = SumUp(figures->scale(), previous);
  const ScaleTotals now = SumUp(figures->scale(), current);
  for (const ProportionRule& rule : ProportionRules()) {
    const stats::Proportion proportion = rule.of(before);
    const bool has_previous = (previous_figures.*rule.has)();
    if (!rule.AppliesTo(figures->scale()) || !(figures->*rule.has)()) continue;
    if (IsWithheld(has_previous, proportion.total)) continue;
    SetComparison("difference.newcombe.v1", (previous_figures.*rule.get)(),
                  stats::CompareProportions(proportion, rule.of(now), confidence), confidence, (figures->*rule.set)());
  }
  if (figures->has_nps() && !IsWithheld(previous_figures.has_nps(), before.ratings.count)) {
    SetComparison("difference.nps_adjusted_wald.v1", previous_figures.nps(),
                  stats::CompareNetScores(NetCountsOf(before.ratings), NetCountsOf(now.ratings), confidence),
                  confidence, figures->mutable_nps());
  }
  if (figures->has_mean() && !IsWithheld(previous_figures.has_mean(), before.ratings.count)) {
    SetComparison("difference.welch.v1", previous_figures.mean(),
                  stats::CompareMeans(PointsOf(before.ratings), PointsOf(now.ratings), confidence), confidence,
                  figures->mutable_mean());
  }
}

}  // namespace rapport::ratings
