#include "services/cli/issues.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/cli/enum_names.h"
#include "services/cli/follow_stream.h"
#include "services/cli/json.h"
#include "services/cli/pages.h"
#include "services/cli/period.h"
#include "services/cli/period_text.h"
#include "services/cli/response_times_call.h"
#include "services/cli/table.h"
#include "services/cli/text.h"
#include "services/cli/time_parsing.h"

namespace rapport::cli {
namespace {

using google::protobuf::RepeatedPtrField;
using response_times::v1::CreateTrackedIssueRequest;
using response_times::v1::GetTrackedIssueRequest;
using response_times::v1::ListPeopleToTellRequest;
using response_times::v1::ListPeopleToTellResponse;
using response_times::v1::ListTrackedIssuesRequest;
using response_times::v1::ListTrackedIssuesResponse;
using response_times::v1::MarkPeopleToldRequest;
using response_times::v1::PersonToTell;
using response_times::v1::ResolveTrackedIssueRequest;
using response_times::v1::TrackedIssue;
using response_times::v1::WatchResolutionsRequest;
using response_times::v1::WatchResolutionsResponse;

template <class Message>
void PrintLines(Session& session, const RepeatedPtrField<Message>& messages) {
  for (const Message& message : messages) session.environment.out << JsonLine(message) << "\n";
}

Table IssueTable() {
  const auto right = Table::Align::kRight;
  return Table(
      {{"issue"}, {"title"}, {"since"}, {"resolved at"}, {"conversations", right}, {"people", right}, {"told", right}});
}

void AddRow(const TrackedIssue& issue, absl::TimeZone zone, Table* table) {
  table->AddRow({issue.issue_id(), issue.title(), MinuteText(issue.created_at(), zone),
                 issue.has_resolved_at() ? MinuteText(issue.resolved_at(), zone) : "open",
                 Grouped(issue.conversation_count()), Grouped(issue.people_count()), Grouped(issue.told_count())});
}

void Print(Session& session, const TrackedIssue& issue, absl::TimeZone zone) {
  if (session.json()) {
    session.environment.out << JsonLine(issue) << "\n";
    return;
  }
  Table table = IssueTable();
  AddRow(issue, zone, &table);
  session.environment.out << table.ToText();
}

std::string ChannelText(const PersonToTell& person) {
  return person.channel() == common::v1::CHANNEL_UNSPECIFIED ? "" : ShortName(person.channel());
}

// Links conversations, or takes them out.
template <class Request, class Response>
absl::StatusOr<int> ChangeLinks(Session& session, const IssueMembersOptions& options,
                                grpc::Status (ResponseTimesStub::*method)(grpc::ClientContext*, const Request&,
                                                                          Response*)) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  Request request;
  request.set_issue_id(options.id);
  for (const std::string& id : options.members) request.add_conversation_ids(id);
  const absl::StatusOr<Response> response = Call(session, method, request);
  if (!response.ok()) return response.status();
  Print(session, response->issue(), *zone);
  return kDone;
}

}  // namespace

absl::StatusOr<int> CreateIssue(Session& session, const CreateIssueOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  absl::StatusOr<absl::Time> created_at = session.environment.now();
  if (!options.created_at.empty()) created_at = ParseMoment("--created-at", options.created_at, *zone);
  if (!created_at.ok()) return created_at.status();
  CreateTrackedIssueRequest request;
  request.mutable_issue()->set_issue_id(options.id);
  request.mutable_issue()->set_title(options.title);
  *request.mutable_issue()->mutable_created_at() = ToTimestamp(*created_at);
  const auto response = Call(session, &ResponseTimesStub::CreateTrackedIssue, request);
  if (!response.ok()) return response.status();
  Print(session, response->issue(), *zone);
  return kDone;
}

absl::StatusOr<int> LinkConversations(Session& session, const IssueMembersOptions& options) {
  return ChangeLinks(session, options, &ResponseTimesStub::LinkConversations);
}

absl::StatusOr<int> UnlinkConversations(Session& session, const IssueMembersOptions& options) {
  return ChangeLinks(session, options, &ResponseTimesStub::UnlinkConversations);
}

absl::StatusOr<int> ResolveIssue(Session& session, const ResolveIssueOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  ResolveTrackedIssueRequest request;
  request.set_issue_id(options.id);
  if (!options.at.empty()) {
    const absl::StatusOr<absl::Time> at = ParseMoment("--at", options.at, *zone);
    if (!at.ok()) return at.status();
    *request.mutable_resolved_at() = ToTimestamp(*at);
  }
  const auto response = Call(session, &ResponseTimesStub::ResolveTrackedIssue, request);
  if (!response.ok()) return response.status();
  Print(session, response->issue(), *zone);
  return kDone;
}

absl::StatusOr<int> ListIssues(Session& session, const ListIssuesOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  ListTrackedIssuesRequest request;
  request.set_only_open(options.open);
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  ResponseTimesStub stub(connection->channel());
  Table table = IssueTable();
  bool any = false;
  const auto call = [&](auto... arguments) { return stub.ListTrackedIssues(arguments...); };
  const auto take_page = [&](const ListTrackedIssuesResponse& page) -> int64_t {
    any = any || !page.issues().empty();
    if (session.json()) PrintLines(session, page.issues());
    for (const TrackedIssue& issue : page.issues()) AddRow(issue, *zone, &table);
    return page.issues_size();
  };
  if (absl::Status status = ForEachPage<ListTrackedIssuesRequest, ListTrackedIssuesResponse>(*connection, options.limit,
                                                                                             request, call, take_page);
      !status.ok()) {
    return status;
  }
  if (!session.json()) session.environment.out << (any ? table.ToText() : "no issues\n");
  return kDone;
}

absl::StatusOr<int> ShowIssue(Session& session, const IssueOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  GetTrackedIssueRequest request;
  request.set_issue_id(options.id);
  const auto response = Call(session, &ResponseTimesStub::GetTrackedIssue, request);
  if (!response.ok()) return response.status();
  if (session.json()) {
    session.environment.out << JsonLine(*response) << "\n";
    return kDone;
  }
  Print(session, response->issue(), *zone);
  if (!response->conversation_ids().empty()) session.environment.out << "\nconversations\n";
  for (const std::string& id : response->conversation_ids()) session.environment.out << Printable(id) << "\n";
  return kDone;
}

absl::StatusOr<int> ListPeopleToTell(Session& session, const PeopleToTellOptions& options) {
  ListPeopleToTellRequest request;
  request.set_issue_id(options.id);
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  ResponseTimesStub stub(connection->channel());
  Table table({{"customer"}, {"channel"}, {"conversation"}, {""}});
  bool any = false;
  const auto call = [&](auto... arguments) { return stub.ListPeopleToTell(arguments...); };
  const auto take_page = [&](const ListPeopleToTellResponse& page) -> int64_t {
    any = any || !page.people().empty();
    if (session.json()) PrintLines(session, page.people());
    for (const PersonToTell& person : page.people()) {
      table.AddRow({person.customer_id(), ChannelText(person), person.conversation_id(),
                    person.follower() ? "follows" : "raised it"});
    }
    return page.people_size();
  };
  if (absl::Status status = ForEachPage<ListPeopleToTellRequest, ListPeopleToTellResponse>(*connection, options.limit,
                                                                                           request, call, take_page);
      !status.ok()) {
    return status;
  }
  if (!session.json()) session.environment.out << (any ? table.ToText() : "nobody is left to tell\n");
  return kDone;
}

absl::StatusOr<int> MarkPeopleTold(Session& session, const IssueMembersOptions& options) {
  MarkPeopleToldRequest request;
  request.set_issue_id(options.id);
  for (const std::string& id : options.members) request.add_customer_ids(id);
  const auto response = Call(session, &ResponseTimesStub::MarkPeopleTold, request);
  if (!response.ok()) return response.status();
  if (session.json()) {
    session.environment.out << JsonLine(*response) << "\n";
    return kDone;
  }
  for (const std::string& id : response->newly_marked_ids()) session.environment.out << Printable(id) << "\n";
  if (response->newly_marked_ids().empty()) session.environment.err << "somebody else told them all" << std::endl;
  return kDone;
}

absl::StatusOr<int> WatchResolutions(Session& session, const WatchResolutionsOptions& options) {
  WatchResolutionsRequest request;
  request.set_resume_token(options.resume_token);
  return FollowStream(session, &ResponseTimesStub::WatchResolutions, std::move(request), options.count,
                      [&](const WatchResolutionsResponse& message) {
                        if (!message.has_person()) return false;
                        const PersonToTell& person = message.person();
                        const std::string line = absl::StrCat(
                            "tell ", person.customer_id(), " in ", person.conversation_id(), " ", ChannelText(person),
                            ": ", message.issue().issue_id(), " is resolved: ", message.issue().title());
                        // Flushed line by line, so that a pipe gets each person at once.
                        session.environment.out << (session.json() ? JsonLine(message) : Printable(line)) << std::endl;
                        return true;
                      });
}

}  // namespace rapport::cli
