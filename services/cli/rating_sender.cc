#include "services/cli/rating_sender.h"

#include "rapport/ratings/v1/ratings_service.grpc.pb.h"
#include "services/cli/ingest_sender.h"

namespace rapport::cli {
namespace {

using ratings::v1::Rating;

struct IngestRatings {
  using Event = Rating;
  using Request = ratings::v1::IngestRatingsRequest;
  using Response = ratings::v1::IngestRatingsResponse;
  using Stub = ratings::v1::RatingsService::Stub;
  static constexpr absl::string_view kNoun = "ratings";

  static auto* Events(Request& request) { return request.mutable_ratings(); }
  static void Start(Stub& stub, grpc::ClientContext* context, grpc::ClientBidiReactor<Request, Response>* reactor) {
    stub.async()->IngestRatings(context, reactor);
  }
};

}  // namespace

std::unique_ptr<EventSender<Rating>> MakeRatingSender(const Connection& connection, RetryPolicy retry, size_t window,
                                                      OnResult on_result) {
  return std::make_unique<IngestSender<IngestRatings>>(connection, std::move(retry), window, std::move(on_result));
}

}  // namespace rapport::cli
