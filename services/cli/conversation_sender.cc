#include "services/cli/conversation_sender.h"

#include "rapport/response_times/v1/response_times_service.grpc.pb.h"
#include "services/cli/ingest_sender.h"

namespace rapport::cli {
namespace {

using response_times::v1::ConversationEvent;

struct IngestEvents {
  using Event = ConversationEvent;
  using Request = response_times::v1::IngestEventsRequest;
  using Response = response_times::v1::IngestEventsResponse;
  using Stub = response_times::v1::ResponseTimesService::Stub;
  static constexpr absl::string_view kNoun = "events";

  static auto* Events(Request& request) { return request.mutable_events(); }
  static void Start(Stub& stub, grpc::ClientContext* context, grpc::ClientBidiReactor<Request, Response>* reactor) {
    stub.async()->IngestEvents(context, reactor);
  }
};

}  // namespace

std::unique_ptr<EventSender<ConversationEvent>> MakeConversationSender(const Connection& connection, RetryPolicy retry,
                                                                       size_t window, OnResult on_result) {
  return std::make_unique<IngestSender<IngestEvents>>(connection, std::move(retry), window, std::move(on_result));
}

}  // namespace rapport::cli
