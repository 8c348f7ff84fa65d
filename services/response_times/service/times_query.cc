#include "services/response_times/service/times_query.h"

#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "common/rollup/series.h"
#include "common/rollup/series_answer.h"
#include "services/response_times/core/audience.h"
#include "services/response_times/core/figures.h"
#include "services/response_times/service/query_plan.h"
#include "services/response_times/service/times_counter.h"

namespace rapport::response_times {
namespace {

class TimesAnswer : public rollup::SeriesAnswer<v1::ResponseTimeRow, TimesCell> {
 public:
  TimesAnswer(TimesCounter& counter, const TimesPlan& plan, v1::Audience audience, int min_group_size)
      : SeriesAnswer(plan.series),
        counter_(counter),
        plan_(plan),
        internal_(IsInternal(audience)),
        min_group_size_(min_group_size) {}

 protected:
  absl::Status Count(const std::vector<Interval>& intervals, absl::Span<Groups> groups) override {
    return counter_.Count(intervals, groups);
  }

  absl::Status SumUp(absl::Span<Groups> buckets, Groups& period) override {
    if (internal_) {
      absl::Status found = counter_.SetMaxima(series().buckets, buckets);
      if (!found.ok()) return found;
    }
    if (series().one_bucket) return absl::OkStatus();
    for (const Groups& bucket : buckets) {
      for (const auto& [group, cell] : bucket) {
        TimesCell& sum = period[group];
        sum.times.resize(cell.times.size());
        for (size_t i = 0; i < cell.times.size(); ++i) sum.times[i].Add(cell.times[i]);
        sum.conversations.Add(cell.conversations);
      }
    }
    return absl::OkStatus();
  }

  bool SetFigures(const TimesCell& cell, v1::ResponseTimeRow& row) const override {
    for (size_t i = 0; i < plan_.wanted.size(); ++i) {
      const TimeCounts& counts = CountsOf(cell, i);
      v1::TimeFigures& figures = *row.add_times();
      figures = MakeTimeFigures(plan_.wanted[i].metric, plan_.wanted[i].clock, counts, plan_.options);
      if (!internal_) HideTail(counts.answered, &figures);
    }
    *row.mutable_conversations() = MakeConversationFigures(cell.conversations, series().confidence);
    return !cell.times.empty();
  }

  void Withhold(absl::Span<v1::ResponseTimeRow* const> rows,
                absl::Span<v1::ResponseTimeRow* const> period) const override {
    if (!internal_) WithholdSmall(min_group_size_, rows, period);
  }

  void Compare(const v1::ResponseTimeRow& previous, const TimesCell& before, const TimesCell& now,
               v1::ResponseTimeRow& row) const override {
    for (int i = 0; i < row.times_size(); ++i) {
      const auto wanted = static_cast<size_t>(i);
      CompareTimes(i < previous.times_size() ? previous.times(i) : v1::TimeFigures::default_instance(),
                   CountsOf(before, wanted), CountsOf(now, wanted), plan_.options, row.mutable_times(i));
    }
    CompareConversations(previous.conversations(), before.conversations, now.conversations, series().confidence,
                         row.mutable_conversations());
  }

 private:
  static const TimeCounts& CountsOf(const TimesCell& cell, size_t wanted) {
    static const TimeCounts kNothing;
    return wanted < cell.times.size() ? cell.times[wanted] : kNothing;
  }

  TimesCounter& counter_;
  const TimesPlan& plan_;
  const bool internal_;
  const int min_group_size_;
};

}  // namespace

absl::Status QueryTimes(Reader& reader, rollup::Dictionary& dictionary, const Policies& policies,
                        absl::string_view tenant, int min_group_size, const v1::QueryResponseTimesRequest& request,
                        v1::QueryResponseTimesResponse& response) {
  const absl::StatusOr<TimesPlan> plan = ParseTimes(dictionary, tenant, request);
  if (!plan.ok()) return plan.status();
  TimesCounter counter(reader, tenant, policies, plan->series, plan->wanted);
  return TimesAnswer(counter, *plan, request.audience(), min_group_size)
      .Run(request.compare_with_previous(), *response.mutable_rows(), *response.mutable_totals());
}

absl::Status QueryShareRank(Reader& reader, rollup::Dictionary& dictionary, const Policies& policies,
                            absl::string_view tenant, int min_group_size, const v1::GetShareRankRequest& request,
                            v1::GetShareRankResponse& response) {
  const absl::StatusOr<ShareRankPlan> plan = ParseShareRank(dictionary, tenant, request);
  if (!plan.ok()) return plan.status();
  const std::vector<TimesWanted> wanted = {plan->wanted};
  TimesCounter counter(reader, tenant, policies, plan->series, wanted);
  std::vector<TimesGroups> groups(1);
  absl::Status counted = counter.Count({plan->series.range}, absl::MakeSpan(groups));
  if (!counted.ok()) return counted;
  // The whole table decides on what to withhold of one group.
  TimeCounts counts;
  std::vector<v1::ResponseTimeRow> rows;
  int shown = -1;
  for (const auto& [group, cell] : groups.front()) {
    v1::ResponseTimeRow& row = rows.emplace_back();
    row.set_group(plan->series.NameOf(group));
    *row.mutable_bucket() = ToProto(plan->series.range);
    row.add_times()->set_answered_count(stats::Sketch(cell.times.front().answered).size());
    row.mutable_times(0)->set_open_count(static_cast<int64_t>(cell.times.front().open_ms.size()));
    if (plan->series.only_group && group != *plan->series.only_group) continue;
    counts = cell.times.front();
    shown = static_cast<int>(rows.size()) - 1;
  }
  SetShareRank(plan->wanted.metric, counts, plan->duration_ms, plan->series.confidence, &response);
  if (IsInternal(request.audience())) return absl::OkStatus();
  std::vector<v1::ResponseTimeRow*> pointers;
  pointers.reserve(rows.size());
  for (v1::ResponseTimeRow& row : rows) pointers.push_back(&row);
  WithholdSmall(min_group_size, pointers, {});
  if (shown >= 0 && rows[static_cast<size_t>(shown)].times(0).suppressed()) response.Clear();
  HideTail(&response);
  return absl::OkStatus();
}

}  // namespace rapport::response_times
