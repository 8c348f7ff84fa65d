#include "services/response_times/core/figures.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/estimates/figure.h"
#include "common/stats/kaplan_meier.h"
#include "common/stats/mean.h"
#include "common/time/interval.h"

namespace rapport::response_times {
namespace {

using common::v1::Figure;
using estimates::IsWithheld;

constexpr double kMsPerSecond = 1000;
constexpr int64_t kHourMs = 3'600'000;
constexpr std::array<int64_t, 9> kHistogramBoundsMs = {60'000,     300'000,     900'000,     3'600'000,    21'600'000,
                                                       86'400'000, 259'200'000, 604'800'000, 2'592'000'000};
constexpr stats::Interval kAnyTime = {0, std::numeric_limits<double>::infinity()};

google::protobuf::Duration ToDuration(int64_t ms) {
  return ToProto(absl::Milliseconds(ms));
}

// Seconds: the mean from the exact sum, the spread from the sketch.
stats::Sample SampleOf(const TimeCounts& counts, const stats::Sketch& sketch) {
  stats::Sample sample = sketch.Moments();
  if (sample.size > 0) {
    sample.mean = static_cast<double>(counts.sum_ms) / static_cast<double>(sample.size) / kMsPerSecond;
  }
  sample.variance /= kMsPerSecond * kMsPerSecond;
  return sample;
}

void SetQuantile(absl::string_view definition_id, int64_t sample_size, int64_t censored,
                 const std::optional<stats::QuantileEstimate>& ms, Figure* figure) {
  figure->set_definition_id(definition_id.data(), definition_id.size());
  figure->set_sample_size(sample_size);
  figure->set_censored_count(censored);
  if (!ms) return;
  figure->set_value(ms->value / kMsPerSecond);
  if (ms->low) figure->set_ci_low(*ms->low / kMsPerSecond);
  if (ms->high) figure->set_ci_high(*ms->high / kMsPerSecond);
}

// Open stretches are censored in the bucket of what they show now.
std::vector<stats::SurvivalStep> SurvivalOf(const TimeCounts& counts) {
  std::map<stats::BucketId, stats::SurvivalTime> by_bucket;
  for (const auto& [bucket, count] : counts.answered) {
    if (count > 0) by_bucket[bucket].events = count;
  }
  for (int64_t ms : counts.open_ms) ++by_bucket[stats::BucketOf(ms)].censored;
  std::vector<stats::SurvivalTime> times;
  for (auto& [bucket, time] : by_bucket) {
    time.time = stats::ValueOf(bucket);
    times.push_back(time);
  }
  return stats::KaplanMeier(times);
}

void AddQuantiles(v1::Metric metric, const TimeCounts& counts, const stats::Sketch& sketch, const TimeOptions& options,
                  v1::TimeFigures& figures) {
  const auto open = static_cast<int64_t>(counts.open_ms.size());
  const std::vector<stats::SurvivalStep> survival = SurvivalOf(counts);
  for (double quantile : options.quantiles) {
    v1::QuantileFigure& figure = *figures.add_quantiles();
    figure.set_quantile(quantile);
    SetQuantile(DefinitionId(metric, "quantile"), sketch.size(), open, sketch.Quantile(quantile, options.confidence),
                figure.mutable_answered());
    SetQuantile(DefinitionId(metric, "quantile.kaplan_meier"), sketch.size() + open, open,
                stats::SurvivalQuantile(survival, quantile, options.confidence), figure.mutable_kaplan_meier());
  }
}

void AddHistogram(const stats::Sketch& sketch, v1::TimeFigures& figures) {
  const std::vector<int64_t> counts = sketch.Histogram(kHistogramBoundsMs);
  for (size_t i = 0; i < counts.size(); ++i) {
    v1::HistogramBucket& bucket = *figures.add_histogram();
    if (i < kHistogramBoundsMs.size()) *bucket.mutable_up_to() = ToDuration(kHistogramBoundsMs[i]);
    bucket.set_count(counts[i]);
  }
}

stats::Proportion Reopened(const ConversationCounts& counts) {
  return {counts.resolved_reopened, counts.resolved};
}
stats::Proportion OneTouch(const ConversationCounts& counts) {
  return {counts.one_touch, counts.resolved};
}
stats::Proportion Kept(const PromiseCounts& counts) {
  return {counts.kept, counts.kept + counts.kept_late + counts.broken};
}

}  // namespace

std::string DefinitionId(v1::Metric metric, absl::string_view rule) {
  const absl::string_view name = absl::StripPrefix(v1::Metric_Name(metric), "METRIC_");
  return absl::StrCat("response_times.", absl::AsciiStrToLower(name), ".", rule, ".v1");
}

void TimeCounts::Add(const TimeCounts& other) {
  answered = stats::MergeCounts(answered, other.answered);
  sum_ms += other.sum_ms;
  if (other.max_ms) max_ms = std::max(max_ms.value_or(0), *other.max_ms);
  open_ms.insert(open_ms.end(), other.open_ms.begin(), other.open_ms.end());
}

Within CountWithin(const stats::Sketch& answered, const std::vector<int64_t>& open_ms, int64_t threshold_ms) {
  const stats::Sketch::Rank rank = answered.RankOf(threshold_ms);
  const int64_t longer = std::count_if(open_ms.begin(), open_ms.end(), [&](int64_t ms) { return ms > threshold_ms; });
  return {{rank.count, answered.size() + longer}, rank.uncertain, static_cast<int64_t>(open_ms.size()) - longer};
}

v1::TimeFigures MakeTimeFigures(v1::Metric metric, v1::Clock clock, const TimeCounts& counts,
                                const TimeOptions& options) {
  const stats::Sketch sketch(counts.answered);
  v1::TimeFigures figures;
  figures.set_metric(metric);
  figures.set_clock(clock);
  figures.set_answered_count(sketch.size());
  figures.set_open_count(static_cast<int64_t>(counts.open_ms.size()));
  estimates::SetMean(DefinitionId(metric, "mean"), SampleOf(counts, sketch), kAnyTime, options.confidence,
                     figures.mutable_mean());
  figures.mutable_mean()->set_censored_count(figures.open_count());
  if (counts.max_ms) *figures.mutable_max() = ToDuration(*counts.max_ms);
  AddQuantiles(metric, counts, sketch, options, figures);
  for (int64_t threshold : options.thresholds_ms) {
    const Within within = CountWithin(sketch, counts.open_ms, threshold);
    v1::WithinFigure& figure = *figures.add_within();
    *figure.mutable_threshold() = ToDuration(threshold);
    estimates::SetProportion(DefinitionId(metric, "within"), within.proportion, options.confidence,
                             figure.mutable_within());
    figure.mutable_within()->set_censored_count(within.censored);
    figure.set_uncertain_count(within.uncertain);
  }
  if (options.histogram) AddHistogram(sketch, figures);
  return figures;
}

void CompareTimes(const v1::TimeFigures& previous, const TimeCounts& before, const TimeCounts& now,
                  const TimeOptions& options, v1::TimeFigures* figures) {
  const stats::Sketch sketch_before(before.answered);
  const stats::Sketch sketch_now(now.answered);
  if (figures->has_mean() && !IsWithheld(previous.has_mean(), sketch_before.size())) {
    estimates::CompareMean(previous.mean(), SampleOf(before, sketch_before), SampleOf(now, sketch_now),
                           options.confidence, figures->mutable_mean());
  }
  for (int i = 0; i < figures->within_size(); ++i) {
    const auto threshold = static_cast<size_t>(i);
    const Within within = CountWithin(sketch_before, before.open_ms, options.thresholds_ms[threshold]);
    const Figure& same = i < previous.within_size() ? previous.within(i).within() : Figure::default_instance();
    v1::WithinFigure& figure = *figures->mutable_within(i);
    if (!figure.has_within() || IsWithheld(same.has_value(), within.proportion.total)) continue;
    estimates::CompareProportion(same, within.proportion,
                                 CountWithin(sketch_now, now.open_ms, options.thresholds_ms[threshold]).proportion,
                                 options.confidence, figure.mutable_within());
  }
}

void SetShareRank(v1::Metric metric, const TimeCounts& counts, int64_t duration_ms, double confidence,
                  v1::GetShareRankResponse* response) {
  const stats::Sketch sketch(counts.answered);
  const stats::Sketch::Rank rank = sketch.RankOf(duration_ms - 1);
  estimates::SetProportion(DefinitionId(metric, "slower_than"), {rank.count, sketch.size()}, confidence,
                           response->mutable_slower_than());
  response->mutable_slower_than()->set_censored_count(static_cast<int64_t>(counts.open_ms.size()));
  response->set_uncertain_count(rank.uncertain);
}

void ConversationCounts::Add(const ConversationCounts& other) {
  begun += other.begun;
  resolved += other.resolved;
  reopenings += other.reopenings;
  resolved_reopened += other.resolved_reopened;
  one_touch += other.one_touch;
}

v1::ConversationFigures MakeConversationFigures(const ConversationCounts& counts, double confidence) {
  v1::ConversationFigures figures;
  figures.set_conversation_count(counts.begun);
  figures.set_resolved_count(counts.resolved);
  figures.set_reopen_count(counts.reopenings);
  estimates::SetProportion("response_times.reopened.v1", Reopened(counts), confidence, figures.mutable_reopened());
  estimates::SetProportion("response_times.one_touch_resolution.v1", OneTouch(counts), confidence,
                           figures.mutable_one_touch());
  return figures;
}

void CompareConversations(const v1::ConversationFigures& previous, const ConversationCounts& before,
                          const ConversationCounts& now, double confidence, v1::ConversationFigures* figures) {
  if (figures->has_reopened() && !IsWithheld(previous.has_reopened(), before.resolved)) {
    estimates::CompareProportion(previous.reopened(), Reopened(before), Reopened(now), confidence,
                                 figures->mutable_reopened());
  }
  if (figures->has_one_touch() && !IsWithheld(previous.has_one_touch(), before.resolved)) {
    estimates::CompareProportion(previous.one_touch(), OneTouch(before), OneTouch(now), confidence,
                                 figures->mutable_one_touch());
  }
}

void PromiseCounts::Add(const PromiseCounts& other) {
  kept += other.kept;
  kept_late += other.kept_late;
  broken += other.broken;
  pending += other.pending;
  cancelled += other.cancelled;
}

void PromiseCounts::Add(v1::PromiseState state, int64_t times) {
  switch (state) {
    case v1::PROMISE_STATE_KEPT:
      kept += times;
      break;
    case v1::PROMISE_STATE_KEPT_LATE:
      kept_late += times;
      break;
    case v1::PROMISE_STATE_BROKEN:
      broken += times;
      break;
    case v1::PROMISE_STATE_PENDING:
      pending += times;
      break;
    case v1::PROMISE_STATE_CANCELLED:
      cancelled += times;
      break;
    default:
      break;
  }
}

void SetPromiseFigures(const PromiseCounts& counts, double confidence, v1::PromiseRow* row) {
  row->set_kept_count(counts.kept);
  row->set_kept_late_count(counts.kept_late);
  row->set_broken_count(counts.broken);
  row->set_pending_count(counts.pending);
  row->set_cancelled_count(counts.cancelled);
  estimates::SetProportion("response_times.promises.kept.v1", Kept(counts), confidence, row->mutable_kept());
}

void ComparePromises(const v1::PromiseRow& previous, const PromiseCounts& before, const PromiseCounts& now,
                     double confidence, v1::PromiseRow* row) {
  if (!row->has_kept() || IsWithheld(previous.has_kept(), Kept(before).total)) return;
  estimates::CompareProportion(previous.kept(), Kept(before), Kept(now), confidence, row->mutable_kept());
}

v1::CustomerTimes MakeCustomerTimes(v1::Metric metric, const stats::BucketCounts& answered, double confidence) {
  const stats::Sketch sketch(answered);
  const auto id = [&](absl::string_view rule) { return DefinitionId(metric, absl::StrCat("customer.", rule)); };
  stats::Sample sample = sketch.Moments();
  sample.mean /= kMsPerSecond;
  sample.variance /= kMsPerSecond * kMsPerSecond;
  v1::CustomerTimes times;
  times.set_answered_count(sketch.size());
  SetQuantile(id("median"), sketch.size(), 0, sketch.Quantile(0.5, confidence), times.mutable_median());
  times.mutable_median()->clear_censored_count();
  estimates::SetMean(id("mean"), sample, kAnyTime, confidence, times.mutable_mean());
  const auto within = [&](int64_t ms) { return stats::Proportion{sketch.RankOf(ms).count, sketch.size()}; };
  estimates::SetProportion(id("within"), within(kHourMs), confidence, times.mutable_within_1h());
  estimates::SetProportion(id("within"), within(6 * kHourMs), confidence, times.mutable_within_6h());
  return times;
}

}  // namespace rapport::response_times
