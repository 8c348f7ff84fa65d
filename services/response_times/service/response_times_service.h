#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_RESPONSE_TIMES_SERVICE_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_RESPONSE_TIMES_SERVICE_H_

#include "common/rollup/dictionary.h"
#include "common/server/rpc.h"
#include "rapport/response_times/v1/response_times_service.grpc.pb.h"
#include "services/response_times/service/issue_recorder.h"
#include "services/response_times/service/promise_recorder.h"
#include "services/response_times/service/reader.h"
#include "services/response_times/service/recorder.h"
#include "services/response_times/service/resource_store.h"

namespace rapport::response_times {

struct ResponseTimesOptions {
  // Groups with fewer stretches are withheld from CUSTOMER and PUBLIC audiences.
  int min_group_size = 5;
  // Unacknowledged batches of one ingest stream before it is read no further.
  int ingest_window = 8;
};

// What the RPCs work with. All must outlive the service.
struct ResponseTimesParts {
  Recorder& recorder;
  PromiseRecorder& promises;
  IssueRecorder& issues;
  ResourceStore& resources;
  Reader& reader;
  rollup::Dictionary& dictionary;
};

// The RPCs: each checks its request and hands it to a recorder or, on the executor, to a reader. Contracts stand in
// response_times_service.proto. Defined in rpc_events.cc, rpc_promises.cc, rpc_resources.cc and rpc_issues.cc.
// Thread-safe.
class ResponseTimesService final
    : public v1::ResponseTimesService::WithRawCallbackMethod_RecordEvents<v1::ResponseTimesService::CallbackService> {
 public:
  ResponseTimesService(server::RpcRuntime& runtime, const ResponseTimesParts& parts, ResponseTimesOptions options)
      : runtime_(runtime), parts_(parts), options_(options) {}

  grpc::ServerUnaryReactor* RecordEvents(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  grpc::ServerBidiReactor<v1::IngestEventsRequest, v1::IngestEventsResponse>* IngestEvents(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* QueryResponseTimes(grpc::CallbackServerContext* context,
                                               const v1::QueryResponseTimesRequest* request,
                                               v1::QueryResponseTimesResponse* response) override;
  grpc::ServerUnaryReactor* GetShareRank(grpc::CallbackServerContext* context, const v1::GetShareRankRequest* request,
                                         v1::GetShareRankResponse* response) override;
  grpc::ServerUnaryReactor* GetConversation(grpc::CallbackServerContext* context,
                                            const v1::GetConversationRequest* request,
                                            v1::GetConversationResponse* response) override;
  grpc::ServerUnaryReactor* ListWaiting(grpc::CallbackServerContext* context, const v1::ListWaitingRequest* request,
                                        v1::ListWaitingResponse* response) override;
  grpc::ServerUnaryReactor* GetBacklog(grpc::CallbackServerContext* context, const v1::GetBacklogRequest* request,
                                       v1::GetBacklogResponse* response) override;
  grpc::ServerUnaryReactor* BatchGetCustomerResponsiveness(
      grpc::CallbackServerContext* context, const v1::BatchGetCustomerResponsivenessRequest* request,
      v1::BatchGetCustomerResponsivenessResponse* response) override;
  grpc::ServerUnaryReactor* QueryEscalations(grpc::CallbackServerContext* context,
                                             const v1::QueryEscalationsRequest* request,
                                             v1::QueryEscalationsResponse* response) override;
  grpc::ServerWriteReactor<v1::ExportEventsResponse>* ExportEvents(grpc::CallbackServerContext* context,
                                                                   const v1::ExportEventsRequest* request) override;
  grpc::ServerUnaryReactor* EraseCustomer(grpc::CallbackServerContext* context, const v1::EraseCustomerRequest* request,
                                          v1::EraseCustomerResponse* response) override;
  grpc::ServerUnaryReactor* MakePromise(grpc::CallbackServerContext* context, const v1::MakePromiseRequest* request,
                                        v1::MakePromiseResponse* response) override;
  grpc::ServerUnaryReactor* KeepPromise(grpc::CallbackServerContext* context, const v1::KeepPromiseRequest* request,
                                        v1::KeepPromiseResponse* response) override;
  grpc::ServerUnaryReactor* CancelPromise(grpc::CallbackServerContext* context, const v1::CancelPromiseRequest* request,
                                          v1::CancelPromiseResponse* response) override;
  grpc::ServerUnaryReactor* ListPromises(grpc::CallbackServerContext* context, const v1::ListPromisesRequest* request,
                                         v1::ListPromisesResponse* response) override;
  grpc::ServerUnaryReactor* QueryPromises(grpc::CallbackServerContext* context, const v1::QueryPromisesRequest* request,
                                          v1::QueryPromisesResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchPromisesResponse>* WatchPromises(grpc::CallbackServerContext* context,
                                                                     const v1::WatchPromisesRequest* request) override;
  grpc::ServerUnaryReactor* CreateBusinessCalendar(grpc::CallbackServerContext* context,
                                                   const v1::CreateBusinessCalendarRequest* request,
                                                   v1::CreateBusinessCalendarResponse* response) override;
  grpc::ServerUnaryReactor* GetBusinessCalendar(grpc::CallbackServerContext* context,
                                                const v1::GetBusinessCalendarRequest* request,
                                                v1::GetBusinessCalendarResponse* response) override;
  grpc::ServerUnaryReactor* ListBusinessCalendars(grpc::CallbackServerContext* context,
                                                  const v1::ListBusinessCalendarsRequest* request,
                                                  v1::ListBusinessCalendarsResponse* response) override;
  grpc::ServerUnaryReactor* UpdateBusinessCalendar(grpc::CallbackServerContext* context,
                                                   const v1::UpdateBusinessCalendarRequest* request,
                                                   v1::UpdateBusinessCalendarResponse* response) override;
  grpc::ServerUnaryReactor* CreateSlaPolicy(grpc::CallbackServerContext* context,
                                            const v1::CreateSlaPolicyRequest* request,
                                            v1::CreateSlaPolicyResponse* response) override;
  grpc::ServerUnaryReactor* GetSlaPolicy(grpc::CallbackServerContext* context, const v1::GetSlaPolicyRequest* request,
                                         v1::GetSlaPolicyResponse* response) override;
  grpc::ServerUnaryReactor* ListSlaPolicies(grpc::CallbackServerContext* context,
                                            const v1::ListSlaPoliciesRequest* request,
                                            v1::ListSlaPoliciesResponse* response) override;
  grpc::ServerUnaryReactor* UpdateSlaPolicy(grpc::CallbackServerContext* context,
                                            const v1::UpdateSlaPolicyRequest* request,
                                            v1::UpdateSlaPolicyResponse* response) override;
  grpc::ServerUnaryReactor* CreateTrackedIssue(grpc::CallbackServerContext* context,
                                               const v1::CreateTrackedIssueRequest* request,
                                               v1::CreateTrackedIssueResponse* response) override;
  grpc::ServerUnaryReactor* GetTrackedIssue(grpc::CallbackServerContext* context,
                                            const v1::GetTrackedIssueRequest* request,
                                            v1::GetTrackedIssueResponse* response) override;
  grpc::ServerUnaryReactor* ListTrackedIssues(grpc::CallbackServerContext* context,
                                              const v1::ListTrackedIssuesRequest* request,
                                              v1::ListTrackedIssuesResponse* response) override;
  grpc::ServerUnaryReactor* LinkConversations(grpc::CallbackServerContext* context,
                                              const v1::LinkConversationsRequest* request,
                                              v1::LinkConversationsResponse* response) override;
  grpc::ServerUnaryReactor* UnlinkConversations(grpc::CallbackServerContext* context,
                                                const v1::UnlinkConversationsRequest* request,
                                                v1::UnlinkConversationsResponse* response) override;
  grpc::ServerUnaryReactor* ResolveTrackedIssue(grpc::CallbackServerContext* context,
                                                const v1::ResolveTrackedIssueRequest* request,
                                                v1::ResolveTrackedIssueResponse* response) override;
  grpc::ServerUnaryReactor* ListPeopleToTell(grpc::CallbackServerContext* context,
                                             const v1::ListPeopleToTellRequest* request,
                                             v1::ListPeopleToTellResponse* response) override;
  grpc::ServerUnaryReactor* MarkPeopleTold(grpc::CallbackServerContext* context,
                                           const v1::MarkPeopleToldRequest* request,
                                           v1::MarkPeopleToldResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchResolutionsResponse>* WatchResolutions(
      grpc::CallbackServerContext* context, const v1::WatchResolutionsRequest* request) override;

 private:
  server::RpcRuntime& runtime_;
  const ResponseTimesParts parts_;
  const ResponseTimesOptions options_;
};

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_RESPONSE_TIMES_SERVICE_H_
