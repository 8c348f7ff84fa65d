// The RPCs about features.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "common/server/stream.h"
#include "common/time/interval.h"
#include "services/churn/core/features.h"
#include "services/churn/service/churn_service.h"
#include "services/churn/service/feature_reader.h"
#include "services/churn/service/reader.h"
#include "services/churn/service/recorded_outcomes.h"

namespace rapport::churn {
namespace {

using access::v1::ROLE_AGENT;
using access::v1::ROLE_READ;
using server::Call;
using server::RpcSpec;

constexpr RpcSpec kGetFeatureSchema{"GetFeatureSchema", {ROLE_READ, ROLE_AGENT}};
constexpr RpcSpec kBatchGetFeatures{"BatchGetFeatures", {ROLE_READ}};
constexpr RpcSpec kExportTrainingData{"ExportTrainingData", {ROLE_READ}};

constexpr int kMostCustomers = 1000;

absl::StatusOr<std::vector<std::string>> ParseIds(const v1::BatchGetFeaturesRequest& request) {
  if (request.customer_ids_size() < 1 || request.customer_ids_size() > kMostCustomers) {
    return Invalid("customer_ids", absl::StrCat(request.customer_ids_size(), " customers;"),
                   absl::StrCat("ask for 1 to ", kMostCustomers, " at a time"));
  }
  for (const std::string& id : request.customer_ids()) {
    const absl::Status valid = ValidateId("customer_ids", id);
    if (!valid.ok()) return valid;
  }
  return std::vector<std::string>(request.customer_ids().begin(), request.customer_ids().end());
}

absl::StatusOr<std::optional<absl::Time>> ParseAsOf(const v1::BatchGetFeaturesRequest& request, absl::Time now) {
  if (!request.has_as_of()) return std::nullopt;
  const absl::Status valid = ValidateMoment("as_of", request.as_of());
  if (!valid.ok()) return valid;
  const absl::Time as_of = FromProto(request.as_of());
  if (as_of <= now) return as_of;
  return Invalid("as_of", absl::FormatTime(as_of, absl::UTCTimeZone()),
                 "is in the future; leave it out for what is known now");
}

}  // namespace

grpc::ServerUnaryReactor* ChurnService::GetFeatureSchema(grpc::CallbackServerContext* context,
                                                         const v1::GetFeatureSchemaRequest*,
                                                         v1::GetFeatureSchemaResponse* response) {
  return runtime_.Async(context, kGetFeatureSchema, [=](const Call&, const server::RpcRuntime::Done& done) {
    for (const v1::FeatureDefinition& definition : StandardFeatures()) *response->add_features() = definition;
    done(absl::OkStatus());
  });
}

grpc::ServerUnaryReactor* ChurnService::BatchGetFeatures(grpc::CallbackServerContext* context,
                                                         const v1::BatchGetFeaturesRequest* request,
                                                         v1::BatchGetFeaturesResponse* response) {
  return runtime_.Blocking(context, kBatchGetFeatures, [=, this](const Call& call) -> absl::Status {
    const absl::StatusOr<std::vector<std::string>> ids = ParseIds(*request);
    if (!ids.ok()) return ids.status();
    const auto as_of = ParseAsOf(*request, parts_.reader.Now());
    if (!as_of.ok()) return as_of.status();
    auto customers = parts_.features.Load(call.principal.tenant, *ids, *as_of, call.deadline);
    if (!customers.ok()) return customers.status();
    for (v1::CustomerFeatures& customer : *customers) *response->add_customers() = std::move(customer);
    return absl::OkStatus();
  });
}

grpc::ServerWriteReactor<v1::ExportTrainingDataResponse>* ChurnService::ExportTrainingData(
    grpc::CallbackServerContext* context, const v1::ExportTrainingDataRequest* request) {
  using Producer = server::Producer<v1::ExportTrainingDataResponse>;
  return server::ServeStream<v1::ExportTrainingDataResponse>(
      runtime_, context, kExportTrainingData, [this, request](const Call& call) -> absl::StatusOr<Producer> {
        auto opened = RecordedOutcomes::Open(parts_.reader, parts_.directory, parts_.features, call.principal.tenant,
                                             request->outcomes());
        if (!opened.ok()) return opened.status();
        return [rows = std::make_shared<RecordedOutcomes>(*std::move(opened)),
                deadline = call.deadline](v1::ExportTrainingDataResponse* response) -> absl::StatusOr<server::Step> {
          while (!rows->done() && response->customers().empty()) {
            absl::StatusOr<LabelledCustomers> chunk = rows->Next(deadline);
            if (!chunk.ok()) return chunk.status();
            for (v1::CustomerFeatures& customer : chunk->customers) *response->add_customers() = std::move(customer);
            for (const bool lost : chunk->lost) response->add_lost(lost);
          }
          return response->customers().empty() ? server::Step::kEnd : server::Step::kMessage;
        };
      });
}

}  // namespace rapport::churn
