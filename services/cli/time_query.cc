#include "services/cli/time_query.h"

#include "services/cli/choices.h"
#include "services/cli/duration_text.h"
#include "services/cli/json.h"
#include "services/cli/response_times_call.h"
#include "services/cli/time_output.h"
#include "services/cli/time_parsing.h"

namespace rapport::cli {
namespace {

using common::v1::TimeRange;
using response_times::v1::Audience;
using response_times::v1::Clock;
using response_times::v1::GetShareRankRequest;
using response_times::v1::Metric;
using response_times::v1::QueryEscalationsRequest;
using response_times::v1::QueryResponseTimesRequest;

absl::Status SetLists(const TimeQueryOptions& options, QueryResponseTimesRequest* request) {
  for (const std::string& text : options.metrics) {
    const absl::StatusOr<Metric> metric = ParseShortName<Metric>("--metric", text);
    if (!metric.ok()) return metric.status();
    request->add_metrics(*metric);
  }
  for (const std::string& text : options.clocks) {
    const absl::StatusOr<Clock> clock = ParseShortName<Clock>("--clock", text);
    if (!clock.ok()) return clock.status();
    request->add_clocks(*clock);
  }
  for (const std::string& text : options.within) {
    const absl::StatusOr<google::protobuf::Duration> within = ParseDurationText("--within", text);
    if (!within.ok()) return within.status();
    *request->add_thresholds() = *within;
  }
  request->mutable_quantiles()->Add(options.quantiles.begin(), options.quantiles.end());
  return absl::OkStatus();
}

absl::StatusOr<QueryResponseTimesRequest> MakeRequest(const TimeQueryOptions& options, absl::Time now) {
  QueryResponseTimesRequest request;
  const absl::StatusOr<TimeRange> range = ResolvePeriod(options.period, now);
  if (!range.ok()) return range.status();
  *request.mutable_range() = *range;
  request.set_time_zone(options.period.time_zone);
  Audience audience = response_times::v1::AUDIENCE_UNSPECIFIED;
  absl::Status status = ChooseSeries(options.bucket, options.group_by, options.filter, &request);
  status.Update(SetLists(options, &request));
  status.Update(Choose("--audience", options.audience, &audience));
  if (!status.ok()) return status;
  request.set_audience(audience);
  request.set_confidence(options.confidence);
  request.set_compare_with_previous(options.compare);
  request.set_include_histogram(options.histogram);
  return request;
}

absl::StatusOr<GetShareRankRequest> MakeRequest(const ShareRankOptions& options, absl::Time now) {
  GetShareRankRequest request;
  const absl::StatusOr<TimeRange> range = ResolvePeriod(options.period, now);
  if (!range.ok()) return range.status();
  *request.mutable_range() = *range;
  const absl::StatusOr<google::protobuf::Duration> duration = ParseDurationText("DURATION", options.duration);
  if (!duration.ok()) return duration.status();
  *request.mutable_duration() = *duration;
  Metric metric = response_times::v1::METRIC_UNSPECIFIED;
  Clock clock = response_times::v1::CLOCK_UNSPECIFIED;
  Audience audience = response_times::v1::AUDIENCE_UNSPECIFIED;
  absl::Status status = Choose("--metric", options.metric, &metric);
  status.Update(Choose("--clock", options.clock, &clock));
  status.Update(Choose("--audience", options.audience, &audience));
  status.Update(ChooseFilter(options.filter, &request));
  if (!status.ok()) return status;
  request.set_metric(metric);
  request.set_clock(clock);
  request.set_audience(audience);
  request.set_confidence(options.confidence);
  return request;
}

}  // namespace

absl::StatusOr<int> QueryTimes(Session& session, const TimeQueryOptions& options) {
  const absl::StatusOr<QueryResponseTimesRequest> request = MakeRequest(options, session.environment.now());
  if (!request.ok()) return request.status();
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.period.time_zone);
  if (!zone.ok()) return zone.status();
  const auto response = Call(session, &ResponseTimesStub::QueryResponseTimes, *request);
  if (!response.ok()) return response.status();
  session.environment.out << (session.json() ? JsonLine(*response) + "\n" : TimesText(*request, *response, *zone));
  return kDone;
}

absl::StatusOr<int> ShowShareRank(Session& session, const ShareRankOptions& options) {
  const absl::StatusOr<GetShareRankRequest> request = MakeRequest(options, session.environment.now());
  if (!request.ok()) return request.status();
  const auto response = Call(session, &ResponseTimesStub::GetShareRank, *request);
  if (!response.ok()) return response.status();
  session.environment.out << (session.json() ? JsonLine(*response) + "\n" : ShareRankText(*request, *response));
  return kDone;
}

absl::StatusOr<int> QueryEscalations(Session& session, const EscalationOptions& options) {
  QueryEscalationsRequest request;
  const absl::StatusOr<TimeRange> range = ResolvePeriod(options.period, session.environment.now());
  if (!range.ok()) return range.status();
  *request.mutable_range() = *range;
  if (absl::Status status = ChooseFilter(options.filter, &request); !status.ok()) return status;
  request.set_top_customers(options.top);
  request.set_confidence(options.confidence);
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.period.time_zone);
  if (!zone.ok()) return zone.status();
  const auto response = Call(session, &ResponseTimesStub::QueryEscalations, request);
  if (!response.ok()) return response.status();
  session.environment.out << (session.json() ? JsonLine(*response) + "\n" : EscalationsText(request, *response, *zone));
  return kDone;
}

}  // namespace rapport::cli
