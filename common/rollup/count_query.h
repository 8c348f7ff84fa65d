#ifndef RAPPORT_COMMON_ROLLUP_COUNT_QUERY_H_
#define RAPPORT_COMMON_ROLLUP_COUNT_QUERY_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/types/span.h"
#include "common/rollup/cells.h"
#include "common/rollup/dimensions.h"
#include "common/store/counter_log.h"
#include "common/time/interval.h"

namespace rapport::rollup {

// How often each measure was counted: ascending by measure, none with 0.
using MeasureCounts = std::vector<std::pair<Measure, int64_t>>;

// What is asked: counts in each of several intervals, of one group each, of all events or of those with one code.
struct Question {
  std::vector<Interval> intervals;  // ascending and disjoint, or empty; at most 20,000
  std::optional<common::v1::Dimension> group_by;
  struct Filter {
    common::v1::Dimension dimension;
    Code code;  // kNoValue: events without a value
  };
  std::optional<Filter> filter;        // of another dimension than group_by
  Pairs pairs = Pairs::kAllLevels;     // as the measures are counted
  std::vector<Family> families = {0};  // of the measures to count
};

// The counts of one interval and group, of groups and intervals with any count.
struct CountRow {
  int interval = 0;
  Code group = kNoValue;  // kNoValue also when not grouped
  MeasureCounts counts;
};

// Answers a question from counter tables. It names the tables, is fed with their content from every partition, and
// then sums up. Not thread-safe.
class CountQuery {
 public:
  explicit CountQuery(Question question);

  // The tables to read, from every partition.
  const std::vector<std::string>& tables() const { return tables_; }

  // Counts the content of tables()[table] in one partition. DATA_LOSS when it is damaged.
  absl::Status TakeTable(size_t table, const store::CounterLog& log);

  // A piece of an interval whose counts no table has, so that they are fed event by event: what cuts a 15-minute slot,
  // and what cuts a month where pairs are counted by month only. Ascending and disjoint.
  struct Fragment {
    Interval piece;
    int interval = 0;
  };
  const std::vector<Fragment>& fragments() const { return fragments_; }

  // Counts one event of a fragment `delta` times.
  void TakeEvent(const Fragment& fragment, const Codes& codes, Measure measure, int64_t delta);

  // Rows by interval, then by group.
  std::vector<CountRow> Rows() const;

 private:
  // Positions of one table that belong to intervals; -1 where a position belongs to none.
  using IntervalByPosition = std::array<int32_t, kSlotsPerDay>;
  struct Read {
    size_t set;
    Family family;
    IntervalByPosition intervals;
  };
  struct Place {
    int32_t interval;
    Code group;
    Code filter;
    friend bool operator==(const Place&, const Place&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const Place& p) {
      return H::combine(std::move(h), p.interval, p.group, p.filter);
    }
  };
  // What was counted under one set: in the order of reading, measures more than once.
  struct Counted {
    absl::flat_hash_map<Place, size_t> positions;  // in `counts`
    std::vector<MeasureCounts> counts;
    Place last{-1, kNoValue, kNoValue};  // tables are sorted by place, so that the next cell is mostly of the same
    size_t last_position = 0;
  };
  using TableTimes = std::map<std::pair<Level, int>, IntervalByPosition>;

  void CoverInterval(int interval, TableTimes& times);
  void CountCell(size_t set, const Place& place, Measure measure, int64_t delta);

  Question question_;
  std::vector<DimensionSet> sets_;  // the tables that the answer needs, by dimensions
  std::vector<Read> reads_;         // parallel to tables_
  std::vector<std::string> tables_;
  std::vector<Fragment> fragments_;
  // Codes are kNoValue where the set is not cut by that dimension.
  std::vector<Counted> counted_;  // parallel to sets_
};

}  // namespace rapport::rollup

#endif  // RAPPORT_COMMON_ROLLUP_COUNT_QUERY_H_
