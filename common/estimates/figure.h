#ifndef RAPPORT_COMMON_ESTIMATES_FIGURE_H_
#define RAPPORT_COMMON_ESTIMATES_FIGURE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/stats/estimate.h"
#include "common/stats/mean.h"
#include "common/stats/proportion.h"
#include "rapport/common/v1/common.pb.h"

// Estimates as figures of answers. `confidence` is the level of all intervals, above 0 and below 1.
namespace rapport::estimates {

// Sets value and interval, or leaves both absent without an estimate.
void SetFigure(absl::string_view definition_id, int64_t sample_size, const std::optional<stats::Estimate>& estimate,
               common::v1::Figure* figure);

// Sets a proportion with its Wilson interval.
void SetProportion(absl::string_view definition_id, const stats::Proportion& proportion, double confidence,
                   common::v1::Figure* figure);

// Sets a mean with Student's interval, clipped to the `range` that values can have.
void SetMean(absl::string_view definition_id, const stats::Sample& sample, const stats::Interval& range,
             double confidence, common::v1::Figure* figure);

// Sets which share of all the `top` largest of the counts have. Nothing without any.
void SetTopShare(absl::string_view definition_id, std::vector<int64_t> counts, int top, common::v1::Figure* figure);

// Sets how `figure` differs from `previous`, which is a default figure without anything before.
void SetComparison(absl::string_view definition_id, const common::v1::Figure& previous,
                   const std::optional<stats::Difference>& difference, double confidence, common::v1::Figure* figure);

// The same with the difference of two proportions, or means, and the definition that goes with it.
void CompareProportion(const common::v1::Figure& previous, const stats::Proportion& before,
                       const stats::Proportion& now, double confidence, common::v1::Figure* figure);
void CompareMean(const common::v1::Figure& previous, const stats::Sample& before, const stats::Sample& now,
                 double confidence, common::v1::Figure* figure);

// There were observations, yet the figure made of them is not there: to compare with it would give it away.
inline bool IsWithheld(bool has_figure, int64_t sample_size) {
  return !has_figure && sample_size > 0;
}

}  // namespace rapport::estimates

#endif  // RAPPORT_COMMON_ESTIMATES_FIGURE_H_
