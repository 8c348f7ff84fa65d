#ifndef RAPPORT_COMMON_ROLLUP_SERIES_H_
#define RAPPORT_COMMON_ROLLUP_SERIES_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/rollup/count_query.h"
#include "common/rollup/dictionary.h"
#include "common/time/interval.h"
#include "rapport/common/v1/common.pb.h"

// What questions for figures over time, by group, have in common.
namespace rapport::rollup {

// A confidence of a request, 0 meaning 0.95. INVALID_ARGUMENT unless above 0.5 and below 1.
absl::StatusOr<double> ParseConfidence(double confidence);

// The code of a filter's value, for counters and facts alike. INVALID_ARGUMENT or FAILED_PRECONDITION names `field`.
// Nothing when no event is counted under the value by itself.
absl::StatusOr<std::optional<Code>> ParseFilter(Dictionary& dictionary, absl::string_view tenant,
                                                const common::v1::DimensionValue& filter, absl::string_view field);

// A series as it is asked for: the fields of that name of a request.
struct SeriesRequest {
  const common::v1::TimeRange& range;
  absl::string_view time_zone;
  common::v1::Bucket bucket = common::v1::BUCKET_UNSPECIFIED;
  common::v1::Dimension group_by = common::v1::DIMENSION_UNSPECIFIED;
  const common::v1::DimensionValue* filter = nullptr;
  double confidence = 0;
};

template <class Request>
SeriesRequest SeriesOf(const Request& request) {
  return {request.range(),
          request.time_zone(),
          request.bucket(),
          request.group_by(),
          request.has_filter() ? &request.filter() : nullptr,
          request.confidence()};
}

// The same, checked and completed.
struct Series {
  Interval range;
  std::vector<Interval> buckets;
  bool one_bucket = false;  // the buckets are the period
  Interval previous_bucket;
  Interval previous_period;
  double confidence = 0.95;
  std::optional<common::v1::Dimension> group_by;
  std::optional<Question::Filter> filter;
  // A filter without groups is answered as its group, so that the same is withheld as when grouped.
  std::optional<Code> only_group;
  bool matches_nothing = false;          // no event is counted under the filter's value
  std::vector<std::string> group_names;  // by code

  // Of what is grouped by. Replicas may have met values since the names were read.
  std::string NameOf(Code group) const;

  // The group that an event with these codes is counted in; nothing when the filter leaves it out.
  std::optional<Code> GroupOf(const Codes& codes) const;

  // The position among `buckets` of the one that holds `time`, which is in `range`.
  size_t BucketOf(absl::Time time) const;
};

// INVALID_ARGUMENT or FAILED_PRECONDITION names the field.
absl::StatusOr<Series> ParseSeries(Dictionary& dictionary, absl::string_view tenant, const SeriesRequest& request);

// The counts of each interval, by group; none for groups without any. INVALID_ARGUMENT when the answer would be too
// large. `pairs` and `families` are those of the measures asked for. `answer` feeds the query (see CountQuery) whose
// intervals are `intervals`, ascending and disjoint.
absl::StatusOr<std::vector<std::map<Code, MeasureCounts>>> CountSeries(
    const Series& series, Pairs pairs, std::vector<Family> families, const std::vector<Interval>& intervals,
    absl::FunctionRef<absl::Status(CountQuery&)> answer);

}  // namespace rapport::rollup

#endif  // RAPPORT_COMMON_ROLLUP_SERIES_H_
