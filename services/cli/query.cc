#include "services/cli/query.h"

#include <grpcpp/client_context.h>

#include "rapport/ratings/v1/ratings_service.grpc.pb.h"
#include "services/cli/enum_names.h"
#include "services/cli/filters.h"
#include "services/cli/json.h"
#include "services/cli/query_output.h"
#include "services/cli/time_parsing.h"

namespace rapport::cli {
namespace {

using common::v1::Bucket;
using common::v1::Dimension;
using common::v1::DimensionValue;
using ratings::v1::QueryRatingsRequest;
using ratings::v1::Scale;

absl::Status SetChoices(const QueryOptions& options, QueryRatingsRequest* request) {
  const absl::StatusOr<Bucket> bucket = ParseShortName<Bucket>("--bucket", options.bucket);
  if (!bucket.ok()) return bucket.status();
  request->set_bucket(*bucket);
  const absl::StatusOr<Scale> scale = ParseScale(options.scale);
  if (!scale.ok()) return scale.status();
  request->set_scale(*scale);
  if (!options.group_by.empty()) {
    const absl::StatusOr<Dimension> dimension = ParseShortName<Dimension>("--group-by", options.group_by);
    if (!dimension.ok()) return dimension.status();
    request->set_group_by(*dimension);
  }
  if (!options.filter.empty()) {
    const absl::StatusOr<DimensionValue> filter = ParseDimensionValue(options.filter);
    if (!filter.ok()) return filter.status();
    *request->mutable_filter() = *filter;
  }
  return absl::OkStatus();
}

absl::StatusOr<QueryRatingsRequest> MakeRequest(const QueryOptions& options, absl::Time now) {
  QueryRatingsRequest request;
  const absl::StatusOr<common::v1::TimeRange> range = ResolvePeriod(options.period, now);
  if (!range.ok()) return range.status();
  *request.mutable_range() = *range;
  request.set_time_zone(options.period.time_zone);
  if (absl::Status status = SetChoices(options, &request); !status.ok()) return status;
  request.set_confidence(options.confidence);
  request.set_compare_with_previous(options.compare);
  request.set_include_customer_figures(options.customers);
  request.set_top_customers(options.top);
  return request;
}

}  // namespace

absl::StatusOr<int> Query(Session& session, const QueryOptions& options) {
  const absl::StatusOr<QueryRatingsRequest> request = MakeRequest(options, session.environment.now());
  if (!request.ok()) return request.status();
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.period.time_zone);
  if (!zone.ok()) return zone.status();
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  ratings::v1::QueryRatingsResponse response;
  const grpc::Status called = ratings::v1::RatingsService::NewStub(connection->channel())
                                  ->QueryRatings(connection->NewContext().get(), *request, &response);
  if (!called.ok()) return connection->Explain(called);
  session.environment.out << (session.json() ? JsonLine(response) + "\n" : QueryText(*request, response, *zone));
  return kDone;
}

}  // namespace rapport::cli
