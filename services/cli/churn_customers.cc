#include "services/cli/churn_customers.h"

#include "absl/strings/str_cat.h"
#include "services/cli/churn_call.h"
#include "services/cli/customer_output.h"
#include "services/cli/days.h"
#include "services/cli/json.h"
#include "services/cli/pages.h"
#include "services/cli/period.h"
#include "services/cli/text.h"
#include "services/cli/time_parsing.h"

namespace rapport::cli {
namespace {

using churn::v1::CustomerFeatures;
using churn::v1::ExportTrainingDataResponse;
using churn::v1::FoundCustomer;
using churn::v1::GetFeatureSchemaResponse;
using churn::v1::SearchCustomersRequest;
using churn::v1::SearchCustomersResponse;

absl::Status SetMoment(const std::string& text, absl::TimeZone zone, google::protobuf::Timestamp* timestamp) {
  const absl::StatusOr<absl::Time> time = ParseMoment("--as-of", text, zone);
  if (time.ok()) *timestamp = ToTimestamp(*time);
  return time.status();
}

absl::StatusOr<GetFeatureSchemaResponse> GetSchema(const Session& session) {
  return Call(session, &ChurnStub::GetFeatureSchema, churn::v1::GetFeatureSchemaRequest());
}

// A chunk of training data; returns how many rows it has.
int WriteChunk(const ExportTrainingDataResponse& chunk, const GetFeatureSchemaResponse& schema, bool csv,
               std::ostream& out) {
  for (int i = 0; i < chunk.customers_size(); ++i) {
    if (csv) {
      out << TrainingCsvLine(schema, chunk.customers(i), i < chunk.lost_size() && chunk.lost(i));
      continue;
    }
    ExportTrainingDataResponse row;
    *row.add_customers() = chunk.customers(i);
    row.add_lost(i < chunk.lost_size() && chunk.lost(i));
    out << JsonLine(row) << "\n";
  }
  return chunk.customers_size();
}

}  // namespace

absl::StatusOr<int> SearchCustomers(Session& session, const SearchOptions& options) {
  SearchCustomersRequest request;
  request.set_filter(options.filter);
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  ChurnStub stub(connection->channel());
  std::vector<FoundCustomer> customers;
  int64_t total = 0;
  const auto call = [&](auto... arguments) { return stub.SearchCustomers(arguments...); };
  const auto take_page = [&](const SearchCustomersResponse& page) -> int64_t {
    total = page.total_count();
    customers.insert(customers.end(), page.customers().begin(), page.customers().end());
    return page.customers_size();
  };
  if (absl::Status status = ForEachPage<SearchCustomersRequest, SearchCustomersResponse>(*connection, options.limit,
                                                                                         request, call, take_page);
      !status.ok()) {
    return status;
  }
  if (session.json()) {
    for (const FoundCustomer& customer : customers) session.environment.out << JsonLine(customer) << "\n";
    return kDone;
  }
  if (!customers.empty()) session.environment.out << FoundText(customers) << "\n";
  session.environment.out << Grouped(total) << (total == 1 ? " customer matches\n" : " customers match\n");
  return kDone;
}

absl::StatusOr<int> ShowCustomer(Session& session, const ShowCustomerOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  churn::v1::GetCustomerRequest request;
  request.set_customer_id(options.customer);
  if (!options.as_of.empty()) {
    if (absl::Status status = SetMoment(options.as_of, *zone, request.mutable_as_of()); !status.ok()) return status;
  }
  const auto response = Call(session, &ChurnStub::GetCustomer, request);
  if (!response.ok()) return response.status();
  session.environment.out << (session.json() ? JsonLine(*response) + "\n" : CustomerText(*response, *zone));
  return kDone;
}

absl::StatusOr<int> ShowFeatures(Session& session, const FeaturesOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  absl::StatusOr<GetFeatureSchemaResponse> schema;
  if (options.customers.empty() || !session.json()) {
    schema = GetSchema(session);
    if (!schema.ok()) return schema.status();
  }
  if (options.customers.empty()) {
    session.environment.out << (session.json() ? JsonLine(*schema) + "\n" : FeatureSchemaText(*schema));
    return kDone;
  }
  churn::v1::BatchGetFeaturesRequest request;
  request.mutable_customer_ids()->Add(options.customers.begin(), options.customers.end());
  if (!options.as_of.empty()) {
    if (absl::Status status = SetMoment(options.as_of, *zone, request.mutable_as_of()); !status.ok()) return status;
  }
  const auto response = Call(session, &ChurnStub::BatchGetFeatures, request);
  if (!response.ok()) return response.status();
  bool first = true;
  for (const CustomerFeatures& customer : response->customers()) {
    if (!session.json() && !first) session.environment.out << "\n";
    session.environment.out << (session.json() ? JsonLine(customer) + "\n" : FeaturesText(*schema, customer, *zone));
    first = false;
  }
  return kDone;
}

absl::StatusOr<int> ExportTrainingData(Session& session, const ExportTrainingDataOptions& options) {
  churn::v1::ExportTrainingDataRequest request;
  if (absl::Status status = SetRecordedOutcomes(options.cut_off, options.horizon, request.mutable_outcomes());
      !status.ok()) {
    return status;
  }
  const absl::StatusOr<GetFeatureSchemaResponse> schema = GetSchema(session);
  if (!schema.ok()) return schema.status();
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  return WriteExport(session, options, "rows",
                     [&](std::ostream& out, Progress& progress, const RetryPolicy&) -> absl::StatusOr<int64_t> {
                       ChurnStub stub(connection->channel());
                       const std::unique_ptr<grpc::ClientContext> context = connection->NewStreamContext();
                       const auto stream = stub.ExportTrainingData(context.get(), request);
                       if (options.csv()) out << TrainingCsvHeader(*schema);
                       int64_t count = 0;
                       ExportTrainingDataResponse chunk;
                       while (stream->Read(&chunk)) {
                         count += WriteChunk(chunk, *schema, options.csv(), out);
                         progress.Update(count, 0);
                       }
                       absl::Status status = connection->Explain(stream->Finish());
                       if (!status.ok()) return status;
                       return count;
                     });
}

absl::StatusOr<int> EraseActivities(Session& session, const EraseOptions& options) {
  if (absl::Status status = ConfirmErasing(session.environment, options, "activities and scores"); !status.ok()) {
    return status;
  }
  churn::v1::EraseCustomerRequest request;
  request.set_customer_id(options.customer);
  const auto response = Call(session, &ChurnStub::EraseCustomer, request);
  if (!response.ok()) return response.status();
  session.environment.out << (session.json()
                                  ? JsonLine(*response)
                                  : absl::StrCat("erased ", Grouped(response->erased_count()), " activities"))
                          << "\n";
  return kDone;
}

}  // namespace rapport::cli
