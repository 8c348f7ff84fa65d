// The RPCs about activities and customers.
#include <utility>

#include "common/request/fields.h"
#include "common/server/recording.h"
#include "services/churn/service/churn_service.h"
#include "services/churn/service/customer_query.h"
#include "services/churn/service/recorder.h"

namespace rapport::churn {
namespace {

using access::v1::ROLE_ADMIN;
using access::v1::ROLE_AGENT;
using access::v1::ROLE_INGEST;
using access::v1::ROLE_READ;
using server::Call;
using server::RpcSpec;

constexpr server::ItemsField kActivities{"activities", &v1::RecordActivitiesRequest::activities};
constexpr server::ItemsField kIngestedActivities{"activities", &v1::IngestActivitiesRequest::activities};

constexpr RpcSpec kRecordActivities{"RecordActivities", {ROLE_INGEST}, /*bulky=*/true};
constexpr RpcSpec kIngestActivities{"IngestActivities", {ROLE_INGEST}};
constexpr RpcSpec kGetCustomer{"GetCustomer", {ROLE_READ, ROLE_AGENT}};
constexpr RpcSpec kEraseCustomer{"EraseCustomer", {ROLE_ADMIN}};

}  // namespace

grpc::ServerUnaryReactor* ChurnService::RecordActivities(grpc::CallbackServerContext* context,
                                                         const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
  return server::ServeItems<v1::RecordActivitiesResponse>(runtime_, context, kRecordActivities, parts_.recorder,
                                                          kActivities, request, response);
}

grpc::ServerBidiReactor<v1::IngestActivitiesRequest, v1::IngestActivitiesResponse>* ChurnService::IngestActivities(
    grpc::CallbackServerContext* context) {
  return server::ServeIngestItems<v1::IngestActivitiesResponse>(
      runtime_, context, kIngestActivities, options_.ingest_window, parts_.recorder, kIngestedActivities);
}

grpc::ServerUnaryReactor* ChurnService::GetCustomer(grpc::CallbackServerContext* context,
                                                    const v1::GetCustomerRequest* request,
                                                    v1::GetCustomerResponse* response) {
  return runtime_.Blocking(context, kGetCustomer, [=, this](const Call& call) {
    return QueryCustomer(parts_.reader, call.principal.tenant, *request, *response);
  });
}

grpc::ServerUnaryReactor* ChurnService::EraseCustomer(grpc::CallbackServerContext* context,
                                                      const v1::EraseCustomerRequest* request,
                                                      v1::EraseCustomerResponse* response) {
  return runtime_.Async(context, kEraseCustomer, [=, this](const Call& call, const server::RpcRuntime::Done& done) {
    const absl::Status valid = ValidateId("customer_id", request->customer_id());
    if (!valid.ok()) return done(valid);
    parts_.recorder.Erase(call.principal.tenant, request->customer_id(),
                          [response, done](const absl::StatusOr<int64_t>& erased) {
                            if (erased.ok()) response->set_erased_count(*erased);
                            done(erased.status());
                          });
  });
}

}  // namespace rapport::churn
