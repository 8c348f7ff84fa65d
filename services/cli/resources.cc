#include "services/cli/resources.h"

#include "services/cli/files.h"
#include "services/cli/json.h"
#include "services/cli/period.h"
#include "services/cli/resource_text.h"
#include "services/cli/response_times_call.h"
#include "services/cli/time_parsing.h"

namespace rapport::cli {
namespace {

using response_times::v1::BusinessCalendar;
using response_times::v1::SlaPolicy;

// JSON over several lines, for a file that is edited and given back; one line for programs.
void Print(Session& session, const google::protobuf::Message& resource) {
  session.environment.out << (session.json() ? JsonLine(resource) + "\n" : JsonText(resource));
}

template <class Resource>
absl::StatusOr<Resource> Read(Session& session, const WriteResourceOptions& options) {
  const absl::StatusOr<std::string> json = ReadFileOr(session.environment.in, options.file);
  if (!json.ok()) return json.status();
  Resource resource;
  if (absl::Status status = ParseResource(options.file, *json, &resource); !status.ok()) return status;
  if (!options.effective_from.empty()) {
    const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
    if (!zone.ok()) return zone.status();
    const absl::StatusOr<absl::Time> time = ParseMoment("--effective-from", options.effective_from, *zone);
    if (!time.ok()) return time.status();
    *resource.mutable_effective_from() = ToTimestamp(*time);
  }
  return resource;
}

template <class Request, class Response>
absl::StatusOr<int> WriteCalendar(Session& session, const WriteResourceOptions& options,
                                  grpc::Status (ResponseTimesStub::*method)(grpc::ClientContext*, const Request&,
                                                                            Response*)) {
  const absl::StatusOr<BusinessCalendar> calendar = Read<BusinessCalendar>(session, options);
  if (!calendar.ok()) return calendar.status();
  Request request;
  *request.mutable_calendar() = *calendar;
  const absl::StatusOr<Response> response = Call(session, method, request);
  if (!response.ok()) return response.status();
  Print(session, response->calendar());
  return kDone;
}

template <class Request, class Response>
absl::StatusOr<int> WritePolicy(Session& session, const WriteResourceOptions& options,
                                grpc::Status (ResponseTimesStub::*method)(grpc::ClientContext*, const Request&,
                                                                          Response*)) {
  const absl::StatusOr<SlaPolicy> policy = Read<SlaPolicy>(session, options);
  if (!policy.ok()) return policy.status();
  Request request;
  *request.mutable_policy() = *policy;
  const absl::StatusOr<Response> response = Call(session, method, request);
  if (!response.ok()) return response.status();
  Print(session, response->policy());
  return kDone;
}

template <class Versions>
void PrintVersions(Session& session, const GetResourceOptions& options, const Versions& versions) {
  for (const auto& version : versions) {
    Print(session, version);
    if (!options.versions) break;
  }
}

template <class Resources>
void PrintList(Session& session, const Resources& resources, const std::string& text) {
  if (!session.json()) session.environment.out << text;
  if (!session.json()) return;
  for (const auto& resource : resources) session.environment.out << JsonLine(resource) << "\n";
}

}  // namespace

absl::StatusOr<int> CreateCalendar(Session& session, const WriteResourceOptions& options) {
  return WriteCalendar(session, options, &ResponseTimesStub::CreateBusinessCalendar);
}

absl::StatusOr<int> UpdateCalendar(Session& session, const WriteResourceOptions& options) {
  return WriteCalendar(session, options, &ResponseTimesStub::UpdateBusinessCalendar);
}

absl::StatusOr<int> GetCalendar(Session& session, const GetResourceOptions& options) {
  response_times::v1::GetBusinessCalendarRequest request;
  request.set_calendar_id(options.id);
  const auto response = Call(session, &ResponseTimesStub::GetBusinessCalendar, request);
  if (!response.ok()) return response.status();
  PrintVersions(session, options, response->versions());
  return kDone;
}

absl::StatusOr<int> ListCalendars(Session& session, const ListResourcesOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  const auto response =
      Call(session, &ResponseTimesStub::ListBusinessCalendars, response_times::v1::ListBusinessCalendarsRequest());
  if (!response.ok()) return response.status();
  PrintList(session, response->calendars(), CalendarsText(response->calendars(), *zone));
  return kDone;
}

absl::StatusOr<int> CreatePolicy(Session& session, const WriteResourceOptions& options) {
  return WritePolicy(session, options, &ResponseTimesStub::CreateSlaPolicy);
}

absl::StatusOr<int> UpdatePolicy(Session& session, const WriteResourceOptions& options) {
  return WritePolicy(session, options, &ResponseTimesStub::UpdateSlaPolicy);
}

absl::StatusOr<int> GetPolicy(Session& session, const GetResourceOptions& options) {
  response_times::v1::GetSlaPolicyRequest request;
  request.set_policy_id(options.id);
  const auto response = Call(session, &ResponseTimesStub::GetSlaPolicy, request);
  if (!response.ok()) return response.status();
  PrintVersions(session, options, response->versions());
  return kDone;
}

absl::StatusOr<int> ListPolicies(Session& session, const ListResourcesOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  const auto response =
      Call(session, &ResponseTimesStub::ListSlaPolicies, response_times::v1::ListSlaPoliciesRequest());
  if (!response.ok()) return response.status();
  PrintList(session, response->policies(), PoliciesText(response->policies(), *zone));
  return kDone;
}

}  // namespace rapport::cli
