// The RPCs about conversations and their figures.
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/request/fields.h"
#include "common/server/recording.h"
#include "common/server/stream.h"
#include "services/response_times/core/explanation.h"
#include "services/response_times/service/customers_query.h"
#include "services/response_times/service/erasure.h"
#include "services/response_times/service/escalations_query.h"
#include "services/response_times/service/event_export.h"
#include "services/response_times/service/response_times_service.h"
#include "services/response_times/service/times_query.h"
#include "services/response_times/service/waiting.h"

namespace rapport::response_times {
namespace {

using access::v1::ROLE_ADMIN;
using access::v1::ROLE_AGENT;
using access::v1::ROLE_INGEST;
using access::v1::ROLE_READ;
using server::Call;
using server::RpcSpec;

constexpr server::ItemsField kEvents{"events", &v1::RecordEventsRequest::events};
constexpr server::ItemsField kIngestedEvents{"events", &v1::IngestEventsRequest::events};

constexpr RpcSpec kRecordEvents{"RecordEvents", {ROLE_INGEST}, /*bulky=*/true};
constexpr RpcSpec kIngestEvents{"IngestEvents", {ROLE_INGEST}};
constexpr RpcSpec kQueryResponseTimes{"QueryResponseTimes", {ROLE_READ}};
constexpr RpcSpec kGetShareRank{"GetShareRank", {ROLE_READ, ROLE_AGENT}};
constexpr RpcSpec kGetConversation{"GetConversation", {ROLE_READ, ROLE_AGENT}};
constexpr RpcSpec kListWaiting{"ListWaiting", {ROLE_READ, ROLE_AGENT}};
constexpr RpcSpec kGetBacklog{"GetBacklog", {ROLE_READ, ROLE_AGENT}};
constexpr RpcSpec kBatchGetCustomerResponsiveness{"BatchGetCustomerResponsiveness", {ROLE_READ}};
constexpr RpcSpec kQueryEscalations{"QueryEscalations", {ROLE_READ}};
constexpr RpcSpec kExportEvents{"ExportEvents", {ROLE_READ}};
constexpr RpcSpec kEraseCustomer{"EraseCustomer", {ROLE_ADMIN}};

}  // namespace

grpc::ServerUnaryReactor* ResponseTimesService::RecordEvents(grpc::CallbackServerContext* context,
                                                             const grpc::ByteBuffer* request,
                                                             grpc::ByteBuffer* response) {
  return server::ServeItems<v1::RecordEventsResponse>(runtime_, context, kRecordEvents, parts_.recorder, kEvents,
                                                      request, response);
}

grpc::ServerBidiReactor<v1::IngestEventsRequest, v1::IngestEventsResponse>* ResponseTimesService::IngestEvents(
    grpc::CallbackServerContext* context) {
  return server::ServeIngestItems<v1::IngestEventsResponse>(runtime_, context, kIngestEvents, options_.ingest_window,
                                                            parts_.recorder, kIngestedEvents);
}

grpc::ServerUnaryReactor* ResponseTimesService::QueryResponseTimes(grpc::CallbackServerContext* context,
                                                                   const v1::QueryResponseTimesRequest* request,
                                                                   v1::QueryResponseTimesResponse* response) {
  return runtime_.Blocking(context, kQueryResponseTimes, [=, this](const Call& call) -> absl::Status {
    const auto policies = parts_.resources.Get(call.principal.tenant);
    if (!policies.ok()) return policies.status();
    return QueryTimes(parts_.reader, parts_.dictionary, **policies, call.principal.tenant, options_.min_group_size,
                      *request, *response);
  });
}

grpc::ServerUnaryReactor* ResponseTimesService::GetShareRank(grpc::CallbackServerContext* context,
                                                             const v1::GetShareRankRequest* request,
                                                             v1::GetShareRankResponse* response) {
  return runtime_.Blocking(context, kGetShareRank, [=, this](const Call& call) -> absl::Status {
    const auto policies = parts_.resources.Get(call.principal.tenant);
    if (!policies.ok()) return policies.status();
    return QueryShareRank(parts_.reader, parts_.dictionary, **policies, call.principal.tenant, options_.min_group_size,
                          *request, *response);
  });
}

grpc::ServerUnaryReactor* ResponseTimesService::GetConversation(grpc::CallbackServerContext* context,
                                                                const v1::GetConversationRequest* request,
                                                                v1::GetConversationResponse* response) {
  return runtime_.Blocking(context, kGetConversation, [=, this](const Call& call) -> absl::Status {
    const std::string& id = request->conversation_id();
    absl::Status valid = ValidateId("conversation_id", id);
    if (!valid.ok()) return valid;
    const auto records = parts_.reader.LoadConversations(call.principal.tenant, {id});
    if (!records.ok()) return records.status();
    if (records->front().events().empty()) {
      return absl::NotFoundError(
          absl::StrCat("conversation_id: ", Shown(id), " is not known; check the id, or record its events"));
    }
    const auto policies = parts_.resources.Get(call.principal.tenant);
    if (!policies.ok()) return policies.status();
    *response = Explain(id, records->front(), **policies, parts_.reader.Now());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ResponseTimesService::ListWaiting(grpc::CallbackServerContext* context,
                                                            const v1::ListWaitingRequest* request,
                                                            v1::ListWaitingResponse* response) {
  return runtime_.Blocking(context, kListWaiting, [=, this](const Call& call) {
    return response_times::ListWaiting(parts_.reader, call.principal.tenant, *request, *response);
  });
}

grpc::ServerUnaryReactor* ResponseTimesService::GetBacklog(grpc::CallbackServerContext* context,
                                                           const v1::GetBacklogRequest*,
                                                           v1::GetBacklogResponse* response) {
  return runtime_.Blocking(context, kGetBacklog, [=, this](const Call& call) {
    return response_times::GetBacklog(parts_.reader, call.principal.tenant, *response);
  });
}

grpc::ServerUnaryReactor* ResponseTimesService::BatchGetCustomerResponsiveness(
    grpc::CallbackServerContext* context, const v1::BatchGetCustomerResponsivenessRequest* request,
    v1::BatchGetCustomerResponsivenessResponse* response) {
  return runtime_.Blocking(context, kBatchGetCustomerResponsiveness, [=, this](const Call& call) -> absl::Status {
    const auto policies = parts_.resources.Get(call.principal.tenant);
    if (!policies.ok()) return policies.status();
    return GetResponsiveness(parts_.reader, **policies, call.principal.tenant, *request, *response);
  });
}

grpc::ServerUnaryReactor* ResponseTimesService::QueryEscalations(grpc::CallbackServerContext* context,
                                                                 const v1::QueryEscalationsRequest* request,
                                                                 v1::QueryEscalationsResponse* response) {
  return runtime_.Blocking(context, kQueryEscalations, [=, this](const Call& call) {
    return response_times::QueryEscalations(parts_.reader, parts_.dictionary, call.principal.tenant, *request,
                                            *response);
  });
}

grpc::ServerWriteReactor<v1::ExportEventsResponse>* ResponseTimesService::ExportEvents(
    grpc::CallbackServerContext* context, const v1::ExportEventsRequest* request) {
  using Producer = server::Producer<v1::ExportEventsResponse>;
  return server::ServeStream<v1::ExportEventsResponse>(
      runtime_, context, kExportEvents, [this, request](const Call& call) -> absl::StatusOr<Producer> {
        absl::StatusOr<EventExport> events = EventExport::Open(parts_.reader, call.principal.tenant, *request);
        if (!events.ok()) return events.status();
        return [events = std::make_shared<EventExport>(*std::move(events))](
                   v1::ExportEventsResponse* response) -> absl::StatusOr<server::Step> {
          const absl::StatusOr<bool> more = events->Next(*response);
          if (!more.ok()) return more.status();
          return *more ? server::Step::kMessage : server::Step::kEnd;
        };
      });
}

grpc::ServerUnaryReactor* ResponseTimesService::EraseCustomer(grpc::CallbackServerContext* context,
                                                              const v1::EraseCustomerRequest* request,
                                                              v1::EraseCustomerResponse* response) {
  return runtime_.Blocking(context, kEraseCustomer, [=, this](const Call& call) -> absl::Status {
    absl::Status valid = ValidateId("customer_id", request->customer_id());
    if (!valid.ok()) return valid;
    const absl::StatusOr<int64_t> erased = EraseEverywhere(
        parts_.recorder, parts_.promises, parts_.issues, parts_.reader, call.principal.tenant, request->customer_id());
    if (!erased.ok()) return erased.status();
    response->set_erased_count(*erased);
    return absl::OkStatus();
  });
}

}  // namespace rapport::response_times
