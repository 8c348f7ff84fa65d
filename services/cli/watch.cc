#include "services/cli/watch.h"

#include <grpcpp/client_context.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "rapport/ratings/v1/ratings_service.grpc.pb.h"
#include "services/cli/event_sender.h"
#include "services/cli/interrupt.h"
#include "services/cli/json.h"
#include "services/cli/rating_output.h"
#include "services/cli/time_parsing.h"

namespace rapport::cli {
namespace {

using ratings::v1::RatingsService;
using ratings::v1::WatchRatingsRequest;
using ratings::v1::WatchRatingsResponse;

// The call that an interruption has to cancel: there is a new one after each loss of the server.
class CancellableCall {
 public:
  // False when it was cancelled already.
  bool Start(std::unique_ptr<grpc::ClientContext> context) {
    absl::MutexLock lock(&mutex_);
    context_ = std::move(context);
    return !cancelled_;
  }
  void Cancel() {
    absl::MutexLock lock(&mutex_);
    cancelled_ = true;
    if (context_ != nullptr) context_->TryCancel();
  }
  grpc::ClientContext* context() { return context_.get(); }

 private:
  absl::Mutex mutex_;
  bool cancelled_ = false;
  std::unique_ptr<grpc::ClientContext> context_;
};

void Print(Session& session, const WatchRatingsResponse& message, absl::TimeZone zone) {
  // Flushed line by line, so that a pipe gets each rating at once.
  session.environment.out << (session.json() ? JsonLine(message) : RatingLine(message.rating(), zone)) << std::endl;
}

}  // namespace

absl::StatusOr<int> Watch(Session& session, const WatchOptions& options) {
  WatchRatingsRequest request;
  const absl::StatusOr<ratings::v1::RatingFilter> filter = MakeFilter(options.filter);
  if (!filter.ok()) return filter.status();
  *request.mutable_filter() = *filter;
  request.set_resume_token(options.resume_token);
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();

  CancellableCall call;
  const InterruptHandler interrupt([&call] { call.Cancel(); });
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  const auto stub = RatingsService::NewStub(connection->channel());
  RetryPolicy retry;
  retry.on_wait = [&](absl::string_view reason, absl::Duration delay) {
    session.environment.err << reason << "; trying again in " << absl::FormatDuration(delay) << std::endl;
  };

  int64_t printed = 0;
  absl::Status result = absl::OkStatus();
  for (int failed_tries = 0; call.Start(connection->NewStreamContext());) {
    const auto stream = stub->WatchRatings(call.context(), request);
    WatchRatingsResponse message;
    while (stream->Read(&message)) {
      failed_tries = 0;
      request.set_resume_token(message.resume_token());
      if (!message.has_rating()) continue;
      Print(session, message, *zone);
      if (++printed == options.count) call.Cancel();
      if (printed == options.count) break;
    }
    const grpc::Status ended = stream->Finish();
    if (printed == options.count && options.count > 0) break;
    if (interrupt.interrupted()) break;
    result = connection->Explain(ended);
    if (result.ok()) result = absl::UnavailableError("the server ended the stream");
    if (!absl::IsUnavailable(result) || !retry.Wait(++failed_tries, result.message())) break;
    result = absl::OkStatus();
  }
  if (!request.resume_token().empty()) {
    session.environment.err << "resume with --resume-token=" << request.resume_token() << std::endl;
  }
  if (!result.ok()) return result;
  return kDone;
}

}  // namespace rapport::cli
