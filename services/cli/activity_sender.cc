#include "services/cli/activity_sender.h"

#include "rapport/churn/v1/churn_service.grpc.pb.h"
#include "services/cli/ingest_sender.h"

namespace rapport::cli {
namespace {

using churn::v1::Activity;

struct IngestActivities {
  using Event = Activity;
  using Request = churn::v1::IngestActivitiesRequest;
  using Response = churn::v1::IngestActivitiesResponse;
  using Stub = churn::v1::ChurnService::Stub;
  static constexpr absl::string_view kNoun = "activities";

  static auto* Events(Request& request) { return request.mutable_activities(); }
  static void Start(Stub& stub, grpc::ClientContext* context, grpc::ClientBidiReactor<Request, Response>* reactor) {
    stub.async()->IngestActivities(context, reactor);
  }
};

}  // namespace

std::unique_ptr<EventSender<Activity>> MakeActivitySender(const Connection& connection, RetryPolicy retry,
                                                          size_t window, OnResult on_result) {
  return std::make_unique<IngestSender<IngestActivities>>(connection, std::move(retry), window, std::move(on_result));
}

}  // namespace rapport::cli
