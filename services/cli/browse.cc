#include "services/cli/browse.h"

#include <grpcpp/client_context.h>

#include <vector>

#include "rapport/ratings/v1/ratings_service.grpc.pb.h"
#include "services/cli/enum_names.h"
#include "services/cli/json.h"
#include "services/cli/pages.h"
#include "services/cli/rating_output.h"
#include "services/cli/time_parsing.h"

namespace rapport::cli {
namespace {

using ratings::v1::BatchGetCustomerSatisfactionRequest;
using ratings::v1::BatchGetCustomerSatisfactionResponse;
using ratings::v1::CustomerOrder;
using ratings::v1::CustomerSatisfaction;
using ratings::v1::GetRatingRequest;
using ratings::v1::GetRatingResponse;
using ratings::v1::ListCustomersBySatisfactionRequest;
using ratings::v1::ListCustomersBySatisfactionResponse;
using ratings::v1::ListRatingsRequest;
using ratings::v1::ListRatingsResponse;
using ratings::v1::Rating;
using ratings::v1::RatingsService;

void PrintCustomers(Session& session, const std::vector<CustomerSatisfaction>& customers) {
  if (!session.json()) {
    session.environment.out << CustomersText(customers);
    return;
  }
  for (const CustomerSatisfaction& customer : customers) session.environment.out << JsonLine(customer) << "\n";
}

absl::StatusOr<ListCustomersBySatisfactionRequest> MakeRequest(const CustomersOptions& options, absl::Time now) {
  ListCustomersBySatisfactionRequest request;
  const absl::StatusOr<common::v1::TimeRange> range = ResolvePeriod(options.period, now);
  if (!range.ok()) return range.status();
  *request.mutable_range() = *range;
  const absl::StatusOr<ratings::v1::Scale> scale = ParseScale(options.scale);
  if (!scale.ok()) return scale.status();
  request.set_scale(*scale);
  const absl::StatusOr<CustomerOrder> order = ParseShortName<CustomerOrder>("--order", options.order);
  if (!order.ok()) return order.status();
  request.set_order(*order);
  if (!options.filter.empty()) {
    const absl::StatusOr<common::v1::DimensionValue> filter = ParseDimensionValue(options.filter);
    if (!filter.ok()) return filter.status();
    *request.mutable_filter() = *filter;
  }
  request.set_min_ratings(options.min_ratings);
  request.set_confidence(options.confidence);
  return request;
}

}  // namespace

absl::StatusOr<int> List(Session& session, const ListOptions& options) {
  ListRatingsRequest request;
  const absl::StatusOr<common::v1::TimeRange> range = ResolvePeriod(options.period, session.environment.now());
  if (!range.ok()) return range.status();
  *request.mutable_range() = *range;
  const absl::StatusOr<ratings::v1::RatingFilter> filter = MakeFilter(options.filter);
  if (!filter.ok()) return filter.status();
  *request.mutable_filter() = *filter;
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.period.time_zone);
  if (!zone.ok()) return zone.status();
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();

  const auto stub = RatingsService::NewStub(connection->channel());
  const auto call = [&](auto... arguments) { return stub->ListRatings(arguments...); };
  bool any = false;
  const auto take_page = [&](const ListRatingsResponse& page) -> int64_t {
    Table table = RatingTable();
    for (const Rating& rating : page.ratings()) {
      if (session.json()) {
        session.environment.out << JsonLine(rating) << "\n";
      } else {
        table.AddRow(RatingCells(rating, *zone));
      }
    }
    if (!session.json() && !page.ratings().empty()) session.environment.out << table.ToText();
    any = any || !page.ratings().empty();
    return page.ratings_size();
  };
  if (absl::Status status =
          ForEachPage<ListRatingsRequest, ListRatingsResponse>(*connection, options.limit, request, call, take_page);
      !status.ok()) {
    return status;
  }
  if (!any && !session.json()) session.environment.out << "no ratings\n";
  return kDone;
}

absl::StatusOr<int> Get(Session& session, const GetOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  GetRatingRequest request;
  request.set_rating_id(options.rating_id);
  GetRatingResponse response;
  const grpc::Status called =
      RatingsService::NewStub(connection->channel())->GetRating(connection->NewContext().get(), request, &response);
  if (!called.ok()) return connection->Explain(called);
  session.environment.out << (session.json() ? JsonLine(response) + "\n" : RatingDetails(response, *zone));
  return kDone;
}

absl::StatusOr<int> ListCustomers(Session& session, const CustomersOptions& options) {
  const absl::StatusOr<ListCustomersBySatisfactionRequest> request = MakeRequest(options, session.environment.now());
  if (!request.ok()) return request.status();
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();

  const auto stub = RatingsService::NewStub(connection->channel());
  const auto call = [&](auto... arguments) { return stub->ListCustomersBySatisfaction(arguments...); };
  std::vector<CustomerSatisfaction> customers;
  const auto take_page = [&](const ListCustomersBySatisfactionResponse& page) -> int64_t {
    customers.insert(customers.end(), page.customers().begin(), page.customers().end());
    return page.customers_size();
  };
  if (absl::Status status = ForEachPage<ListCustomersBySatisfactionRequest, ListCustomersBySatisfactionResponse>(
          *connection, options.limit, *request, call, take_page);
      !status.ok()) {
    return status;
  }
  PrintCustomers(session, customers);
  return kDone;
}

absl::StatusOr<int> GetCustomers(Session& session, const CustomerOptions& options) {
  BatchGetCustomerSatisfactionRequest request;
  for (const std::string& id : options.ids) request.add_customer_ids(id);
  request.set_confidence(options.confidence);
  if (options.period.given()) {
    const absl::StatusOr<common::v1::TimeRange> range = ResolvePeriod(options.period, session.environment.now());
    if (!range.ok()) return range.status();
    *request.mutable_range() = *range;
  }
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  BatchGetCustomerSatisfactionResponse response;
  const grpc::Status called = RatingsService::NewStub(connection->channel())
                                  ->BatchGetCustomerSatisfaction(connection->NewContext().get(), request, &response);
  if (!called.ok()) return connection->Explain(called);
  PrintCustomers(session, {response.customers().begin(), response.customers().end()});
  return kDone;
}

}  // namespace rapport::cli
