#include "services/ratings/core/suppression.h"

#include <optional>
#include <vector>

#include "common/rollup/suppression.h"
#include "common/time/interval.h"
#include "services/ratings/core/score_codes.h"

namespace rapport::ratings {
namespace {

// The figures of one scale, each beside what decides on it.
struct Breakdown {
  std::vector<v1::RatingFigures*> figures;
  std::vector<rollup::GroupCount> counts;

  void Add(v1::Scale scale, v1::RatingRow& row, std::optional<absl::Time> bucket) {
    for (v1::RatingFigures& each : *row.mutable_scales()) {
      if (each.scale() != scale) continue;
      figures.push_back(&each);
      counts.push_back({row.group(), bucket, each.rating_count()});
    }
  }
};

void WithholdSmallDistributions(int64_t min_group_size, v1::RatingRow& row) {
  for (v1::RatingFigures& figures : *row.mutable_scales()) {
    if (figures.rating_count() <= 0 || figures.rating_count() >= min_group_size) continue;
    figures.clear_distribution();
    figures.set_suppressed(true);
  }
}

}  // namespace

void Suppress(int64_t min_group_size, bool breakdown, absl::Span<v1::RatingRow* const> rows,
              absl::Span<v1::RatingRow* const> totals) {
  if (!breakdown) {
    for (v1::RatingRow* row : rows) WithholdSmallDistributions(min_group_size, *row);
    for (v1::RatingRow* row : totals) WithholdSmallDistributions(min_group_size, *row);
    return;
  }
  for (v1::Scale scale : kScales) {
    Breakdown each;
    for (v1::RatingRow* row : rows) each.Add(scale, *row, rapport::FromProto(row->bucket().start()));
    for (v1::RatingRow* row : totals) each.Add(scale, *row, std::nullopt);
    const std::vector<bool> withheld = rollup::Withhold(min_group_size, each.counts);
    for (size_t i = 0; i < withheld.size(); ++i) {
      if (!withheld[i]) continue;
      each.figures[i]->Clear();
      each.figures[i]->set_scale(scale);
      each.figures[i]->set_suppressed(true);
    }
  }
}

}  // namespace rapport::ratings
