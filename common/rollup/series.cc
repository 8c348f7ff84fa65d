#include "common/rollup/series.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/time/buckets.h"

namespace rapport::rollup {
namespace {

constexpr int kMostBuckets = 10'000;
// About 3 MB; clients take 4 MiB by default.
constexpr size_t kMostRows = 10'000;

absl::Status CheckRolledUp(const Dictionary& dictionary, common::v1::Dimension dimension, absl::string_view field) {
  if (dimension == common::v1::DIMENSION_UNSPECIFIED || !common::v1::Dimension_IsValid(dimension)) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, ": ", static_cast<int>(dimension), " is no dimension; name one, such as DIMENSION_AGENT"));
  }
  if (dictionary.IsRolledUp(dimension)) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(field, ": ", common::v1::Dimension_Name(dimension),
                                                    " is not rolled up by this server; add it to --rollup-dimensions"));
}

absl::Status ParseTimes(const SeriesRequest& request, Series& series) {
  const auto range = ParseRange(request.range, "range");
  if (!range.ok()) return range.status();
  series.range = *range;
  const auto zone = LoadZone(request.time_zone, "time_zone");
  if (!zone.ok()) return zone.status();
  if (!common::v1::Bucket_IsValid(request.bucket)) {
    return absl::InvalidArgumentError(
        absl::StrCat("bucket: ", static_cast<int>(request.bucket), " is none; leave it out for the whole period"));
  }
  auto buckets = CutIntoBuckets(series.range, request.bucket, *zone, kMostBuckets);
  if (!buckets.ok()) return buckets.status();
  series.buckets = *std::move(buckets);
  series.one_bucket = request.bucket == common::v1::BUCKET_ALL || request.bucket == common::v1::BUCKET_UNSPECIFIED;
  series.previous_bucket = PreviousBucket(series.range, request.bucket, *zone);
  series.previous_period = PreviousPeriod(series.range, *zone);
  return absl::OkStatus();
}

absl::Status ParseGroups(Dictionary& dictionary, absl::string_view tenant, const SeriesRequest& request,
                         Series& series) {
  if (request.group_by != common::v1::DIMENSION_UNSPECIFIED) {
    absl::Status checked = CheckRolledUp(dictionary, request.group_by, "group_by");
    if (!checked.ok()) return checked;
    series.group_by = request.group_by;
  }
  if (request.filter != nullptr) {
    if (request.filter->dimension() == request.group_by) {
      return absl::InvalidArgumentError(
          absl::StrCat("filter.dimension: ", common::v1::Dimension_Name(request.group_by),
                       " is grouped by already; filter by another dimension, or pick the group from the answer"));
    }
    const auto code = ParseFilter(dictionary, tenant, *request.filter, "filter");
    if (!code.ok()) return code.status();
    series.matches_nothing = !code->has_value();
    if (series.group_by) {
      series.filter = {request.filter->dimension(), code->value_or(kNoValue)};
    } else {
      series.group_by = request.filter->dimension();
      series.only_group = code->value_or(kNoValue);
    }
  }
  if (!series.group_by) return absl::OkStatus();
  auto names = dictionary.Names(tenant, *series.group_by);
  if (!names.ok()) return names.status();
  series.group_names = *std::move(names);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<double> ParseConfidence(double confidence) {
  if (confidence == 0) return 0.95;
  if (confidence > 0.5 && confidence < 1) return confidence;
  return absl::InvalidArgumentError(
      absl::StrCat("confidence: ", confidence, " is not above 0.5 and below 1; leave it out for 0.95"));
}

absl::StatusOr<std::optional<Code>> ParseFilter(Dictionary& dictionary, absl::string_view tenant,
                                                const common::v1::DimensionValue& filter, absl::string_view field) {
  const absl::Status checked = CheckRolledUp(dictionary, filter.dimension(), absl::StrCat(field, ".dimension"));
  if (!checked.ok()) return checked;
  return dictionary.Find(tenant, filter.dimension(), filter.value());
}

std::string Series::NameOf(Code group) const {
  return group < group_names.size() ? group_names[group] : absl::StrCat("#", group);
}

std::optional<Code> Series::GroupOf(const Codes& codes) const {
  if (matches_nothing || (filter && codes[IndexOf(filter->dimension)] != filter->code)) return std::nullopt;
  return group_by ? codes[IndexOf(*group_by)] : kNoValue;
}

size_t Series::BucketOf(absl::Time time) const {
  const auto after = std::upper_bound(buckets.begin(), buckets.end(), time,
                                      [](absl::Time t, const Interval& bucket) { return t < bucket.start; });
  return static_cast<size_t>(after - buckets.begin()) - 1;
}

absl::StatusOr<Series> ParseSeries(Dictionary& dictionary, absl::string_view tenant, const SeriesRequest& request) {
  Series series;
  absl::Status status = ParseTimes(request, series);
  if (!status.ok()) return status;
  const auto confidence = ParseConfidence(request.confidence);
  if (!confidence.ok()) return confidence.status();
  series.confidence = *confidence;
  status = ParseGroups(dictionary, tenant, request, series);
  if (!status.ok()) return status;
  return series;
}

absl::StatusOr<std::vector<std::map<Code, MeasureCounts>>> CountSeries(
    const Series& series, Pairs pairs, std::vector<Family> families, const std::vector<Interval>& intervals,
    absl::FunctionRef<absl::Status(CountQuery&)> answer) {
  std::vector<std::map<Code, MeasureCounts>> groups(intervals.size());
  if (series.matches_nothing) return groups;
  CountQuery query({intervals, series.group_by, series.filter, pairs, std::move(families)});
  const absl::Status answered = answer(query);
  if (!answered.ok()) return answered;
  std::vector<CountRow> rows = query.Rows();
  if (!series.only_group && rows.size() > kMostRows) {
    return absl::InvalidArgumentError(absl::StrCat("bucket: the answer would have ", rows.size(), " rows, the most is ",
                                                   kMostRows, "; use a coarser bucket or a shorter range"));
  }
  for (CountRow& row : rows) groups[row.interval][row.group] = std::move(row.counts);
  return groups;
}

}  // namespace rapport::rollup
