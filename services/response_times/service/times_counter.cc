#include "services/response_times/service/times_counter.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "common/rollup/count_query.h"
#include "common/stats/log_buckets.h"
#include "common/time/buckets.h"
#include "services/response_times/core/analysis.h"
#include "services/response_times/core/facts.h"
#include "services/response_times/core/measures.h"
#include "services/response_times/core/record.h"
#include "services/response_times/service/intervals.h"

namespace rapport::response_times {
namespace {

// The most intervals of one question to the roll-ups.
constexpr size_t kMostPieces = 20'000;

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

  bool IsMeasured(rollup::Measure measure) const { return wanted.Counts(measure) && AsTime(measure)->bucket == bucket; }
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

bool AnyIsMeasured(const Searches& searches, size_t interval, const rollup::CountRow& row) {
  const auto found = searches.find({interval, row.group});
  if (found == searches.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](const Search& search) {
    return std::any_of(row.counts.begin(), row.counts.end(),
                       [&](const auto& count) { return count.second > 0 && search.IsMeasured(count.first); });
  });
}

std::vector<Interval> Cut(const std::vector<Interval>& intervals, common::v1::Bucket bucket) {
  std::vector<Interval> pieces;
  for (const Interval& interval : intervals) {
    if (interval.start >= interval.end) continue;
    // Of all the years that there are, no more days than this.
    constexpr int kMost = 4'000'000;
    const auto cut = CutIntoBuckets(interval, bucket, absl::UTCTimeZone(), kMost);
    if (cut.ok()) pieces.insert(pieces.end(), cut->begin(), cut->end());
  }
  return pieces;
}

}  // namespace

TimesCell& TimesCounter::CellOf(rollup::Code group, TimesGroups& groups) const {
  TimesCell& cell = groups[group];
  cell.times.resize(wanted_.size());
  return cell;
}

absl::Status TimesCounter::Count(const std::vector<Interval>& intervals, absl::Span<TimesGroups> groups) {
  std::vector<Interval> bounded;
  for (const Interval& interval : intervals) bounded.push_back(reader_.Bounded(interval));
  const auto is_wanted = [this](rollup::Measure measure) {
    return IsOfConversations(measure) ||
           std::any_of(wanted_.begin(), wanted_.end(), [&](const TimesWanted& each) { return each.Counts(measure); });
  };
  const auto counted = rollup::CountSeries(series_, kPairs, bounded, is_wanted, [this](rollup::CountQuery& query) {
    return reader_.Answer(tenant_, query);
  });
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
  absl::flat_hash_set<stats::BucketId> buckets;
  for (const auto& [where, each] : searches) {
    for (const Search& search : each) buckets.insert(search.bucket);
  }
  const auto is_searched = [&](rollup::Measure measure) {
    const std::optional<TimeMeasure> time = AsTime(measure);
    return time && buckets.contains(time->bucket) &&
           std::any_of(wanted_.begin(), wanted_.end(), [&](const TimesWanted& each) { return each.Counts(measure); });
  };
  std::vector<Interval> pieces;
  for (size_t i = 0; i < intervals.size(); ++i) {
    const auto first = searches.lower_bound({i, 0});
    if (first != searches.end() && first->first.first == i) pieces.push_back(reader_.Bounded(intervals[i]));
  }
  // From months to days: of each only those that hold a longest stretch.
  for (common::v1::Bucket bucket : {common::v1::BUCKET_MONTH, common::v1::BUCKET_DAY}) {
    const bool by_pairs = series_.group_by && series_.filter;
    if (by_pairs && bucket == common::v1::BUCKET_DAY) break;  // there are no counters: see kPairs
    const std::vector<Interval> cut = Cut(pieces, bucket);
    if (cut.size() == pieces.size()) continue;
    pieces.clear();
    for (size_t begin = 0; begin < cut.size(); begin += kMostPieces) {
      const std::vector<Interval> part(cut.begin() + static_cast<int64_t>(begin),
                                       cut.begin() + static_cast<int64_t>(std::min(cut.size(), begin + kMostPieces)));
      rollup::CountQuery query({part, series_.group_by, series_.filter, is_searched, kPairs});
      const absl::Status answered = reader_.Answer(tenant_, query);
      if (!answered.ok()) return answered;
      for (const rollup::CountRow& row : query.Rows()) {
        const Interval& piece = part[static_cast<size_t>(row.interval)];
        if (!pieces.empty() && pieces.back() == piece) continue;
        if (AnyIsMeasured(searches, *IndexOf(piece.start, intervals), row)) pieces.push_back(piece);
      }
    }
  }
  std::set<std::string> tables;
  for (const Interval& piece : pieces) {
    for (std::string& table : TablesOfDays(piece, StretchTable)) tables.insert(std::move(table));
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
