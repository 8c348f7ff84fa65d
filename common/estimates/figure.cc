#include "common/estimates/figure.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace rapport::estimates {

using common::v1::Comparison;
using common::v1::Figure;

void SetFigure(absl::string_view definition_id, int64_t sample_size, const std::optional<stats::Estimate>& estimate,
               Figure* figure) {
  figure->set_definition_id(definition_id.data(), definition_id.size());
  figure->set_sample_size(sample_size);
  if (!estimate.has_value()) return;
  figure->set_value(estimate->value);
  if (!estimate->interval.has_value()) return;
  figure->set_ci_low(estimate->interval->low);
  figure->set_ci_high(estimate->interval->high);
}

void SetProportion(absl::string_view definition_id, const stats::Proportion& proportion, double confidence,
                   Figure* figure) {
  SetFigure(definition_id, proportion.total, stats::EstimateProportion(proportion, confidence), figure);
  if (figure->has_value()) figure->set_count(proportion.count);
}

void SetMean(absl::string_view definition_id, const stats::Sample& sample, const stats::Interval& range,
             double confidence, Figure* figure) {
  std::optional<stats::Estimate> estimate = stats::EstimateMean(sample, confidence);
  if (estimate.has_value() && estimate->interval.has_value()) {
    estimate->interval->low = std::max(estimate->interval->low, range.low);
    estimate->interval->high = std::min(estimate->interval->high, range.high);
  }
  SetFigure(definition_id, sample.size, estimate, figure);
}

void SetTopShare(absl::string_view definition_id, std::vector<int64_t> counts, int top, Figure* figure) {
  const auto all = std::accumulate(counts.begin(), counts.end(), int64_t{0});
  const auto largest = counts.begin() + std::min<int64_t>(top, static_cast<int64_t>(counts.size()));
  std::partial_sort(counts.begin(), largest, counts.end(), std::greater<>());
  figure->set_definition_id(definition_id.data(), definition_id.size());
  figure->set_sample_size(all);
  if (all <= 0) return;
  const auto share = std::accumulate(counts.begin(), largest, int64_t{0});
  figure->set_count(share);
  figure->set_value(static_cast<double>(share) / static_cast<double>(all));
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

void CompareProportion(const Figure& previous, const stats::Proportion& before, const stats::Proportion& now,
                       double confidence, Figure* figure) {
  SetComparison("difference.newcombe.v1", previous, stats::CompareProportions(before, now, confidence), confidence,
                figure);
}

void CompareMean(const Figure& previous, const stats::Sample& before, const stats::Sample& now, double confidence,
                 Figure* figure) {
  SetComparison("difference.welch.v1", previous, stats::CompareMeans(before, now, confidence), confidence, figure);
}

}  // namespace rapport::estimates
