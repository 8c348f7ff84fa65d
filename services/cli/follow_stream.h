#ifndef RAPPORT_SERVICES_CLI_FOLLOW_STREAM_H_
#define RAPPORT_SERVICES_CLI_FOLLOW_STREAM_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "services/cli/event_sender.h"
#include "services/cli/interrupt.h"
#include "services/cli/session.h"

namespace rapport::cli {

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

// Follows a stream whose messages carry resume tokens until SIGINT or SIGTERM, or until `print` printed `count`
// messages (0: no end); then tells the token that resumes after the last one on the error stream. Goes on by itself
// when the server was away for a while. `print` returns false for a message that only moves the token on.
template <class Stub, class Request, class Response, class Print>
absl::StatusOr<int> FollowStream(Session& session,
                                 std::unique_ptr<grpc::ClientReader<Response>> (Stub::*method)(grpc::ClientContext*,
                                                                                               const Request&),
                                 Request request, int64_t count, const Print& print) {
  CancellableCall call;
  const InterruptHandler interrupt([&call] { call.Cancel(); });
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  Stub stub(connection->channel());
  RetryPolicy retry;
  retry.on_wait = [&](absl::string_view reason, absl::Duration delay) {
    session.environment.err << reason << "; trying again in " << absl::FormatDuration(delay) << std::endl;
  };

  int64_t printed = 0;
  absl::Status result = absl::OkStatus();
  for (int failed_tries = 0; call.Start(connection->NewStreamContext());) {
    const auto stream = (stub.*method)(call.context(), request);
    Response message;
    while (stream->Read(&message)) {
      failed_tries = 0;
      request.set_resume_token(message.resume_token());
      if (!print(message)) continue;
      if (++printed == count) call.Cancel();
      if (printed == count) break;
    }
    const grpc::Status ended = stream->Finish();
    if (printed == count && count > 0) break;
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

#endif  // RAPPORT_SERVICES_CLI_FOLLOW_STREAM_H_
