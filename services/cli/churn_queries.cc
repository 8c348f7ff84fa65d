#include "services/cli/churn_queries.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/time/interval.h"
#include "services/cli/choices.h"
#include "services/cli/churn_call.h"
#include "services/cli/churn_output.h"
#include "services/cli/days.h"
#include "services/cli/json.h"
#include "services/cli/pages.h"
#include "services/cli/time_parsing.h"

namespace rapport::cli {
namespace {

using churn::v1::ForecastPurchasesRequest;
using churn::v1::ForecastPurchasesResponse;
using churn::v1::HealthBand;
using churn::v1::QueryChurnRequest;
using churn::v1::QueryConversionRequest;
using churn::v1::QueryRetentionRequest;
using common::v1::TimeRange;

// So far back lies the start of those whose retention and conversion a report tells.
constexpr int kReportMonthsBack = 24;

template <class Options, class Request>
absl::Status SetCommon(const Options& options, absl::Time now, Request* request) {
  const absl::StatusOr<TimeRange> range = ResolvePeriod(options.period, now);
  if (!range.ok()) return range.status();
  *request->mutable_range() = *range;
  request->set_time_zone(options.period.time_zone);
  request->set_confidence(options.confidence);
  return absl::OkStatus();
}

template <class Options, class Request>
void SetGrouping(const Options& options, Request* request) {
  request->mutable_grouping()->set_group_by(options.group_by);
  request->mutable_grouping()->set_filter(options.filter);
  request->mutable_grouping()->set_max_groups(options.max_groups);
}

template <class Request>
absl::Status SetBucket(const std::string& text, Request* request) {
  common::v1::Bucket bucket = common::v1::BUCKET_UNSPECIFIED;
  absl::Status status = Choose("--bucket", text, &bucket);
  request->set_bucket(bucket);
  return status;
}

// From 24 months before the end of `range` to its end.
TimeRange LongRange(const TimeRange& range, absl::TimeZone zone) {
  TimeRange result = range;
  const absl::CivilSecond end = absl::ToCivilSecond(FromProto(range.end()), zone);
  *result.mutable_start() = ToTimestamp(absl::FromCivil(absl::CivilMonth(end) - kReportMonthsBack, zone));
  return result;
}

absl::StatusOr<int64_t> CountBand(const Connection& connection, HealthBand band) {
  churn::v1::SearchCustomersRequest request;
  request.set_filter(absl::StrCat("active = true AND band = ", ShortName(band)));
  request.mutable_page()->set_page_size(1);
  const auto response = Call(connection, &ChurnStub::SearchCustomers, request);
  if (!response.ok()) return response.status();
  return response->total_count();
}

absl::Status AskFigures(const Connection& connection, absl::TimeZone zone, ChurnReport* report) {
  auto churned = Call(connection, &ChurnStub::QueryChurn, report->churn_request);
  if (!churned.ok()) return churned.status();
  report->churn = *std::move(churned);
  const TimeRange range = LongRange(report->churn_request.range(), zone);
  QueryRetentionRequest retention;
  *retention.mutable_range() = range;
  retention.set_time_zone(report->churn_request.time_zone());
  retention.set_confidence(report->churn_request.confidence());
  auto retained = Call(connection, &ChurnStub::QueryRetention, retention);
  if (!retained.ok()) return retained.status();
  report->retention = *std::move(retained);
  QueryConversionRequest conversion;
  *conversion.mutable_range() = range;
  conversion.set_time_zone(report->churn_request.time_zone());
  conversion.set_confidence(report->churn_request.confidence());
  conversion.set_bucket(common::v1::BUCKET_ALL);
  auto converted = Call(connection, &ChurnStub::QueryConversion, conversion);
  if (!converted.ok()) return converted.status();
  report->conversion = *std::move(converted);
  return absl::OkStatus();
}

absl::Status AskRisk(const Connection& connection, int top, ChurnReport* report) {
  for (const HealthBand band :
       {churn::v1::HEALTH_BAND_RED, churn::v1::HEALTH_BAND_YELLOW, churn::v1::HEALTH_BAND_GREEN}) {
    const absl::StatusOr<int64_t> count = CountBand(connection, band);
    if (!count.ok()) return count.status();
    report->bands.push_back({band, *count});
  }
  if (top == 0) return absl::OkStatus();
  churn::v1::ListCustomersByRiskRequest request;
  request.mutable_page()->set_page_size(top);
  auto response = Call(connection, &ChurnStub::ListCustomersByRisk, request);
  if (!response.ok()) return response.status();
  report->at_risk.assign(response->scores().begin(), response->scores().end());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<int> QueryChurn(Session& session, const ChurnQueryOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.period.time_zone);
  if (!zone.ok()) return zone.status();
  QueryChurnRequest request;
  absl::Status status = SetCommon(options, session.environment.now(), &request);
  SetGrouping(options, &request);
  status.Update(SetBucket(options.bucket, &request));
  if (!status.ok()) return status;
  request.set_compare_with_previous(options.compare);
  const auto response = Call(session, &ChurnStub::QueryChurn, request);
  if (!response.ok()) return response.status();
  session.environment.out << (session.json() ? JsonLine(*response) + "\n" : ChurnText(request, *response, *zone));
  return kDone;
}

absl::StatusOr<int> QueryRetention(Session& session, const RetentionOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.period.time_zone);
  if (!zone.ok()) return zone.status();
  QueryRetentionRequest request;
  const absl::Status status = SetCommon(options, session.environment.now(), &request);
  SetGrouping(options, &request);
  if (!status.ok()) return status;
  request.set_by_cohort(options.by_cohort);
  const auto response = Call(session, &ChurnStub::QueryRetention, request);
  if (!response.ok()) return response.status();
  session.environment.out << (session.json() ? JsonLine(*response) + "\n"
                                             : RetentionText(request, *response, options.months, *zone));
  return kDone;
}

absl::StatusOr<int> QueryConversion(Session& session, const ConversionOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.period.time_zone);
  if (!zone.ok()) return zone.status();
  QueryConversionRequest request;
  absl::Status status = SetCommon(options, session.environment.now(), &request);
  SetGrouping(options, &request);
  status.Update(SetBucket(options.bucket, &request));
  if (!status.ok()) return status;
  request.mutable_window_months()->Add(options.within.begin(), options.within.end());
  request.set_compare_with_previous(options.compare);
  const auto response = Call(session, &ChurnStub::QueryConversion, request);
  if (!response.ok()) return response.status();
  session.environment.out << (session.json() ? JsonLine(*response) + "\n" : ConversionText(request, *response, *zone));
  return kDone;
}

absl::StatusOr<int> ForecastPurchases(Session& session, const ForecastOptions& options) {
  ForecastPurchasesRequest request;
  request.set_customer_id(options.customer);
  const absl::StatusOr<int32_t> days = ParseDays("--horizon", options.horizon);
  if (!days.ok()) return days.status();
  request.set_horizon_days(*days);
  if (!options.as_of.empty()) {
    const absl::StatusOr<absl::Time> time = ParseMoment("--as-of", options.as_of, absl::UTCTimeZone());
    if (!time.ok()) return time.status();
    *request.mutable_as_of() = ToTimestamp(*time);
  }
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  ChurnStub stub(connection->channel());
  ForecastPurchasesResponse all;
  const auto call = [&](auto... arguments) { return stub.ForecastPurchases(arguments...); };
  const auto take_page = [&](const ForecastPurchasesResponse& page) -> int64_t {
    *all.mutable_model() = page.model();
    all.mutable_customers()->MergeFrom(page.customers());
    return page.customers_size();
  };
  if (absl::Status status = ForEachPage<ForecastPurchasesRequest, ForecastPurchasesResponse>(*connection, options.limit,
                                                                                             request, call, take_page);
      !status.ok()) {
    return status;
  }
  session.environment.out << (session.json() ? JsonLine(all) + "\n" : ForecastText(all, *days));
  return kDone;
}

absl::StatusOr<int> Report(Session& session, const ReportOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.period.time_zone);
  if (!zone.ok()) return zone.status();
  ChurnReport report;
  absl::Status status = SetCommon(options, session.environment.now(), &report.churn_request);
  if (!status.ok()) return status;
  report.churn_request.set_bucket(common::v1::BUCKET_ALL);
  report.churn_request.set_compare_with_previous(true);
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  status = AskFigures(*connection, *zone, &report);
  if (status.ok()) status = AskRisk(*connection, options.top, &report);
  if (!status.ok()) return status;
  session.environment.out << (session.json() ? ReportJson(report) + "\n" : ReportText(report, *zone));
  return kDone;
}

}  // namespace rapport::cli
