#include "deploy/local/example/send_conversations.h"

#include "deploy/local/example/example_conversations.h"
#include "deploy/local/example/sending.h"
#include "rapport/response_times/v1/response_times_service.grpc.pb.h"

namespace rapport::example {
namespace {

namespace v1 = response_times::v1;
using v1::ResponseTimesService;

// Before the events, so that they are measured by them from the start.
grpc::Status SendResources(ResponseTimesService::Stub& service) {
  v1::CreateBusinessCalendarRequest calendar;
  v1::CreateBusinessCalendarResponse created_calendar;
  *calendar.mutable_calendar() = ExampleCalendar();
  grpc::ClientContext first;
  Prepare(first);
  grpc::Status status = service.CreateBusinessCalendar(&first, calendar, &created_calendar);
  for (const v1::SlaPolicy& policy : ExamplePolicies()) {
    if (!status.ok()) return status;
    v1::CreateSlaPolicyRequest request;
    v1::CreateSlaPolicyResponse response;
    *request.mutable_policy() = policy;
    grpc::ClientContext context;
    Prepare(context);
    status = service.CreateSlaPolicy(&context, request, &response);
  }
  return status;
}

grpc::Status StreamEvents(ResponseTimesService::Stub& service, const std::vector<v1::ConversationEvent>& events,
                          Tally& tally) {
  grpc::ClientContext context;
  Prepare(context);
  const auto stream = service.IngestEvents(&context);
  ForEachBatch(events.size(), [&](size_t begin, size_t end) {
    v1::IngestEventsRequest request;
    v1::IngestEventsResponse acknowledgement;
    request.set_sequence(static_cast<int64_t>(begin));
    request.mutable_events()->Assign(events.begin() + begin, events.begin() + end);
    if (!stream->Write(request) || !stream->Read(&acknowledgement)) return false;
    tally.Count(acknowledgement.results(), v1::OUTCOME_DUPLICATE);
    return true;
  });
  stream->WritesDone();
  return stream->Finish();
}

}  // namespace

bool SendConversations(const std::string& server, const std::vector<v1::ConversationEvent>& events) {
  const auto service = ResponseTimesService::NewStub(grpc::CreateChannel(server, grpc::InsecureChannelCredentials()));
  Tally tally;
  grpc::Status status = SendResources(*service);
  if (status.ok()) status = StreamEvents(*service, events, tally);
  tally.Print("Conversation events");
  return Report(server, status) && tally.refused == 0;
}

}  // namespace rapport::example
