#ifndef RAPPORT_COMMON_ROLLUP_SERIES_ANSWER_H_
#define RAPPORT_COMMON_ROLLUP_SERIES_ANSWER_H_

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "common/rollup/dimensions.h"
#include "common/rollup/series.h"
#include "common/time/interval.h"
#include "google/protobuf/repeated_ptr_field.h"

namespace rapport::rollup {

// Answers a series row by row: a service says how to count, and what to make of it. A Row is a message with `bucket`
// and an optional `group`; a Cell is what is counted of one group in one bucket.
template <class Row, class Cell>
class SeriesAnswer {
 public:
  using Groups = std::map<Code, Cell>;
  using Rows = google::protobuf::RepeatedPtrField<Row>;

  virtual ~SeriesAnswer() = default;
  SeriesAnswer(const SeriesAnswer&) = delete;
  SeriesAnswer& operator=(const SeriesAnswer&) = delete;

  // Adds the rows of the buckets, by bucket, then by the name of the group, and those of the whole period. Ungrouped
  // buckets always have a row.
  absl::Status Run(bool compare_with_previous, Rows& rows, Rows& totals) {
    std::vector<Interval> intervals;
    if (compare_with_previous) intervals.push_back(series_.previous_bucket);
    const size_t first = intervals.size();
    intervals.insert(intervals.end(), series_.buckets.begin(), series_.buckets.end());
    std::vector<Groups> groups(intervals.size());
    absl::Status status = Count(intervals, absl::MakeSpan(groups));
    if (!status.ok()) return status;
    Groups period;
    status = SumUp(absl::MakeSpan(groups).subspan(first), period);
    if (!status.ok()) return status;

    std::vector<Table> buckets;
    for (size_t i = first; i < groups.size(); ++i) buckets.push_back(MakeTable(intervals[i], groups[i]));
    std::vector<Table> whole;
    if (!series_.one_bucket) whole.push_back(MakeTable(series_.range, period));
    Withhold(PointersTo(buckets), PointersTo(whole));
    if (compare_with_previous) {
      std::vector<Groups> before(1);
      if (!series_.one_bucket) status = Count({series_.previous_period}, absl::MakeSpan(before));
      if (!status.ok()) return status;
      for (Table& table : whole) CompareWith(series_.previous_period, before.front(), period, table);
      // Backwards, so that what is compared with was not compared itself yet.
      for (size_t i = buckets.size(); i-- > 1;) CompareTables(buckets[i - 1], groups[i], groups[i + 1], buckets[i]);
      CompareWith(series_.previous_bucket, groups[0], groups[1], buckets.front());
    }
    for (Table& table : buckets) MoveRows(table, rows);
    for (Table& table : whole) MoveRows(table, totals);
    if (series_.one_bucket) totals = rows;
    return absl::OkStatus();
  }

 protected:
  explicit SeriesAnswer(const Series& series) : series_(series) {}

  // Counts each interval, by group; none for groups without any. Intervals ascend.
  virtual absl::Status Count(const std::vector<Interval>& intervals, absl::Span<Groups> groups) = 0;

  // Adds the buckets, which have been counted, up to the whole period; the period of one bucket is not asked for.
  virtual absl::Status SumUp(absl::Span<Groups> buckets, Groups& period) = 0;

  // Sets the figures of a row. A grouped row is left out when there are none.
  virtual bool SetFigures(const Cell& cell, Row& row) const = 0;

  // Withholds what is not to be seen. `period` is empty when the rows are not a part of it.
  virtual void Withhold(absl::Span<Row* const> rows, absl::Span<Row* const> period) const = 0;

  // Compares a row with the same group's before; both have been through Withhold.
  virtual void Compare(const Row& previous, const Cell& before, const Cell& now, Row& row) const = 0;

  const Series& series() const { return series_; }

 private:
  // The rows of one bucket, or of the whole period; `groups` are theirs.
  struct Table {
    Interval interval;
    std::vector<Code> groups;
    std::vector<Row> rows;

    const Row* Find(Code group) const {
      const auto found = std::find(groups.begin(), groups.end(), group);
      return found == groups.end() ? nullptr : &rows[static_cast<size_t>(found - groups.begin())];
    }
  };

  static std::vector<Row*> PointersTo(std::vector<Table>& tables) {
    std::vector<Row*> rows;
    for (Table& table : tables) {
      for (Row& row : table.rows) rows.push_back(&row);
    }
    return rows;
  }

  static const Cell& CellOf(const Groups& groups, Code group) {
    static const Cell kNothing{};
    const auto found = groups.find(group);
    return found == groups.end() ? kNothing : found->second;
  }

  Table MakeTable(const Interval& interval, const Groups& groups) const {
    std::vector<Code> codes;
    for (const auto& [group, cell] : groups) codes.push_back(group);
    if (codes.empty() && !series_.group_by) codes.push_back(kNoValue);
    if (series_.only_group && !groups.contains(*series_.only_group)) codes.push_back(*series_.only_group);
    std::sort(codes.begin(), codes.end(), [this](Code a, Code b) { return series_.NameOf(a) < series_.NameOf(b); });
    Table table{interval, {}, {}};
    for (const Code code : codes) {
      Row row;
      *row.mutable_bucket() = ToProto(interval);
      if (series_.group_by) row.set_group(series_.NameOf(code));
      const bool has_figures = SetFigures(CellOf(groups, code), row);
      if (!has_figures && series_.group_by && code != series_.only_group) continue;
      table.groups.push_back(code);
      table.rows.push_back(std::move(row));
    }
    return table;
  }

  void CompareWith(const Interval& interval, const Groups& before, const Groups& now, Table& table) const {
    std::vector<Table> previous = {MakeTable(interval, before)};
    Withhold(PointersTo(previous), {});
    CompareTables(previous.front(), before, now, table);
  }

  void CompareTables(const Table& previous, const Groups& before, const Groups& now, Table& table) const {
    for (size_t i = 0; i < table.rows.size(); ++i) {
      const Code group = table.groups[i];
      const Row* same = previous.Find(group);
      Compare(same == nullptr ? Row::default_instance() : *same, CellOf(before, group), CellOf(now, group),
              table.rows[i]);
    }
  }

  // Hands the rows out; of a filter without groups the one row, which is always there.
  void MoveRows(Table& table, Rows& rows) const {
    if (!series_.only_group) {
      for (Row& row : table.rows) *rows.Add() = std::move(row);
      return;
    }
    Row& row = *rows.Add();
    const Row* found = series_.matches_nothing ? nullptr : table.Find(*series_.only_group);
    if (found != nullptr) {
      row = *found;
    } else {
      SetFigures(Cell{}, row);
    }
    row.clear_group();
    *row.mutable_bucket() = ToProto(table.interval);
  }

  const Series& series_;
};

}  // namespace rapport::rollup

#endif  // RAPPORT_COMMON_ROLLUP_SERIES_ANSWER_H_
