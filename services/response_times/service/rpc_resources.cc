// The RPCs about calendars and policies.
#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "services/response_times/service/response_times_service.h"

namespace rapport::response_times {
namespace {

using access::v1::ROLE_ADMIN;
using access::v1::ROLE_READ;
using server::Call;
using server::RpcSpec;

constexpr RpcSpec kCreateBusinessCalendar{"CreateBusinessCalendar", {ROLE_ADMIN}};
constexpr RpcSpec kGetBusinessCalendar{"GetBusinessCalendar", {ROLE_READ}};
constexpr RpcSpec kListBusinessCalendars{"ListBusinessCalendars", {ROLE_READ}};
constexpr RpcSpec kUpdateBusinessCalendar{"UpdateBusinessCalendar", {ROLE_ADMIN}};
constexpr RpcSpec kCreateSlaPolicy{"CreateSlaPolicy", {ROLE_ADMIN}};
constexpr RpcSpec kGetSlaPolicy{"GetSlaPolicy", {ROLE_READ}};
constexpr RpcSpec kListSlaPolicies{"ListSlaPolicies", {ROLE_READ}};
constexpr RpcSpec kUpdateSlaPolicy{"UpdateSlaPolicy", {ROLE_ADMIN}};

const std::string& IdOf(const v1::BusinessCalendar& calendar) {
  return calendar.calendar_id();
}
const std::string& IdOf(const v1::SlaPolicy& policy) {
  return policy.policy_id();
}

// Puts what was stored into the answer.
template <typename Resource>
absl::Status Answer(absl::StatusOr<Resource> stored, Resource& answer) {
  if (!stored.ok()) return stored.status();
  answer = *std::move(stored);
  return absl::OkStatus();
}

// All versions under the id, the latest first. NOT_FOUND names `field`.
template <typename Resource>
absl::Status CopyVersions(const google::protobuf::RepeatedPtrField<Resource>& all, absl::string_view field,
                          const std::string& id, google::protobuf::RepeatedPtrField<Resource>& versions) {
  for (const Resource& each : all) {
    if (IdOf(each) == id) *versions.Add() = each;
  }
  if (versions.empty())
    return absl::NotFoundError(absl::StrCat(field, ": ", Shown(id), " is not known; list them all"));
  std::sort(versions.pointer_begin(), versions.pointer_end(),
            [](const Resource* a, const Resource* b) { return a->version() > b->version(); });
  return absl::OkStatus();
}

// The latest version of each, by id.
template <typename Resource>
void CopyLatest(const google::protobuf::RepeatedPtrField<Resource>& all,
                google::protobuf::RepeatedPtrField<Resource>& latest) {
  std::map<std::string, const Resource*> by_id;
  for (const Resource& each : all) {
    const Resource*& known = by_id[IdOf(each)];
    if (known == nullptr || known->version() < each.version()) known = &each;
  }
  for (const auto& [id, resource] : by_id) *latest.Add() = *resource;
}

}  // namespace

grpc::ServerUnaryReactor* ResponseTimesService::CreateBusinessCalendar(grpc::CallbackServerContext* context,
                                                                       const v1::CreateBusinessCalendarRequest* request,
                                                                       v1::CreateBusinessCalendarResponse* response) {
  return runtime_.Blocking(context, kCreateBusinessCalendar, [=, this](const Call& call) {
    return Answer(parts_.resources.Create(call.principal.tenant, request->calendar()), *response->mutable_calendar());
  });
}

grpc::ServerUnaryReactor* ResponseTimesService::GetBusinessCalendar(grpc::CallbackServerContext* context,
                                                                    const v1::GetBusinessCalendarRequest* request,
                                                                    v1::GetBusinessCalendarResponse* response) {
  return runtime_.Blocking(context, kGetBusinessCalendar, [=, this](const Call& call) -> absl::Status {
    const auto policies = parts_.resources.Get(call.principal.tenant);
    if (!policies.ok()) return policies.status();
    return CopyVersions((*policies)->resources().calendars(), "calendar_id", request->calendar_id(),
                        *response->mutable_versions());
  });
}

grpc::ServerUnaryReactor* ResponseTimesService::ListBusinessCalendars(grpc::CallbackServerContext* context,
                                                                      const v1::ListBusinessCalendarsRequest*,
                                                                      v1::ListBusinessCalendarsResponse* response) {
  return runtime_.Blocking(context, kListBusinessCalendars, [=, this](const Call& call) -> absl::Status {
    const auto policies = parts_.resources.Get(call.principal.tenant);
    if (!policies.ok()) return policies.status();
    CopyLatest((*policies)->resources().calendars(), *response->mutable_calendars());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ResponseTimesService::UpdateBusinessCalendar(grpc::CallbackServerContext* context,
                                                                       const v1::UpdateBusinessCalendarRequest* request,
                                                                       v1::UpdateBusinessCalendarResponse* response) {
  return runtime_.Blocking(context, kUpdateBusinessCalendar, [=, this](const Call& call) {
    return Answer(parts_.resources.Update(call.principal.tenant, request->calendar()), *response->mutable_calendar());
  });
}

grpc::ServerUnaryReactor* ResponseTimesService::CreateSlaPolicy(grpc::CallbackServerContext* context,
                                                                const v1::CreateSlaPolicyRequest* request,
                                                                v1::CreateSlaPolicyResponse* response) {
  return runtime_.Blocking(context, kCreateSlaPolicy, [=, this](const Call& call) {
    return Answer(parts_.resources.Create(call.principal.tenant, request->policy()), *response->mutable_policy());
  });
}

grpc::ServerUnaryReactor* ResponseTimesService::GetSlaPolicy(grpc::CallbackServerContext* context,
                                                             const v1::GetSlaPolicyRequest* request,
                                                             v1::GetSlaPolicyResponse* response) {
  return runtime_.Blocking(context, kGetSlaPolicy, [=, this](const Call& call) -> absl::Status {
    const auto policies = parts_.resources.Get(call.principal.tenant);
    if (!policies.ok()) return policies.status();
    return CopyVersions((*policies)->resources().policies(), "policy_id", request->policy_id(),
                        *response->mutable_versions());
  });
}

grpc::ServerUnaryReactor* ResponseTimesService::ListSlaPolicies(grpc::CallbackServerContext* context,
                                                                const v1::ListSlaPoliciesRequest*,
                                                                v1::ListSlaPoliciesResponse* response) {
  return runtime_.Blocking(context, kListSlaPolicies, [=, this](const Call& call) -> absl::Status {
    const auto policies = parts_.resources.Get(call.principal.tenant);
    if (!policies.ok()) return policies.status();
    CopyLatest((*policies)->resources().policies(), *response->mutable_policies());
    std::stable_sort(response->mutable_policies()->pointer_begin(), response->mutable_policies()->pointer_end(),
                     [](const v1::SlaPolicy* a, const v1::SlaPolicy* b) { return a->rank() < b->rank(); });
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ResponseTimesService::UpdateSlaPolicy(grpc::CallbackServerContext* context,
                                                                const v1::UpdateSlaPolicyRequest* request,
                                                                v1::UpdateSlaPolicyResponse* response) {
  return runtime_.Blocking(context, kUpdateSlaPolicy, [=, this](const Call& call) {
    return Answer(parts_.resources.Update(call.principal.tenant, request->policy()), *response->mutable_policy());
  });
}

}  // namespace rapport::response_times
