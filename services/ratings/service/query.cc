#include "services/ratings/service/query.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/rollup/series.h"
#include "services/ratings/core/comparison.h"
#include "services/ratings/core/customers.h"
#include "services/ratings/core/figures.h"
#include "services/ratings/core/suppression.h"

namespace rapport::ratings {
namespace {

constexpr int kDefaultTopCustomers = 10;

// The counts and customers of one row.
struct Cell {
  ScoreCounts counts{};
  CustomerTally customers;
};

// What a bucket or the whole period is made of, by group.
using Groups = std::map<rollup::Code, Cell>;

// The rows of one bucket, or of the whole period; `groups` are theirs.
struct Table {
  Interval interval;
  std::vector<rollup::Code> groups;
  std::vector<v1::RatingRow> rows;
};

std::vector<v1::RatingRow*> PointersTo(std::vector<Table>& tables) {
  std::vector<v1::RatingRow*> rows;
  for (Table& table : tables) {
    for (v1::RatingRow& row : table.rows) rows.push_back(&row);
  }
  return rows;
}

const v1::RatingFigures& FindScale(const v1::RatingRow& row, v1::Scale scale) {
  for (const v1::RatingFigures& figures : row.scales()) {
    if (figures.scale() == scale) return figures;
  }
  return v1::RatingFigures::default_instance();
}

const ScoreCounts& CountsOf(const Groups& groups, rollup::Code group) {
  static const ScoreCounts kNothing{};
  const auto found = groups.find(group);
  return found == groups.end() ? kNothing : found->second.counts;
}

class Answering {
 public:
  Answering(Reader& reader, absl::string_view tenant, int min_group_size, const v1::QueryRatingsRequest& request,
            const rollup::Series& series)
      : reader_(reader),
        tenant_(tenant),
        min_group_size_(min_group_size),
        request_(request),
        series_(series),
        top_customers_(request.top_customers() > 0 ? request.top_customers() : kDefaultTopCustomers) {}

  absl::Status Run(v1::QueryRatingsResponse& response) {
    std::vector<Interval> intervals;
    if (request_.compare_with_previous()) intervals.push_back(series_.previous_bucket);
    const size_t first = intervals.size();
    intervals.insert(intervals.end(), series_.buckets.begin(), series_.buckets.end());
    std::vector<Groups> groups(intervals.size());
    absl::Status status = CountInto(intervals, groups);
    if (!status.ok()) return status;

    Groups totals;
    for (size_t i = first; i < groups.size(); ++i) AddCounts(groups[i], totals);
    if (request_.include_customer_figures()) status = TallyInto(first, groups, totals);
    if (!status.ok()) return status;

    std::vector<Table> series;
    for (size_t i = first; i < groups.size(); ++i) series.push_back(MakeTable(intervals[i], groups[i]));
    std::vector<Table> whole;
    if (!series_.one_bucket) whole.push_back(MakeTable(series_.range, totals));
    Suppress(min_group_size_, IsBreakdown(), PointersTo(series), PointersTo(whole));
    if (request_.compare_with_previous()) {
      std::vector<Groups> period(1);
      if (!series_.one_bucket) status = CountInto({series_.previous_period}, period);
      if (!status.ok()) return status;
      for (Table& table : whole) CompareWith(series_.previous_period, period.front(), totals, table);
      // Backwards, so that what is compared with was not compared itself yet.
      for (size_t i = series.size(); i-- > 1;) Compare(series[i - 1], groups[i], groups[i + 1], series[i]);
      CompareWith(series_.previous_bucket, groups[0], groups[1], series.front());
    }
    for (Table& table : series) MoveRows(table, *response.mutable_rows());
    for (Table& table : whole) MoveRows(table, *response.mutable_totals());
    if (series_.one_bucket) *response.mutable_totals() = response.rows();
    return absl::OkStatus();
  }

 private:
  absl::Status CountInto(const std::vector<Interval>& intervals, std::vector<Groups>& groups) {
    std::vector<Interval> bounded;
    for (const Interval& interval : intervals) bounded.push_back(reader_.Bounded(interval));
    const auto counted = rollup::CountSeries(
        series_, bounded, {}, [this](rollup::CountQuery& query) { return reader_.Answer(tenant_, query); });
    if (!counted.ok()) return counted.status();
    for (size_t i = 0; i < groups.size(); ++i) {
      for (const auto& [group, measures] : (*counted)[i]) {
        ScoreCounts& counts = groups[i][group].counts;
        for (const auto& [measure, count] : measures) {
          if (measure < counts.size()) counts[measure] = count;
        }
      }
    }
    return absl::OkStatus();
  }

  static void AddCounts(const Groups& from, Groups& to) {
    for (const auto& [group, cell] : from) {
      ScoreCounts& counts = to[group].counts;
      for (size_t code = 0; code < counts.size(); ++code) counts[code] += cell.counts[code];
    }
  }

  absl::Status TallyInto(size_t first, std::vector<Groups>& groups, Groups& totals) {
    if (series_.matches_nothing) return absl::OkStatus();
    return reader_.ForEachFact(tenant_, series_.range, [&](int64_t day, const Fact& fact, int64_t count) {
      const ScoreInfo* info = Describe(fact.code);
      if (info == nullptr || info->is_survey) return;
      if (request_.scale() != v1::SCALE_UNSPECIFIED && info->scale != request_.scale()) return;
      if (series_.filter && fact.codes[rollup::IndexOf(series_.filter->dimension)] != series_.filter->code) return;
      const rollup::Code group = series_.group_by ? fact.codes[rollup::IndexOf(*series_.group_by)] : rollup::kNoValue;
      if (series_.only_group && *series_.only_group != group) return;
      if (!series_.one_bucket) totals[group].customers.Add(fact.customer_id, fact.code, count);
      groups[first + series_.BucketOf(TimeOf(day, fact))][group].customers.Add(fact.customer_id, fact.code, count);
    });
  }

  bool IsBreakdown() const { return series_.group_by.has_value(); }

  // One row per group with any count, by the name of the group; an ungrouped bucket always has its row.
  Table MakeTable(const Interval& interval, const Groups& groups) const {
    std::vector<rollup::Code> codes;
    for (const auto& [group, cell] : groups) codes.push_back(group);
    if (codes.empty() && !series_.group_by) codes.push_back(rollup::kNoValue);
    std::sort(codes.begin(), codes.end(), [this](auto a, auto b) { return series_.NameOf(a) < series_.NameOf(b); });
    Table table{interval, {}, {}};
    for (const rollup::Code code : codes) {
      v1::RatingRow row;
      *row.mutable_bucket() = ToProto(interval);
      if (series_.group_by) row.set_group(series_.NameOf(code));
      const auto cell = groups.find(code);
      for (v1::RatingFigures& figures : MakeAllFigures(CountsOf(groups, code), request_.scale(), series_.confidence)) {
        if (request_.include_customer_figures()) {
          cell->second.customers.SetCustomerFigures(top_customers_, series_.confidence, &figures);
        }
        *row.add_scales() = std::move(figures);
      }
      if (row.scales_size() == 0 && series_.group_by) continue;
      table.groups.push_back(code);
      table.rows.push_back(std::move(row));
    }
    return table;
  }

  void CompareWith(const Interval& interval, const Groups& before, const Groups& now, Table& table) const {
    std::vector<Table> previous = {MakeTable(interval, before)};
    Suppress(min_group_size_, IsBreakdown(), PointersTo(previous), {});
    Compare(previous.front(), before, now, table);
  }

  void Compare(const Table& previous, const Groups& before, const Groups& now, Table& table) const {
    for (size_t i = 0; i < table.rows.size(); ++i) {
      const rollup::Code group = table.groups[i];
      const auto same = std::find(previous.groups.begin(), previous.groups.end(), group);
      const v1::RatingRow& row = same == previous.groups.end() ? v1::RatingRow::default_instance()
                                                               : previous.rows[same - previous.groups.begin()];
      for (v1::RatingFigures& figures : *table.rows[i].mutable_scales()) {
        ratings::Compare(FindScale(row, figures.scale()), CountsOf(before, group), CountsOf(now, group),
                         series_.confidence, &figures);
      }
    }
  }

  // Hands the rows out; of a filter without groups the one row, which is always there.
  void MoveRows(Table& table, google::protobuf::RepeatedPtrField<v1::RatingRow>& rows) const {
    if (!series_.only_group) {
      for (v1::RatingRow& row : table.rows) *rows.Add() = std::move(row);
      return;
    }
    const auto found = std::find(table.groups.begin(), table.groups.end(), *series_.only_group);
    v1::RatingRow& row = *rows.Add();
    if (found != table.groups.end() && !series_.matches_nothing) row = table.rows[found - table.groups.begin()];
    row.clear_group();
    *row.mutable_bucket() = ToProto(table.interval);
  }

  Reader& reader_;
  const absl::string_view tenant_;
  const int min_group_size_;
  const v1::QueryRatingsRequest& request_;
  const rollup::Series& series_;
  const int top_customers_;
};

}  // namespace

absl::Status Query(Reader& reader, rollup::Dictionary& dictionary, absl::string_view tenant, int min_group_size,
                   const v1::QueryRatingsRequest& request, v1::QueryRatingsResponse& response) {
  if (!v1::Scale_IsValid(request.scale())) {
    return absl::InvalidArgumentError(
        absl::StrCat("scale: ", static_cast<int>(request.scale()), " is no scale; leave it out for all"));
  }
  if (request.top_customers() < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("top_customers: ", request.top_customers(), " is negative; leave it out for 10"));
  }
  const auto series = rollup::ParseSeries(dictionary, tenant, rollup::SeriesOf(request));
  if (!series.ok()) return series.status();
  return Answering(reader, tenant, min_group_size, request, *series).Run(response);
}

}  // namespace rapport::ratings
