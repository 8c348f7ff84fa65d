#include "services/ratings/service/query.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/time/buckets.h"
#include "services/ratings/core/comparison.h"
#include "services/ratings/core/customers.h"
#include "services/ratings/core/figures.h"
#include "services/ratings/core/suppression.h"
#include "services/ratings/core/validation.h"

namespace rapport::ratings {
namespace {

constexpr int kMostBuckets = 10'000;
// About 3 MB; clients take 4 MiB by default.
constexpr size_t kMostRows = 10'000;
constexpr int kDefaultTopCustomers = 10;

// A request, checked and completed.
struct Plan {
  Interval range;
  std::vector<Interval> buckets;
  Interval previous_bucket;
  Interval previous_period;
  bool one_bucket = false;  // the buckets are the period
  double confidence = 0.95;
  int top_customers = kDefaultTopCustomers;
  std::optional<common::v1::Dimension> group_by;
  std::optional<rollup::Question::Filter> filter;
  // A filter without groups is answered as its group, so that the same is withheld as when grouped.
  std::optional<rollup::Code> only_group;
  bool matches_nothing = false;  // no event is counted under the filter's value
};

absl::Status CheckRolledUp(const rollup::Dictionary& dictionary, common::v1::Dimension dimension,
                           absl::string_view field) {
  if (dimension == common::v1::DIMENSION_UNSPECIFIED || !common::v1::Dimension_IsValid(dimension)) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, ": ", static_cast<int>(dimension), " is no dimension; name one, such as DIMENSION_AGENT"));
  }
  if (dictionary.IsRolledUp(dimension)) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(field, ": ", common::v1::Dimension_Name(dimension),
                                                    " is not rolled up by this server; add it to --rollup-dimensions"));
}

absl::StatusOr<Plan> MakePlan(rollup::Dictionary& dictionary, absl::string_view tenant,
                              const v1::QueryRatingsRequest& request) {
  Plan plan;
  const auto range = ParseRange(request.range(), "range");
  if (!range.ok()) return range.status();
  plan.range = *range;
  const auto zone = LoadZone(request.time_zone(), "time_zone");
  if (!zone.ok()) return zone.status();
  if (!common::v1::Bucket_IsValid(request.bucket())) {
    return absl::InvalidArgumentError(
        absl::StrCat("bucket: ", static_cast<int>(request.bucket()), " is none; leave it out for the whole period"));
  }
  auto buckets = CutIntoBuckets(plan.range, request.bucket(), *zone, kMostBuckets);
  if (!buckets.ok()) return buckets.status();
  plan.buckets = *std::move(buckets);
  plan.one_bucket = request.bucket() == common::v1::BUCKET_ALL || request.bucket() == common::v1::BUCKET_UNSPECIFIED;
  plan.previous_bucket = PreviousBucket(plan.range, request.bucket(), *zone);
  plan.previous_period = PreviousPeriod(plan.range, *zone);
  const auto confidence = ParseConfidence(request.confidence());
  if (!confidence.ok()) return confidence.status();
  plan.confidence = *confidence;
  if (!v1::Scale_IsValid(request.scale())) {
    return absl::InvalidArgumentError(
        absl::StrCat("scale: ", static_cast<int>(request.scale()), " is no scale; leave it out for all"));
  }
  if (request.top_customers() < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("top_customers: ", request.top_customers(), " is negative; leave it out for 10"));
  }
  if (request.top_customers() > 0) plan.top_customers = request.top_customers();

  if (request.group_by() != common::v1::DIMENSION_UNSPECIFIED) {
    const absl::Status checked = CheckRolledUp(dictionary, request.group_by(), "group_by");
    if (!checked.ok()) return checked;
    plan.group_by = request.group_by();
  }
  if (request.has_filter()) {
    if (request.filter().dimension() == request.group_by()) {
      return absl::InvalidArgumentError(
          absl::StrCat("filter.dimension: ", common::v1::Dimension_Name(request.group_by()),
                       " is grouped by already; filter by another dimension, or pick the group from the answer"));
    }
    const auto code = ParseFilter(dictionary, tenant, request.filter(), "filter");
    if (!code.ok()) return code.status();
    plan.matches_nothing = !code->has_value();
    if (plan.group_by) {
      plan.filter = {request.filter().dimension(), code->value_or(rollup::kNoValue)};
    } else {
      plan.group_by = request.filter().dimension();
      plan.only_group = code->value_or(rollup::kNoValue);
    }
  }
  return plan;
}

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
            const Plan& plan, std::vector<std::string> names)
      : reader_(reader),
        tenant_(tenant),
        min_group_size_(min_group_size),
        request_(request),
        plan_(plan),
        names_(std::move(names)) {}

  absl::Status Run(v1::QueryRatingsResponse& response) {
    std::vector<Interval> intervals;
    if (request_.compare_with_previous()) intervals.push_back(plan_.previous_bucket);
    const size_t first = intervals.size();
    intervals.insert(intervals.end(), plan_.buckets.begin(), plan_.buckets.end());
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
    if (!plan_.one_bucket) whole.push_back(MakeTable(plan_.range, totals));
    Suppress(min_group_size_, IsBreakdown(), PointersTo(series), PointersTo(whole));
    if (request_.compare_with_previous()) {
      std::vector<Groups> period(1);
      if (!plan_.one_bucket) status = CountInto({plan_.previous_period}, period);
      if (!status.ok()) return status;
      for (Table& table : whole) CompareWith(plan_.previous_period, period.front(), totals, table);
      // Backwards, so that what is compared with was not compared itself yet.
      for (size_t i = series.size(); i-- > 1;) Compare(series[i - 1], groups[i], groups[i + 1], series[i]);
      CompareWith(plan_.previous_bucket, groups[0], groups[1], series.front());
    }
    for (Table& table : series) MoveRows(table, *response.mutable_rows());
    for (Table& table : whole) MoveRows(table, *response.mutable_totals());
    if (plan_.one_bucket) *response.mutable_totals() = response.rows();
    return absl::OkStatus();
  }

 private:
  absl::Status CountInto(const std::vector<Interval>& intervals, std::vector<Groups>& groups) {
    if (plan_.matches_nothing) return absl::OkStatus();
    std::vector<Interval> bounded;
    for (const Interval& interval : intervals) bounded.push_back(reader_.Bounded(interval));
    rollup::CountQuery query({std::move(bounded), plan_.group_by, plan_.filter});
    const absl::Status answered = reader_.Answer(tenant_, query);
    if (!answered.ok()) return answered;
    const std::vector<rollup::CountRow> rows = query.Rows();
    if (!plan_.only_group && rows.size() > kMostRows) {
      return absl::InvalidArgumentError(absl::StrCat("bucket: the answer would have ", rows.size(),
                                                     " rows, the most is ", kMostRows,
                                                     "; use a coarser bucket or a shorter range"));
    }
    for (const rollup::CountRow& row : rows) {
      ScoreCounts& counts = groups[row.interval][row.group].counts;
      for (const auto& [measure, count] : row.counts) {
        if (measure < counts.size()) counts[measure] = count;
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
    if (plan_.matches_nothing) return absl::OkStatus();
    return reader_.ForEachFact(tenant_, plan_.range, [&](int64_t day, const Fact& fact, int64_t count) {
      const ScoreInfo* info = Describe(fact.code);
      if (info == nullptr || info->is_survey) return;
      if (request_.scale() != v1::SCALE_UNSPECIFIED && info->scale != request_.scale()) return;
      if (plan_.filter && fact.codes[rollup::IndexOf(plan_.filter->dimension)] != plan_.filter->code) return;
      const rollup::Code group = plan_.group_by ? fact.codes[rollup::IndexOf(*plan_.group_by)] : rollup::kNoValue;
      if (plan_.only_group && *plan_.only_group != group) return;
      if (!plan_.one_bucket) totals[group].customers.Add(fact.customer_id, fact.code, count);
      groups[first + BucketOf(TimeOf(day, fact))][group].customers.Add(fact.customer_id, fact.code, count);
    });
  }

  size_t BucketOf(absl::Time time) const {
    const auto after = std::upper_bound(plan_.buckets.begin(), plan_.buckets.end(), time,
                                        [](absl::Time t, const Interval& bucket) { return t < bucket.start; });
    return static_cast<size_t>(after - plan_.buckets.begin()) - 1;
  }

  bool IsBreakdown() const { return plan_.group_by.has_value(); }

  // One row per group with any count, by the name of the group; an ungrouped bucket always has its row.
  Table MakeTable(const Interval& interval, const Groups& groups) const {
    std::vector<rollup::Code> codes;
    for (const auto& [group, cell] : groups) codes.push_back(group);
    if (codes.empty() && !plan_.group_by) codes.push_back(rollup::kNoValue);
    std::sort(codes.begin(), codes.end(), [this](auto a, auto b) { return NameOf(a) < NameOf(b); });
    Table table{interval, {}, {}};
    for (const rollup::Code code : codes) {
      v1::RatingRow row;
      *row.mutable_bucket() = ToProto(interval);
      if (plan_.group_by) row.set_group(NameOf(code));
      const auto cell = groups.find(code);
      for (v1::RatingFigures& figures : MakeAllFigures(CountsOf(groups, code), request_.scale(), plan_.confidence)) {
        if (request_.include_customer_figures()) {
          cell->second.customers.SetCustomerFigures(plan_.top_customers, plan_.confidence, &figures);
        }
        *row.add_scales() = std::move(figures);
      }
      if (row.scales_size() == 0 && plan_.group_by) continue;
      table.groups.push_back(code);
      table.rows.push_back(std::move(row));
    }
    return table;
  }

  // Replicas may have met values since the names were read.
  std::string NameOf(rollup::Code group) const {
    return group < names_.size() ? names_[group] : absl::StrCat("#", group);
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
                         plan_.confidence, &figures);
      }
    }
  }

  // Hands the rows out; of a filter without groups the one row, which is always there.
  void MoveRows(Table& table, google::protobuf::RepeatedPtrField<v1::RatingRow>& rows) const {
    if (!plan_.only_group) {
      for (v1::RatingRow& row : table.rows) *rows.Add() = std::move(row);
      return;
    }
    const auto found = std::find(table.groups.begin(), table.groups.end(), *plan_.only_group);
    v1::RatingRow& row = *rows.Add();
    if (found != table.groups.end() && !plan_.matches_nothing) row = table.rows[found - table.groups.begin()];
    row.clear_group();
    *row.mutable_bucket() = ToProto(table.interval);
  }

  Reader& reader_;
  const absl::string_view tenant_;
  const int min_group_size_;
  const v1::QueryRatingsRequest& request_;
  const Plan& plan_;
  const std::vector<std::string> names_;  // of the groups, by code
};

}  // namespace

absl::StatusOr<std::optional<rollup::Code>> ParseFilter(rollup::Dictionary& dictionary, absl::string_view tenant,
                                                        const common::v1::DimensionValue& filter,
                                                        absl::string_view field) {
  const absl::Status checked = CheckRolledUp(dictionary, filter.dimension(), absl::StrCat(field, ".dimension"));
  if (!checked.ok()) return checked;
  return dictionary.Find(tenant, filter.dimension(), filter.value());
}

absl::Status Query(Reader& reader, rollup::Dictionary& dictionary, absl::string_view tenant, int min_group_size,
                   const v1::QueryRatingsRequest& request, v1::QueryRatingsResponse& response) {
  const absl::StatusOr<Plan> plan = MakePlan(dictionary, tenant, request);
  if (!plan.ok()) return plan.status();
  std::vector<std::string> names;
  if (plan->group_by) {
    auto read = dictionary.Names(tenant, *plan->group_by);
    if (!read.ok()) return read.status();
    names = *std::move(read);
  }
  return Answering(reader, tenant, min_group_size, request, *plan, std::move(names)).Run(response);
}

}  // namespace rapport::ratings
