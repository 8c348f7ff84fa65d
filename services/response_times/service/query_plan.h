#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_QUERY_PLAN_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_QUERY_PLAN_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/rollup/cells.h"
#include "common/rollup/dictionary.h"
#include "common/rollup/series.h"
#include "google/protobuf/duration.pb.h"
#include "rapport/response_times/storage/v1/storage.pb.h"
#include "rapport/response_times/v1/response_times.pb.h"
#include "services/response_times/core/figures.h"

// Questions for times, checked and completed. INVALID_ARGUMENT or FAILED_PRECONDITION names the field.
namespace rapport::response_times {

// Answers a filter without groups as a filter: for those from whom nothing is withheld. Others need all groups, as what
// to withhold of one depends on the rest.
void AskForOneGroupOnly(rollup::Series& series);

// One metric on one clock.
struct TimesWanted {
  v1::Metric metric = v1::METRIC_FIRST_RESPONSE_TIME;
  v1::Clock clock = v1::CLOCK_CALENDAR;

  bool IsBusiness() const { return clock == v1::CLOCK_BUSINESS; }
  // Whether stretches of this kind count in the metric.
  bool Counts(storage::v1::StretchKind kind) const;
  // Whether this measure is of the metric and the clock.
  bool Counts(rollup::Measure measure) const;
};

struct TimesPlan {
  rollup::Series series;
  std::vector<TimesWanted> wanted;  // in the order of answers
  TimeOptions options;
};
absl::StatusOr<TimesPlan> ParseTimes(rollup::Dictionary& dictionary, absl::string_view tenant,
                                     const v1::QueryResponseTimesRequest& request);

struct ShareRankPlan {
  rollup::Series series;
  TimesWanted wanted;
  int64_t duration_ms = 0;
};
absl::StatusOr<ShareRankPlan> ParseShareRank(rollup::Dictionary& dictionary, absl::string_view tenant,
                                             const v1::GetShareRankRequest& request);

// Milliseconds, rounded down. INVALID_ARGUMENT unless it is above 0 and at most ten years.
absl::StatusOr<int64_t> ParseDuration(const google::protobuf::Duration& duration, absl::string_view field);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_QUERY_PLAN_H_
