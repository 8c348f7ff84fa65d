#include "services/cli/promises.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "services/cli/choices.h"
#include "services/cli/column_mapping.h"
#include "services/cli/duration_text.h"
#include "services/cli/follow_stream.h"
#include "services/cli/json.h"
#include "services/cli/pages.h"
#include "services/cli/promise_output.h"
#include "services/cli/response_times_call.h"
#include "services/cli/text.h"
#include "services/cli/time_parsing.h"

namespace rapport::cli {
namespace {

using google::protobuf::Timestamp;
using response_times::v1::ListPromisesRequest;
using response_times::v1::ListPromisesResponse;
using response_times::v1::MakePromiseRequest;
using response_times::v1::Promise;
using response_times::v1::PromiseOrigin;
using response_times::v1::PromiseState;
using response_times::v1::QueryPromisesRequest;
using response_times::v1::WatchPromisesRequest;
using response_times::v1::WatchPromisesResponse;

absl::Status SetMoment(absl::string_view flag, const std::string& text, absl::TimeZone zone, Timestamp* timestamp) {
  const absl::StatusOr<absl::Time> time = ParseMoment(flag, text, zone);
  if (time.ok()) *timestamp = ToTimestamp(*time);
  return time.status();
}

absl::StatusOr<Promise> ReadPromise(const MakePromiseOptions& options, absl::TimeZone zone, absl::Time now) {
  Promise promise;
  promise.set_promise_id(options.id);
  promise.set_customer_id(options.customer);
  promise.set_description(options.description);
  promise.set_agent_id(options.agent);
  promise.set_conversation_id(options.conversation);
  promise.set_revision(options.revision);
  *promise.mutable_made_at() = ToTimestamp(now);
  common::v1::Channel channel = common::v1::CHANNEL_UNSPECIFIED;
  absl::Status status = Choose("--channel", options.channel, &channel);
  status.Update(SetMoment("--due-at", options.due_at, zone, promise.mutable_due_at()));
  if (!options.made_at.empty()) {
    status.Update(SetMoment("--made-at", options.made_at, zone, promise.mutable_made_at()));
  }
  if (!status.ok()) return status;
  promise.set_channel(channel);
  const absl::StatusOr<Pairs> labels = ParsePairs("--label", options.labels);
  if (!labels.ok()) return labels.status();
  for (const auto& [key, value] : *labels) (*promise.mutable_labels())[key] = value;
  return promise;
}

void Print(Session& session, const Promise& promise, absl::TimeZone zone) {
  if (session.json()) {
    session.environment.out << JsonLine(promise) << "\n";
  } else if (!promise.has_made_at()) {
    session.environment.out << Printable(promise.promise_id()) << " is noted; nobody made this promise yet\n";
  } else {
    session.environment.out << PromisesText({&promise}, zone);
  }
}

// Keeps or cancels a promise at the moment that `set_moment` gives a request.
template <class Request, class Response, class SetMoment>
absl::StatusOr<int> Settle(Session& session, const SettlePromiseOptions& options,
                           grpc::Status (ResponseTimesStub::*method)(grpc::ClientContext*, const Request&, Response*),
                           const SetMoment& set_moment) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  Request request;
  request.set_promise_id(options.id);
  if (!options.at.empty()) {
    const absl::StatusOr<absl::Time> at = ParseMoment("--at", options.at, *zone);
    if (!at.ok()) return at.status();
    *set_moment(request) = ToTimestamp(*at);
  }
  const absl::StatusOr<Response> response = Call(session, method, request);
  if (!response.ok()) return response.status();
  Print(session, response->promise(), *zone);
  return kDone;
}

absl::StatusOr<ListPromisesRequest> MakeRequest(const ListPromisesOptions& options, absl::Time now) {
  ListPromisesRequest request;
  PeriodOptions due = options.due;
  if (!due.given()) due.last = due.next = "30d";
  const absl::StatusOr<common::v1::TimeRange> range = ResolvePeriod(due, now);
  if (!range.ok()) return range.status();
  *request.mutable_due() = *range;
  for (const std::string& text : options.states) {
    const absl::StatusOr<PromiseState> state = ParseShortName<PromiseState>("--state", text);
    if (!state.ok()) return state.status();
    request.add_states(*state);
  }
  PromiseOrigin origin = response_times::v1::PROMISE_ORIGIN_UNSPECIFIED;
  if (absl::Status status = Choose("--origin", options.origin, &origin); !status.ok()) return status;
  request.set_origin(origin);
  request.set_customer_id(options.customer);
  request.set_agent_id(options.agent);
  return request;
}

absl::StatusOr<QueryPromisesRequest> MakeRequest(const QueryPromisesOptions& options, absl::Time now) {
  QueryPromisesRequest request;
  const absl::StatusOr<common::v1::TimeRange> range = ResolvePeriod(options.period, now);
  if (!range.ok()) return range.status();
  *request.mutable_range() = *range;
  request.set_time_zone(options.period.time_zone);
  PromiseOrigin origin = response_times::v1::PROMISE_ORIGIN_UNSPECIFIED;
  response_times::v1::Audience audience = response_times::v1::AUDIENCE_UNSPECIFIED;
  absl::Status status = ChooseSeries(options.bucket, options.group_by, options.filter, &request);
  status.Update(Choose("--origin", options.origin, &origin));
  status.Update(Choose("--audience", options.audience, &audience));
  if (!status.ok()) return status;
  request.set_origin(origin);
  request.set_audience(audience);
  request.set_confidence(options.confidence);
  request.set_compare_with_previous(options.compare);
  return request;
}

}  // namespace

absl::StatusOr<int> MakePromise(Session& session, const MakePromiseOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  absl::StatusOr<Promise> promise = ReadPromise(options, *zone, session.environment.now());
  if (!promise.ok()) return promise.status();
  MakePromiseRequest request;
  *request.mutable_promise() = *std::move(promise);
  const auto response = Call(session, &ResponseTimesStub::MakePromise, request);
  if (!response.ok()) return response.status();
  Print(session, response->promise(), *zone);
  return kDone;
}

absl::StatusOr<int> KeepPromise(Session& session, const SettlePromiseOptions& options) {
  return Settle(session, options, &ResponseTimesStub::KeepPromise,
                [](auto& request) { return request.mutable_kept_at(); });
}

absl::StatusOr<int> CancelPromise(Session& session, const SettlePromiseOptions& options) {
  return Settle(session, options, &ResponseTimesStub::CancelPromise,
                [](auto& request) { return request.mutable_cancelled_at(); });
}

absl::StatusOr<int> ListPromises(Session& session, const ListPromisesOptions& options) {
  const absl::StatusOr<ListPromisesRequest> request = MakeRequest(options, session.environment.now());
  if (!request.ok()) return request.status();
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.due.time_zone);
  if (!zone.ok()) return zone.status();
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  ResponseTimesStub stub(connection->channel());
  bool any = false;
  const auto call = [&](auto... arguments) { return stub.ListPromises(arguments...); };
  const auto take_page = [&](const ListPromisesResponse& page) -> int64_t {
    any = any || !page.promises().empty();
    if (session.json()) {
      for (const Promise& promise : page.promises()) session.environment.out << JsonLine(promise) << "\n";
    } else if (!page.promises().empty()) {
      session.environment.out << PromisesText(
          absl::MakeConstSpan(page.promises().data(), static_cast<size_t>(page.promises_size())), *zone);
    }
    return page.promises_size();
  };
  if (absl::Status status =
          ForEachPage<ListPromisesRequest, ListPromisesResponse>(*connection, options.limit, *request, call, take_page);
      !status.ok()) {
    return status;
  }
  if (!any && !session.json()) session.environment.out << "no promises\n";
  return kDone;
}

absl::StatusOr<int> QueryPromises(Session& session, const QueryPromisesOptions& options) {
  const absl::StatusOr<QueryPromisesRequest> request = MakeRequest(options, session.environment.now());
  if (!request.ok()) return request.status();
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.period.time_zone);
  if (!zone.ok()) return zone.status();
  const auto response = Call(session, &ResponseTimesStub::QueryPromises, *request);
  if (!response.ok()) return response.status();
  session.environment.out << (session.json() ? JsonLine(*response) + "\n"
                                             : PromiseFiguresText(*request, *response, *zone));
  return kDone;
}

absl::StatusOr<int> WatchPromises(Session& session, const WatchPromisesOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  WatchPromisesRequest request;
  if (!options.about_to_break.empty()) {
    const auto about_to_break = ParseDurationText("--about-to-break", options.about_to_break);
    if (!about_to_break.ok()) return about_to_break.status();
    *request.mutable_about_to_break() = *about_to_break;
  }
  request.set_agent_id(options.agent);
  request.set_resume_token(options.resume_token);
  return FollowStream(session, &ResponseTimesStub::WatchPromises, std::move(request), options.count,
                      [&](const WatchPromisesResponse& message) {
                        if (!message.has_promise()) return false;
                        const std::string news = PadRight(ShortName(message.news()), 16);
                        // Flushed line by line, so that a pipe gets each promise at once.
                        session.environment.out
                            << (session.json() ? JsonLine(message)
                                               : absl::StrCat(news, PromiseLine(message.promise(), *zone)))
                            << std::endl;
                        return true;
                      });
}

}  // namespace rapport::cli
