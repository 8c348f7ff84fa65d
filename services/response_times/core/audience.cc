#include "services/response_times/core/audience.h"

#include <functional>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/rollup/suppression.h"
#include "common/stats/sketch.h"
#include "common/time/interval.h"

namespace rapport::response_times {
namespace {

// The histogram's last bucket that is shown holds the quantile; what is beyond is one bucket without a bound.
void MergeTail(double tail_seconds, v1::TimeFigures* figures) {
  int kept = 0;
  for (; kept < figures->histogram_size(); ++kept) {
    const v1::HistogramBucket& bucket = figures->histogram(kept);
    if (!bucket.has_up_to() || static_cast<double>(bucket.up_to().seconds()) >= tail_seconds) break;
  }
  if (++kept >= figures->histogram_size()) return;
  int64_t beyond = 0;
  for (int i = kept; i < figures->histogram_size(); ++i) beyond += figures->histogram(i).count();
  v1::HistogramBucket& last = *figures->mutable_histogram(kept);
  last.clear_up_to();
  last.set_count(beyond);
  figures->mutable_histogram()->DeleteSubrange(kept + 1, figures->histogram_size() - kept - 1);
}

// Withholds of every row what `withhold` takes out, where `count` is small or could be told.
template <class Row>
void Withhold(int64_t min_group_size, absl::Span<Row* const> rows, absl::Span<Row* const> totals,
              const std::function<int64_t(const Row&)>& count, const std::function<void(Row&)>& withhold) {
  std::vector<rollup::GroupCount> counts;
  for (const Row* row : rows) {
    counts.push_back({row->group(), rapport::FromProto(row->bucket().start()), count(*row)});
  }
  for (const Row* row : totals) counts.push_back({row->group(), std::nullopt, count(*row)});
  const std::vector<bool> hidden = rollup::Withhold(min_group_size, counts);
  for (size_t i = 0; i < hidden.size(); ++i) {
    if (hidden[i]) withhold(i < rows.size() ? *rows[i] : *totals[i - rows.size()]);
  }
}

}  // namespace

absl::Status ValidateAudience(v1::Audience audience) {
  if (v1::Audience_IsValid(audience)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("audience: ", static_cast<int>(audience), " is none; leave it out for AUDIENCE_INTERNAL"));
}

bool IsInternal(v1::Audience audience) {
  return audience == v1::AUDIENCE_UNSPECIFIED || audience == v1::AUDIENCE_INTERNAL;
}

void HideTail(const stats::BucketCounts& answered, v1::TimeFigures* figures) {
  constexpr double kMsPerSecond = 1000;
  const stats::Sketch sketch(answered);
  const double tail =
      sketch.size() == 0 ? 0 : sketch.ValueAt(stats::QuantileRank(sketch.size(), kShownTail)) / kMsPerSecond;
  figures->clear_max();
  for (v1::QuantileFigure& quantile : *figures->mutable_quantiles()) {
    quantile.clear_kaplan_meier();
    if (quantile.quantile() > kShownTail) quantile.clear_answered();
    if (quantile.answered().ci_high() > tail) quantile.mutable_answered()->clear_ci_high();
  }
  for (v1::WithinFigure& within : *figures->mutable_within()) {
    if (within.within().value() <= kShownTail) continue;
    within.clear_within();
    within.clear_uncertain_count();
  }
  MergeTail(tail, figures);
}

void HideTail(v1::GetShareRankResponse* response) {
  if (response->slower_than().value() <= kShownTail) return;
  response->clear_slower_than();
  response->clear_uncertain_count();
}

void WithholdSmall(int64_t min_group_size, absl::Span<v1::ResponseTimeRow* const> rows,
                   absl::Span<v1::ResponseTimeRow* const> totals) {
  using Row = v1::ResponseTimeRow;
  const int times = !rows.empty() ? rows.front()->times_size() : totals.empty() ? 0 : totals.front()->times_size();
  for (int i = 0; i < times; ++i) {
    Withhold<Row>(
        min_group_size, rows, totals,
        [&](const Row& row) { return row.times(i).answered_count() + row.times(i).open_count(); },
        [&](Row& row) {
          v1::TimeFigures nothing;
          nothing.set_metric(row.times(i).metric());
          nothing.set_clock(row.times(i).clock());
          nothing.set_suppressed(true);
          *row.mutable_times(i) = nothing;
        });
  }
  Withhold<Row>(
      min_group_size, rows, totals, [](const Row& row) { return row.conversations().conversation_count(); },
      [](Row& row) {
        row.clear_conversations();
        row.mutable_conversations()->set_suppressed(true);
      });
}

void WithholdSmall(int64_t min_group_size, absl::Span<v1::PromiseRow* const> rows,
                   absl::Span<v1::PromiseRow* const> totals) {
  using Row = v1::PromiseRow;
  Withhold<Row>(
      min_group_size, rows, totals,
      [](const Row& row) {
        return row.kept_count() + row.kept_late_count() + row.broken_count() + row.pending_count() +
               row.cancelled_count();
      },
      [](Row& row) {
        Row nothing;
        *nothing.mutable_bucket() = row.bucket();
        if (row.has_group()) nothing.set_group(row.group());
        nothing.set_suppressed(true);
        row = nothing;
      });
}

}  // namespace rapport::response_times
