#ifndef RAPPORT_SERVICES_RATINGS_CORE_FIGURES_H_
#define RAPPORT_SERVICES_RATINGS_CORE_FIGURES_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/stats/estimate.h"
#include "common/stats/mean.h"
#include "common/stats/net_score.h"
#include "common/stats/proportion.h"
#include "rapport/common/v1/common.pb.h"
#include "rapport/ratings/v1/ratings.pb.h"
#include "services/ratings/core/score_codes.h"

// Counts to figures. `confidence` is the level of all intervals, above 0 and below 1.
namespace rapport::ratings {

// The event-weighted figures of one scale: all but the customer-weighted ones and `top_customer_share`.
v1::RatingFigures MakeFigures(v1::Scale scale, const ScoreCounts& counts, double confidence);

// The same for `scale`, or for every scale when it is unspecified; in the order of v1::Scale, without the scales that
// have no count of any kind.
std::vector<v1::RatingFigures> MakeAllFigures(const ScoreCounts& counts, v1::Scale scale, double confidence);

// Ratings of one scale, summed up.
struct RatingTotals {
  int64_t count = 0;
  int64_t positive = 0;
  int64_t negative = 0;
  int64_t wow = 0;
  int64_t points = 0;
  int64_t squared_points = 0;

  // Adds ratings, or takes them back when `times` is negative.
  void Add(const ScoreInfo& rating, int64_t times);
};

// What the figures of one scale are made of.
struct ScaleTotals {
  RatingTotals ratings;
  int64_t delivered = 0;  // surveys
  int64_t answered = 0;   // of those delivered
};

ScaleTotals SumUp(v1::Scale scale, const ScoreCounts& counts);

stats::Sample PointsOf(const RatingTotals& ratings);
stats::NetCounts NetCountsOf(const RatingTotals& ratings);

// The least and the greatest points of the scale.
stats::Interval PointRange(v1::Scale scale);

// A figure that is a proportion: where it stands in the message and what it is made of.
struct ProportionRule {
  v1::Scale scale;  // unspecified: of every scale
  absl::string_view definition_id;
  bool (v1::RatingFigures::*has)() const;
  const common::v1::Figure& (v1::RatingFigures::*get)() const;
  common::v1::Figure* (v1::RatingFigures::*set)();
  stats::Proportion (*of)(const ScaleTotals&);

  bool AppliesTo(v1::Scale other) const { return scale == v1::SCALE_UNSPECIFIED || scale == other; }
};
absl::Span<const ProportionRule> ProportionRules();

}  // namespace rapport::ratings

#endif  // RAPPORT_SERVICES_RATINGS_CORE_FIGURES_H_
