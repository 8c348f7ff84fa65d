#include "services/response_times/service/query_plan.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "common/stats/log_buckets.h"
#include "services/response_times/core/audience.h"
#include "services/response_times/core/measures.h"

namespace rapport::response_times {
namespace {

constexpr int kMostQuantiles = 32;
constexpr int kMostThresholds = 32;
constexpr double kLeastQuantile = 0.001;
constexpr double kGreatestQuantile = 0.99999;
constexpr int64_t kHourMs = 3'600'000;

absl::StatusOr<v1::Metric> ParseMetric(int metric, absl::string_view field) {
  if (metric != v1::METRIC_UNSPECIFIED && v1::Metric_IsValid(metric)) return static_cast<v1::Metric>(metric);
  return Invalid(field, absl::StrCat(metric), "is no metric; name one, such as METRIC_FIRST_RESPONSE_TIME");
}

absl::StatusOr<v1::Clock> ParseClock(int clock, absl::string_view field) {
  if (!v1::Clock_IsValid(clock)) {
    return Invalid(field, absl::StrCat(clock), "is no clock; use CLOCK_CALENDAR or CLOCK_BUSINESS");
  }
  return clock == v1::CLOCK_UNSPECIFIED ? v1::CLOCK_CALENDAR : static_cast<v1::Clock>(clock);
}

absl::StatusOr<std::vector<TimesWanted>> ParseWanted(const v1::QueryResponseTimesRequest& request) {
  // More would only repeat.
  if (request.metrics_size() > v1::Metric_ARRAYSIZE) {
    return Invalid("metrics", absl::StrCat(request.metrics_size(), " metrics"), "repeat some; name each once");
  }
  if (request.clocks_size() > v1::Clock_ARRAYSIZE) {
    return Invalid("clocks", absl::StrCat(request.clocks_size(), " clocks"), "repeat some; name each once");
  }
  std::vector<int> metrics(request.metrics().begin(), request.metrics().end());
  if (metrics.empty()) metrics = {v1::METRIC_FIRST_RESPONSE_TIME};
  std::vector<int> clocks(request.clocks().begin(), request.clocks().end());
  if (clocks.empty()) clocks = {v1::CLOCK_CALENDAR};
  std::vector<TimesWanted> wanted;
  for (int each : metrics) {
    const auto metric = ParseMetric(each, "metrics");
    if (!metric.ok()) return metric.status();
    for (int other : clocks) {
      const auto clock = ParseClock(other, "clocks");
      if (!clock.ok()) return clock.status();
      wanted.push_back({*metric, *clock});
    }
  }
  return wanted;
}

absl::Status ParseQuantiles(const v1::QueryResponseTimesRequest& request, TimeOptions& options) {
  if (request.quantiles_size() > kMostQuantiles) {
    return Invalid("quantiles", absl::StrCat(request.quantiles_size(), " quantiles"),
                   absl::StrCat("are too many; ask for at most ", kMostQuantiles));
  }
  for (double quantile : request.quantiles()) {
    if (quantile >= kLeastQuantile && quantile <= kGreatestQuantile) continue;
    return Invalid("quantiles", absl::StrCat(quantile), "is not from 0.001 to 0.99999; ask for 0.5, for example");
  }
  options.quantiles.assign(request.quantiles().begin(), request.quantiles().end());
  if (options.quantiles.empty()) options.quantiles = {0.5, 0.9, 0.95, 0.99};
  return absl::OkStatus();
}

absl::Status ParseThresholds(const v1::QueryResponseTimesRequest& request, TimeOptions& options) {
  if (request.thresholds_size() > kMostThresholds) {
    return Invalid("thresholds", absl::StrCat(request.thresholds_size(), " thresholds"),
                   absl::StrCat("are too many; ask for at most ", kMostThresholds));
  }
  for (const google::protobuf::Duration& threshold : request.thresholds()) {
    const auto ms = ParseDuration(threshold, "thresholds");
    if (!ms.ok()) return ms.status();
    options.thresholds_ms.push_back(*ms);
  }
  if (options.thresholds_ms.empty()) options.thresholds_ms = {kHourMs, 6 * kHourMs};
  return absl::OkStatus();
}

}  // namespace

void AskForOneGroupOnly(rollup::Series& series) {
  if (!series.only_group) return;
  series.filter = {*series.group_by, *series.only_group};
  series.group_by = std::nullopt;
  series.only_group = std::nullopt;
}

bool TimesWanted::Counts(storage::v1::StretchKind kind) const {
  switch (metric) {
    case v1::METRIC_FIRST_RESPONSE_TIME:
      return kind == storage::v1::STRETCH_KIND_FIRST_RESPONSE;
    case v1::METRIC_NEXT_RESPONSE_TIME:
      return kind == storage::v1::STRETCH_KIND_FIRST_RESPONSE || kind == storage::v1::STRETCH_KIND_LATER_RESPONSE;
    case v1::METRIC_FIRST_RESOLUTION_TIME:
      return kind == storage::v1::STRETCH_KIND_FIRST_RESOLUTION;
    case v1::METRIC_FULL_RESOLUTION_TIME:
      return kind == storage::v1::STRETCH_KIND_FULL_RESOLUTION;
    case v1::METRIC_REQUESTER_WAIT_TIME:
      return kind == storage::v1::STRETCH_KIND_REQUESTER_WAIT;
    case v1::METRIC_ON_HOLD_TIME:
      return kind == storage::v1::STRETCH_KIND_ON_HOLD;
    case v1::METRIC_AGENT_WAIT_TIME:
      return kind == storage::v1::STRETCH_KIND_AGENT_WAIT;
    default:
      return false;
  }
}

bool TimesWanted::Counts(rollup::Measure measure) const {
  const std::optional<TimeMeasure> time = AsTime(measure);
  return time && time->business == IsBusiness() && Counts(time->kind);
}

absl::StatusOr<TimesPlan> ParseTimes(rollup::Dictionary& dictionary, absl::string_view tenant,
                                     const v1::QueryResponseTimesRequest& request) {
  TimesPlan plan;
  auto wanted = ParseWanted(request);
  if (!wanted.ok()) return wanted.status();
  plan.wanted = *std::move(wanted);
  absl::Status status = ParseQuantiles(request, plan.options);
  if (status.ok()) status = ParseThresholds(request, plan.options);
  if (status.ok()) status = ValidateAudience(request.audience());
  if (!status.ok()) return status;
  auto series = rollup::ParseSeries(dictionary, tenant, rollup::SeriesOf(request));
  if (!series.ok()) return series.status();
  plan.series = *std::move(series);
  if (IsInternal(request.audience())) AskForOneGroupOnly(plan.series);
  plan.options.confidence = plan.series.confidence;
  plan.options.histogram = request.include_histogram();
  return plan;
}

absl::StatusOr<ShareRankPlan> ParseShareRank(rollup::Dictionary& dictionary, absl::string_view tenant,
                                             const v1::GetShareRankRequest& request) {
  ShareRankPlan plan;
  const auto duration = ParseDuration(request.duration(), "duration");
  if (!duration.ok()) return duration.status();
  plan.duration_ms = *duration;
  const auto metric = ParseMetric(
      request.metric() == v1::METRIC_UNSPECIFIED ? v1::METRIC_FIRST_RESPONSE_TIME : request.metric(), "metric");
  if (!metric.ok()) return metric.status();
  const auto clock = ParseClock(request.clock(), "clock");
  if (!clock.ok()) return clock.status();
  plan.wanted = {*metric, *clock};
  const absl::Status audience = ValidateAudience(request.audience());
  if (!audience.ok()) return audience;
  auto series = rollup::ParseSeries(dictionary, tenant,
                                    {.range = request.range(),
                                     .time_zone = "",
                                     .filter = request.has_filter() ? &request.filter() : nullptr,
                                     .confidence = request.confidence()});
  if (!series.ok()) return series.status();
  plan.series = *std::move(series);
  if (IsInternal(request.audience())) AskForOneGroupOnly(plan.series);
  return plan;
}

absl::StatusOr<int64_t> ParseDuration(const google::protobuf::Duration& duration, absl::string_view field) {
  constexpr int64_t kMostSeconds = stats::kLongestMs / 1000;
  const std::string shown = absl::StrCat(duration.seconds(), " s and ", duration.nanos(), " ns");
  if (duration.seconds() < 0 || duration.seconds() > kMostSeconds || duration.nanos() < 0 ||
      duration.nanos() > 999'999'999) {
    return Invalid(field, shown, "is not above 0 and at most ten years; give 3600 s, for example");
  }
  const int64_t ms = duration.seconds() * 1000 + duration.nanos() / 1'000'000;
  if (ms == 0) return Invalid(field, shown, "is less than a millisecond; give 3600 s, for example");
  return ms;
}

}  // namespace rapport::response_times
