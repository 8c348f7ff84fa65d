#include "services/response_times/service/promises_query.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/request/fields.h"
#include "common/rollup/count_query.h"
#include "common/rollup/series.h"
#include "common/rollup/series_answer.h"
#include "common/rollup/tables.h"
#include "common/time/interval.h"
#include "services/response_times/core/audience.h"
#include "services/response_times/core/figures.h"
#include "services/response_times/core/promise_counting.h"
#include "services/response_times/core/promise_measures.h"
#include "services/response_times/service/intervals.h"
#include "services/response_times/service/promise_reader.h"
#include "services/response_times/service/query_plan.h"

namespace rapport::response_times {
namespace {

// What is promised for later than this is not looked for, so that a range without an end stays cheap.
constexpr absl::Duration kLatestDue = absl::Hours(24 * 36'600);

constexpr v1::PromiseOrigin kOrigins[] = {v1::PROMISE_ORIGIN_POLICY, v1::PROMISE_ORIGIN_PERSON};
constexpr v1::PromiseState kFinalStates[] = {v1::PROMISE_STATE_KEPT, v1::PROMISE_STATE_KEPT_LATE,
                                             v1::PROMISE_STATE_CANCELLED};

class PromisesAnswer : public rollup::SeriesAnswer<v1::PromiseRow, PromiseCounts> {
 public:
  PromisesAnswer(Reader& reader, absl::string_view tenant, int min_group_size, const v1::QueryPromisesRequest& request,
                 const rollup::Series& series)
      : SeriesAnswer(series), reader_(reader), tenant_(tenant), min_group_size_(min_group_size), request_(request) {}

 protected:
  absl::Status Count(const std::vector<Interval>& intervals, absl::Span<Groups> groups) override {
    const absl::Time latest = reader_.Now() + kLatestDue;
    std::vector<Interval> bounded;
    bounded.reserve(intervals.size());
    for (const Interval& each : intervals) bounded.push_back({each.start, std::clamp(latest, each.start, each.end)});
    const absl::Status counted = CountFinal(bounded, groups);
    return counted.ok() ? CountOpen(bounded, groups) : counted;
  }

  absl::Status SumUp(absl::Span<Groups> buckets, Groups& period) override {
    if (series().one_bucket) return absl::OkStatus();
    for (const Groups& bucket : buckets) {
      for (const auto& [group, counts] : bucket) period[group].Add(counts);
    }
    return absl::OkStatus();
  }

  bool SetFigures(const PromiseCounts& counts, v1::PromiseRow& row) const override {
    SetPromiseFigures(counts, series().confidence, &row);
    return counts.all() > 0;
  }

  void Withhold(absl::Span<v1::PromiseRow* const> rows, absl::Span<v1::PromiseRow* const> period) const override {
    if (!IsInternal(request_.audience())) WithholdSmall(min_group_size_, rows, period);
  }

  void Compare(const v1::PromiseRow& previous, const PromiseCounts& before, const PromiseCounts& now,
               v1::PromiseRow& row) const override {
    ComparePromises(previous, before, now, series().confidence, &row);
  }

 private:
  bool IsAsked(v1::PromiseOrigin origin) const {
    return request_.origin() == v1::PROMISE_ORIGIN_UNSPECIFIED || request_.origin() == origin;
  }

  // Calls `visit(measure, state)` for each measure that is asked for.
  template <class Visit>
  void ForEachMeasure(const Visit& visit) const {
    for (v1::PromiseOrigin origin : kOrigins) {
      if (!IsAsked(origin)) continue;
      for (v1::PromiseState state : kFinalStates) visit(PromiseMeasure(origin, state), state);
    }
  }

  absl::Status Answer(rollup::CountQuery& query) {
    absl::Status status =
        rollup::ReadTables(reader_.store(), tenant_, query.tables(),
                           [&](size_t table, const store::CounterLog& log) { return query.TakeTable(table, log); });
    for (const rollup::CountQuery::Fragment& fragment : query.fragments()) {
      if (!status.ok()) return status;
      const auto promises = LoadCounted(reader_, tenant_, fragment.piece);
      if (!promises.ok()) return promises.status();
      for (const CountedPromise& promise : *promises) {
        const std::optional<v1::PromiseState> state = FinalState(promise.moments);
        if (state) query.TakeEvent(fragment, promise.codes, PromiseMeasure(promise.origin, *state), 1);
      }
    }
    return status;
  }

  // Those that were kept or cancelled.
  absl::Status CountFinal(const std::vector<Interval>& intervals, absl::Span<Groups> groups) {
    const auto counted = rollup::CountSeries(series(), rollup::Pairs::kAllLevels, {kPromiseFamily}, intervals,
                                             [this](rollup::CountQuery& query) { return Answer(query); });
    if (!counted.ok()) return counted.status();
    for (size_t i = 0; i < groups.size(); ++i) {
      for (const auto& group : (*counted)[i]) {
        for (const auto& count : group.second) {
          ForEachMeasure([&](rollup::Measure each, v1::PromiseState state) {
            if (each == count.first) groups[i][group.first].Add(state, count.second);
          });
        }
      }
    }
    return absl::OkStatus();
  }

  absl::Status CountOpen(const std::vector<Interval>& intervals, absl::Span<Groups> groups) {
    const int64_t now_ms = ToMillis(reader_.Now());
    return reader_.ForEach<DecodeOpenPromise>(
        tenant_, TablesOfMonths(intervals, OpenPromiseTable), [&](const OpenPromise& promise, int64_t count) {
          if (!IsAsked(promise.origin)) return;
          const std::optional<size_t> interval = IndexOf(absl::FromUnixMillis(promise.due_ms), intervals);
          const std::optional<rollup::Code> group = series().GroupOf(promise.codes);
          if (interval && group) groups[*interval][*group].Add(StateOf(promise, now_ms), count);
        });
  }

  Reader& reader_;
  const absl::string_view tenant_;
  const int min_group_size_;
  const v1::QueryPromisesRequest& request_;
};

}  // namespace

absl::Status QueryPromises(Reader& reader, rollup::Dictionary& dictionary, absl::string_view tenant, int min_group_size,
                           const v1::QueryPromisesRequest& request, v1::QueryPromisesResponse& response) {
  if (!v1::PromiseOrigin_IsValid(request.origin())) {
    return Invalid("origin", absl::StrCat(static_cast<int>(request.origin())), "is none; leave it out for all");
  }
  absl::Status audience = ValidateAudience(request.audience());
  if (!audience.ok()) return audience;
  auto series = rollup::ParseSeries(dictionary, tenant, rollup::SeriesOf(request));
  if (!series.ok()) return series.status();
  if (IsInternal(request.audience())) AskForOneGroupOnly(*series);
  return PromisesAnswer(reader, tenant, min_group_size, request, *series)
      .Run(request.compare_with_previous(), *response.mutable_rows(), *response.mutable_totals());
}

}  // namespace rapport::response_times
