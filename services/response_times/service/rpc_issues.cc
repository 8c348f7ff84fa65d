// The RPCs about tracked issues.
#include <memory>
#include <utility>

#include "common/server/stream.h"
#include "services/response_times/service/issue_listing.h"
#include "services/response_times/service/issue_watch.h"
#include "services/response_times/service/response_times_service.h"

namespace rapport::response_times {
namespace {

using access::v1::ROLE_AGENT;
using access::v1::ROLE_INGEST;
using access::v1::ROLE_READ;
using server::Call;
using server::RpcSpec;

constexpr RpcSpec kCreateTrackedIssue{"CreateTrackedIssue", {ROLE_INGEST, ROLE_AGENT}};
constexpr RpcSpec kGetTrackedIssue{"GetTrackedIssue", {ROLE_READ, ROLE_AGENT}};
constexpr RpcSpec kListTrackedIssues{"ListTrackedIssues", {ROLE_READ, ROLE_AGENT}};
constexpr RpcSpec kLinkConversations{"LinkConversations", {ROLE_INGEST, ROLE_AGENT}};
constexpr RpcSpec kUnlinkConversations{"UnlinkConversations", {ROLE_INGEST, ROLE_AGENT}};
constexpr RpcSpec kResolveTrackedIssue{"ResolveTrackedIssue", {ROLE_INGEST, ROLE_AGENT}};
constexpr RpcSpec kListPeopleToTell{"ListPeopleToTell", {ROLE_READ, ROLE_AGENT}};
constexpr RpcSpec kMarkPeopleTold{"MarkPeopleTold", {ROLE_INGEST, ROLE_AGENT}};
constexpr RpcSpec kWatchResolutions{"WatchResolutions", {ROLE_READ, ROLE_AGENT}};

}  // namespace

grpc::ServerUnaryReactor* ResponseTimesService::CreateTrackedIssue(grpc::CallbackServerContext* context,
                                                                   const v1::CreateTrackedIssueRequest* request,
                                                                   v1::CreateTrackedIssueResponse* response) {
  return runtime_.Blocking(context, kCreateTrackedIssue, [=, this](const Call& call) {
    return parts_.issues.Create(call.principal.tenant, call.deadline, *request, *response);
  });
}

grpc::ServerUnaryReactor* ResponseTimesService::GetTrackedIssue(grpc::CallbackServerContext* context,
                                                                const v1::GetTrackedIssueRequest* request,
                                                                v1::GetTrackedIssueResponse* response) {
  return runtime_.Blocking(context, kGetTrackedIssue, [=, this](const Call& call) {
    return GetIssue(parts_.reader, call.principal.tenant, *request, *response);
  });
}

grpc::ServerUnaryReactor* ResponseTimesService::ListTrackedIssues(grpc::CallbackServerContext* context,
                                                                  const v1::ListTrackedIssuesRequest* request,
                                                                  v1::ListTrackedIssuesResponse* response) {
  return runtime_.Blocking(context, kListTrackedIssues, [=, this](const Call& call) {
    return ListIssues(parts_.reader, call.principal.tenant, *request, *response);
  });
}

grpc::ServerUnaryReactor* ResponseTimesService::LinkConversations(grpc::CallbackServerContext* context,
                                                                  const v1::LinkConversationsRequest* request,
                                                                  v1::LinkConversationsResponse* response) {
  return runtime_.Blocking(context, kLinkConversations, [=, this](const Call& call) {
    return parts_.issues.Link(call.principal.tenant, call.deadline, *request, *response);
  });
}

grpc::ServerUnaryReactor* ResponseTimesService::UnlinkConversations(grpc::CallbackServerContext* context,
                                                                    const v1::UnlinkConversationsRequest* request,
                                                                    v1::UnlinkConversationsResponse* response) {
  return runtime_.Blocking(context, kUnlinkConversations, [=, this](const Call& call) {
    return parts_.issues.Unlink(call.principal.tenant, call.deadline, *request, *response);
  });
}

grpc::ServerUnaryReactor* ResponseTimesService::ResolveTrackedIssue(grpc::CallbackServerContext* context,
                                                                    const v1::ResolveTrackedIssueRequest* request,
                                                                    v1::ResolveTrackedIssueResponse* response) {
  return runtime_.Blocking(context, kResolveTrackedIssue, [=, this](const Call& call) {
    return parts_.issues.Resolve(call.principal.tenant, call.deadline, *request, *response);
  });
}

grpc::ServerUnaryReactor* ResponseTimesService::ListPeopleToTell(grpc::CallbackServerContext* context,
                                                                 const v1::ListPeopleToTellRequest* request,
                                                                 v1::ListPeopleToTellResponse* response) {
  return runtime_.Blocking(context, kListPeopleToTell, [=, this](const Call& call) {
    return ListPeople(parts_.reader, call.principal.tenant, *request, *response);
  });
}

grpc::ServerUnaryReactor* ResponseTimesService::MarkPeopleTold(grpc::CallbackServerContext* context,
                                                               const v1::MarkPeopleToldRequest* request,
                                                               v1::MarkPeopleToldResponse* response) {
  return runtime_.Blocking(context, kMarkPeopleTold, [=, this](const Call& call) {
    return parts_.issues.MarkTold(call.principal.tenant, call.deadline, *request, *response);
  });
}

grpc::ServerWriteReactor<v1::WatchResolutionsResponse>* ResponseTimesService::WatchResolutions(
    grpc::CallbackServerContext* context, const v1::WatchResolutionsRequest* request) {
  using Producer = server::Producer<v1::WatchResolutionsResponse>;
  return server::ServeStream<v1::WatchResolutionsResponse>(
      runtime_, context, kWatchResolutions, [this, request](const Call& call) -> absl::StatusOr<Producer> {
        absl::StatusOr<IssueWatch> watch = IssueWatch::Open(parts_.reader, call.principal.tenant, *request);
        if (!watch.ok()) return watch.status();
        return [watch = std::make_shared<IssueWatch>(*std::move(watch))](
                   v1::WatchResolutionsResponse* response) -> absl::StatusOr<server::Step> {
          const absl::StatusOr<bool> told = watch->Next(*response);
          if (!told.ok()) return told.status();
          return *told ? server::Step::kMessage : server::Step::kWait;
        };
      });
}

}  // namespace rapport::response_times
