#include "services/ratings/service/query.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/rollup/series.h"
#include "common/rollup/series_answer.h"
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

const v1::RatingFigures& FindScale(const v1::RatingRow& row, v1::Scale scale) {
  for (const v1::RatingFigures& figures : row.scales()) {
    if (figures.scale() == scale) return figures;
  }
  return v1::RatingFigures::default_instance();
}

class Answering : public rollup::SeriesAnswer<v1::RatingRow, Cell> {
 public:
  Answering(Reader& reader, absl::string_view tenant, int min_group_size, const v1::QueryRatingsRequest& request,
            const rollup::Series& series)
      : SeriesAnswer(series),
        reader_(reader),
        tenant_(tenant),
        min_group_size_(min_group_size),
        request_(request),
        top_customers_(request.top_customers() > 0 ? request.top_customers() : kDefaultTopCustomers) {}

 protected:
  absl::Status Count(const std::vector<Interval>& intervals, absl::Span<Groups> groups) override {
    std::vector<Interval> bounded;
    bounded.reserve(intervals.size());
    for (const Interval& interval : intervals) bounded.push_back(reader_.Bounded(interval));
    const auto counted =
        rollup::CountSeries(series(), rollup::Pairs::kAllLevels, {0}, bounded,
                            [this](rollup::CountQuery& query) { return reader_.Answer(tenant_, query); });
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

  absl::Status SumUp(absl::Span<Groups> buckets, Groups& period) override {
    for (const Groups& bucket : buckets) {
      for (const auto& [group, cell] : bucket) {
        ScoreCounts& counts = period[group].counts;
        for (size_t code = 0; code < counts.size(); ++code) counts[code] += cell.counts[code];
      }
    }
    return request_.include_customer_figures() ? Tally(buckets, period) : absl::OkStatus();
  }

  bool SetFigures(const Cell& cell, v1::RatingRow& row) const override {
    for (v1::RatingFigures& figures : MakeAllFigures(cell.counts, request_.scale(), series().confidence)) {
      if (request_.include_customer_figures()) {
        cell.customers.SetCustomerFigures(top_customers_, series().confidence, &figures);
      }
      *row.add_scales() = std::move(figures);
    }
    return row.scales_size() > 0;
  }

  void Withhold(absl::Span<v1::RatingRow* const> rows, absl::Span<v1::RatingRow* const> period) const override {
    Suppress(min_group_size_, /*breakdown=*/series().group_by.has_value(), rows, period);
  }

  void Compare(const v1::RatingRow& previous, const Cell& before, const Cell& now, v1::RatingRow& row) const override {
    for (v1::RatingFigures& figures : *row.mutable_scales()) {
      ratings::Compare(FindScale(previous, figures.scale()), before.counts, now.counts, series().confidence, &figures);
    }
  }

 private:
  absl::Status Tally(absl::Span<Groups> buckets, Groups& period) {
    const rollup::Series& asked = series();
    if (asked.matches_nothing) return absl::OkStatus();
    return reader_.ForEachFact(tenant_, asked.range, [&](int64_t day, const Fact& fact, int64_t count) {
      const ScoreInfo* info = Describe(fact.code);
      if (info == nullptr || info->is_survey) return;
      if (request_.scale() != v1::SCALE_UNSPECIFIED && info->scale != request_.scale()) return;
      const std::optional<rollup::Code> group = asked.GroupOf(fact.codes);
      if (!group || (asked.only_group && *asked.only_group != *group)) return;
      if (!asked.one_bucket) period[*group].customers.Add(fact.customer_id, fact.code, count);
      buckets[asked.BucketOf(TimeOf(day, fact))][*group].customers.Add(fact.customer_id, fact.code, count);
    });
  }

  Reader& reader_;
  const absl::string_view tenant_;
  const int min_group_size_;
  const v1::QueryRatingsRequest& request_;
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
  return Answering(reader, tenant, min_group_size, request, *series)
      .Run(request.compare_with_previous(), *response.mutable_rows(), *response.mutable_totals());
}

}  // namespace rapport::ratings
