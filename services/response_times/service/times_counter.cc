#include "services/response_times/service/times_counter.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "common/rollup/count_query.h"
#include "common/stats/log_buckets.h"
#include "services/response_times/core/analysis.h"
#include "services/response_times/core/facts.h"
#include "services/response_times/core/measures.h"
#include "services/response_times/core/record.h"
#include "services/response_times/service/intervals.h"

namespace rapport::response_times {
namespace {

// Of conversations, and of each kind of stretch on each clock that is wanted.
std::vector<rollup::Family> FamiliesOf(const std::vector<TimesWanted>& wanted) {
  std::set<rollup::Family> families = {rollup::FamilyOf(kBegun)};
  for (int kind = storage::v1::StretchKind_MIN + 1; kind <= storage::v1::StretchKind_MAX; ++kind) {
    for (const bool business : {false, true}) {
      const rollup::Measure measure = MeasureOf({static_cast<storage::v1::StretchKind>(kind), business, 0});
      if (std::any_of(wanted.begin(), wanted.end(), [&](const TimesWanted& each) { return each.Counts(measure); })) {
        families.insert(rollup::FamilyOf(measure));
      }
    }
  }
  return {families.begin(), families.end()};
}

void AddMeasures(const TimesWanted& wanted, const rollup::MeasureCounts& measures, TimeCounts& counts) {
  stats::BucketCounts of_one_kind;
  const auto merge = [&] {
    counts.answered = stats::MergeCounts(counts.answered, of_one_kind);
    of_one_kind.clear();
  };
  for (const auto& [measure, count] : measures) {
    if (!wanted.Counts(measure)) continue;
    const rollup::Measure bucket = AsTime(measure)->bucket;
    if (bucket == kSumOfMs) {  // the last of its kind
      counts.sum_ms += count;
      merge();
    } else {
      if (!of_one_kind.empty() && of_one_kind.back().first >= bucket) merge();
      of_one_kind.emplace_back(bucket, count);
    }
  }
  merge();
}

void AddMeasure(rollup::Measure measure, int64_t count, ConversationCounts& counts) {
  switch (measure) {
    case kBegun:
      counts.begun += count;
      break;
    case kResolvedNow:
      counts.resolved += count;
      break;
    case kReopenings:
      counts.reopenings += count;
      break;
    case kResolvedReopened:
      counts.resolved_reopened += count;
      break;
    case kOneTouch:
      counts.one_touch += count;
      break;
    default:
      break;
  }
}

// The longest stretch of one group in one interval, looked for by the bucket of the sketch that it is in.
struct Search {
  TimesWanted wanted;
  stats::BucketId bucket = 0;
  std::optional<int64_t>* max_ms = nullptr;

  // The tables that stretches of the bucket are in, which began in one of the intervals.
  void AddTables(const std::vector<Interval>& began_in, std::set<std::string>& tables) const {
    const stats::Edges edges = stats::EdgesOf(bucket);
    for (int doublings = DoublingsOf(edges.low + 1); doublings <= DoublingsOf(edges.high); ++doublings) {
      const auto table_of = [&](absl::Time month) { return LengthTable(month, wanted.IsBusiness(), doublings); };
      for (std::string& table : TablesOfMonths(began_in, table_of)) tables.insert(std::move(table));
    }
  }
  void Take(const StretchFact& fact) const {
    if (!wanted.Counts(fact.kind)) return;
    const std::optional<int64_t> ms = wanted.IsBusiness() ? fact.business_ms : fact.calendar_ms;
    if (ms && stats::BucketOf(*ms) == bucket) *max_ms = std::max(max_ms->value_or(0), *ms);
  }
};
using Searches = std::map<std::pair<size_t, rollup::Code>, std::vector<Search>>;  // by interval and group

Searches SearchesFor(const std::vector<TimesWanted>& wanted, absl::Span<TimesGroups> groups) {
  Searches searches;
  for (size_t interval = 0; interval < groups.size(); ++interval) {
    for (auto& [group, cell] : groups[interval]) {
      for (size_t i = 0; i < wanted.size(); ++i) {
        TimeCounts& counts = cell.times[i];
        if (counts.answered.empty()) continue;
        if (counts.answered.size() == 1 && counts.answered.front().second == 1) {
          counts.max_ms = counts.sum_ms;
        } else {
          searches[{interval, group}].push_back({wanted[i], counts.answered.back().first, &counts.max_ms});
        }
      }
    }
  }
  return searches;
}

}  // namespace

TimesCell& TimesCounter::CellOf(rollup::Code group, TimesGroups& groups) const {
  TimesCell& cell = groups[group];
  cell.times.resize(wanted_.size());
  return cell;
}

absl::Status TimesCounter::Count(const std::vector<Interval>& intervals, absl::Span<TimesGroups> groups) {
  std::vector<Interval> bounded;
  bounded.reserve(intervals.size());
  for (const Interval& interval : intervals) bounded.push_back(reader_.Bounded(interval));
  const auto counted = rollup::CountSeries(series_, kPairs, FamiliesOf(wanted_), bounded,
                                           [this](auto& query) { return reader_.Answer(tenant_, query); });
  if (!counted.ok()) return counted.status();
  for (size_t i = 0; i < groups.size(); ++i) {
    for (const auto& [group, measures] : (*counted)[i]) {
      TimesCell& cell = CellOf(group, groups[i]);
      for (const auto& [measure, count] : measures) AddMeasure(measure, count, cell.conversations);
      for (size_t w = 0; w < wanted_.size(); ++w) AddMeasures(wanted_[w], measures, cell.times[w]);
    }
  }
  return series_.matches_nothing ? absl::OkStatus() : AddOpen(bounded, groups);
}

absl::Status TimesCounter::AddOpen(const std::vector<Interval>& intervals, absl::Span<TimesGroups> groups) {
  const absl::Time now = reader_.Now();
  const auto table_of = [](absl::Time month) { return OpenTable(ToMillis(month)); };
  return reader_.ForEach<DecodeOpen>(tenant_, TablesOfMonths(intervals, table_of), [&](const OpenFact& fact, int64_t) {
    const storage::v1::Stretch& stretch = fact.stretch;
    const std::optional<size_t> interval = IndexOf(absl::FromUnixMillis(stretch.start_ms()), intervals);
    const std::optional<rollup::Code> group = series_.GroupOf(CodesOf(stretch.dimension_codes()));
    if (!interval || !group) return;
    for (size_t w = 0; w < wanted_.size(); ++w) {
      if (!wanted_[w].Counts(stretch.kind())) continue;
      const std::optional<int64_t> ms =
          wanted_[w].IsBusiness() ? BusinessMsAt(now, stretch, policies_) : CalendarMsAt(now, stretch);
      if (ms) CellOf(*group, groups[*interval]).times[w].open_ms.push_back(*ms);
    }
  });
}

absl::Status TimesCounter::SetMaxima(const std::vector<Interval>& intervals, absl::Span<TimesGroups> groups) {
  const Searches searches = SearchesFor(wanted_, groups);
  if (searches.empty()) return absl::OkStatus();
  std::set<std::string> tables;
  for (const auto& [where, each] : searches) {
    const std::vector<Interval> interval = {reader_.Bounded(intervals[where.first])};
    for (const Search& search : each) search.AddTables(interval, tables);
  }
  return reader_.ForEach<DecodeStretch>(tenant_, {tables.begin(), tables.end()}, [&](const StretchFact& fact, int64_t) {
    const std::optional<size_t> interval = IndexOf(absl::FromUnixMillis(fact.start_ms), intervals);
    const std::optional<rollup::Code> group = series_.GroupOf(fact.codes);
    if (!interval || !group) return;
    const auto found = searches.find({*interval, *group});
    if (found == searches.end()) return;
    for (const Search& search : found->second) search.Take(fact);
  });
}

}  // namespace rapport::response_times
