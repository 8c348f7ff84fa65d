#include "services/cli/conversations.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/cli/choices.h"
#include "services/cli/conversation_output.h"
#include "services/cli/export_stream.h"
#include "services/cli/json.h"
#include "services/cli/pages.h"
#include "services/cli/response_times_call.h"
#include "services/cli/text.h"
#include "services/cli/time_parsing.h"

namespace rapport::cli {
namespace {

using common::v1::Channel;
using response_times::v1::BatchGetCustomerResponsivenessRequest;
using response_times::v1::ConversationEvent;
using response_times::v1::CustomerResponsiveness;
using response_times::v1::EraseCustomerRequest;
using response_times::v1::ExportEventsRequest;
using response_times::v1::ExportEventsResponse;
using response_times::v1::GetBacklogRequest;
using response_times::v1::GetConversationRequest;
using response_times::v1::ListWaitingRequest;
using response_times::v1::ListWaitingResponse;
using response_times::v1::WaitingConversation;

template <class Message>
void PrintLines(Session& session, const std::vector<Message>& messages) {
  for (const Message& message : messages) session.environment.out << JsonLine(message) << "\n";
}

}  // namespace

absl::StatusOr<int> ShowConversation(Session& session, const ShowConversationOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  GetConversationRequest request;
  request.set_conversation_id(options.id);
  const auto response = Call(session, &ResponseTimesStub::GetConversation, request);
  if (!response.ok()) return response.status();
  session.environment.out << (session.json() ? JsonLine(*response) + "\n" : ConversationText(*response, *zone));
  return kDone;
}

absl::StatusOr<int> ListWaiting(Session& session, const WaitingOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  ListWaitingRequest request;
  Channel channel = common::v1::CHANNEL_UNSPECIFIED;
  if (absl::Status status = Choose("--channel", options.channel, &channel); !status.ok()) return status;
  request.set_channel(channel);
  request.set_agent_id(options.agent);
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  ResponseTimesStub stub(connection->channel());
  std::vector<WaitingConversation> waiting;
  const auto call = [&](auto... arguments) { return stub.ListWaiting(arguments...); };
  const auto take_page = [&](const ListWaitingResponse& page) -> int64_t {
    waiting.insert(waiting.end(), page.conversations().begin(), page.conversations().end());
    return page.conversations_size();
  };
  if (absl::Status status =
          ForEachPage<ListWaitingRequest, ListWaitingResponse>(*connection, options.limit, request, call, take_page);
      !status.ok()) {
    return status;
  }
  if (session.json()) {
    PrintLines(session, waiting);
    return kDone;
  }
  const auto backlog = Call(session, &ResponseTimesStub::GetBacklog, GetBacklogRequest());
  if (!backlog.ok()) return backlog.status();
  session.environment.out << BacklogText(*backlog, *zone);
  if (!waiting.empty()) session.environment.out << "\n" << WaitingText(waiting, *zone);
  return kDone;
}

absl::StatusOr<int> ShowBacklog(Session& session, const BacklogOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  const auto backlog = Call(session, &ResponseTimesStub::GetBacklog, GetBacklogRequest());
  if (!backlog.ok()) return backlog.status();
  session.environment.out << (session.json() ? JsonLine(*backlog) + "\n" : BacklogText(*backlog, *zone));
  return kDone;
}

absl::StatusOr<int> ShowResponsiveness(Session& session, const ResponsivenessOptions& options) {
  BatchGetCustomerResponsivenessRequest request;
  for (const std::string& id : options.ids) request.add_customer_ids(id);
  request.set_confidence(options.confidence);
  if (options.period.given()) {
    const absl::StatusOr<common::v1::TimeRange> range = ResolvePeriod(options.period, session.environment.now());
    if (!range.ok()) return range.status();
    *request.mutable_range() = *range;
  }
  const auto response = Call(session, &ResponseTimesStub::BatchGetCustomerResponsiveness, request);
  if (!response.ok()) return response.status();
  const std::vector<CustomerResponsiveness> customers(response->customers().begin(), response->customers().end());
  if (session.json()) {
    PrintLines(session, customers);
  } else {
    session.environment.out << ResponsivenessText(customers);
  }
  return kDone;
}

absl::StatusOr<int> ExportEvents(Session& session, const ExportEventsOptions& options) {
  ExportEventsRequest request;
  const absl::StatusOr<common::v1::TimeRange> range = ResolvePeriod(options.period, session.environment.now());
  if (!range.ok()) return range.status();
  *request.mutable_range() = *range;
  request.set_customer_id(options.customer);
  return ExportStream(session, options, "events", &ResponseTimesStub::ExportEvents, std::move(request),
                      options.csv() ? EventExportHeader() : "",
                      [&](const ExportEventsResponse& chunk, std::ostream& out) {
                        for (const ConversationEvent& event : chunk.events()) {
                          out << (options.csv() ? EventExportLine(event) : JsonLine(event) + "\n");
                        }
                        return chunk.events_size();
                      });
}

absl::StatusOr<int> EraseConversations(Session& session, const EraseOptions& options) {
  if (absl::Status status = ConfirmErasing(session.environment, options, "conversations and promises"); !status.ok()) {
    return status;
  }
  EraseCustomerRequest request;
  request.set_customer_id(options.customer);
  const auto response = Call(session, &ResponseTimesStub::EraseCustomer, request);
  if (!response.ok()) return response.status();
  session.environment.out << (session.json() ? JsonLine(*response)
                                             : absl::StrCat("erased ", Grouped(response->erased_count()),
                                                            " conversations, promises and mentions"))
                          << "\n";
  return kDone;
}

}  // namespace rapport::cli
