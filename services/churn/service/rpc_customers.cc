// The RPCs about activities and customers.
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "common/server/stream.h"
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

constexpr int kMostItems = 1000;

constexpr RpcSpec kRecordActivities{"RecordActivities", {ROLE_INGEST}};
constexpr RpcSpec kIngestActivities{"IngestActivities", {ROLE_INGEST}};
constexpr RpcSpec kGetCustomer{"GetCustomer", {ROLE_READ, ROLE_AGENT}};
constexpr RpcSpec kEraseCustomer{"EraseCustomer", {ROLE_ADMIN}};

absl::Status CheckActivities(int count) {
  if (count >= 1 && count <= kMostItems) return absl::OkStatus();
  return Invalid("activities", absl::StrCat(count, " items;"), absl::StrCat("send 1 to ", kMostItems, " at a time"));
}

// One result per activity of a request, for the recorder to fill in.
std::vector<v1::ActivityResult*> AddResults(int count,
                                            google::protobuf::RepeatedPtrField<v1::ActivityResult>& results) {
  std::vector<v1::ActivityResult*> pointers;
  pointers.reserve(count);
  for (int i = 0; i < count; ++i) pointers.push_back(results.Add());
  return pointers;
}

std::vector<const v1::Activity*> PointersTo(const google::protobuf::RepeatedPtrField<v1::Activity>& activities) {
  return {activities.pointer_begin(), activities.pointer_end()};
}

}  // namespace

grpc::ServerUnaryReactor* ChurnService::RecordActivities(grpc::CallbackServerContext* context,
                                                         const v1::RecordActivitiesRequest* request,
                                                         v1::RecordActivitiesResponse* response) {
  return runtime_.Async(context, kRecordActivities, [=, this](const Call& call, server::RpcRuntime::Done done) {
    absl::Status checked = CheckActivities(request->activities_size());
    if (checked.ok()) checked = runtime_.ChargeEvents(call, request->activities_size());
    if (!checked.ok()) return done(std::move(checked));
    parts_.recorder.Record(call.principal.tenant, call.deadline, PointersTo(request->activities()),
                           AddResults(request->activities_size(), *response->mutable_results()), done);
  });
}

grpc::ServerBidiReactor<v1::IngestActivitiesRequest, v1::IngestActivitiesResponse>* ChurnService::IngestActivities(
    grpc::CallbackServerContext* context) {
  using Answer = std::function<void(absl::StatusOr<v1::IngestActivitiesResponse>)>;
  return server::ServeIngest<v1::IngestActivitiesRequest, v1::IngestActivitiesResponse>(
      runtime_, context, kIngestActivities, options_.ingest_window,
      [this](const Call& call, v1::IngestActivitiesRequest request, Answer answer) {
        absl::Status checked = CheckActivities(request.activities_size());
        if (checked.ok()) checked = runtime_.ChargeEvents(call, request.activities_size());
        if (!checked.ok()) return answer(std::move(checked));
        struct Batch {
          v1::IngestActivitiesRequest request;
          v1::IngestActivitiesResponse response;
        };
        auto batch = std::make_shared<Batch>();
        batch->request = std::move(request);
        batch->response.set_sequence(batch->request.sequence());
        parts_.recorder.Record(call.principal.tenant, absl::InfiniteFuture(), PointersTo(batch->request.activities()),
                               AddResults(batch->request.activities_size(), *batch->response.mutable_results()),
                               [batch, answer = std::move(answer)](absl::Status status) {
                                 if (!status.ok()) return answer(std::move(status));
                                 answer(std::move(batch->response));
                               });
      });
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
