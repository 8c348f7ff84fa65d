#ifndef RAPPORT_COMMON_SERVER_STREAM_H_
#define RAPPORT_COMMON_SERVER_STREAM_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/server/rpc.h"
#include "common/server/status.h"
#include "common/server/trace.h"

// Streaming RPCs over RpcRuntime: the two shapes that the services need.
namespace rapport::server {

// What a producer has for its stream.
enum class Step {
  kMessage,  // the response was filled in
  kWait,     // nothing now: ask again after the poll interval
  kEnd,      // the stream is complete
};

// Called again and again, one call at a time, on the executor: it may block. An error ends the stream with that status.
// The response is cleared before each call.
template <class Response>
using Producer = std::function<absl::StatusOr<Step>(Response*)>;

// Runs `open` and then the producer that it returned on the executor, and sends what it produces. Ends promptly when
// the client goes away, the server drains (UNAVAILABLE) or the credential is withdrawn (UNAUTHENTICATED). Returned from
// the RPC's method; owns itself. The request lives as long as the stream.
template <class Response>
grpc::ServerWriteReactor<Response>* ServeStream(RpcRuntime& runtime, grpc::CallbackServerContext* context,
                                                const RpcSpec& spec,
                                                std::function<absl::StatusOr<Producer<Response>>(const Call&)> open);

// Answers each request of a stream with one response, in the order of the requests. `handle` runs in the gRPC reaction,
// one request at a time, and must not block; it calls `done` exactly once, from any thread, in any order. While
// `window` requests are unanswered no further one is read, so that flow control slows the sender. An error given to
// `done` ends the stream with that status, after the responses to earlier requests. When the server drains or the
// credential is withdrawn, requests that were handled are answered, then the stream ends with UNAVAILABLE or
// UNAUTHENTICATED. Returned from the RPC's method; owns itself.
template <class Request, class Response>
grpc::ServerBidiReactor<Request, Response>* ServeIngest(
    RpcRuntime& runtime, grpc::CallbackServerContext* context, const RpcSpec& spec, int window,
    std::function<void(const Call&, Request, std::function<void(absl::StatusOr<Response>)> done)> handle);

namespace internal {

template <class Response>
class ProducerReactor final : public grpc::ServerWriteReactor<Response> {
 public:
  using Open = std::function<absl::StatusOr<Producer<Response>>(const Call&)>;

  ProducerReactor(RpcRuntime& runtime, grpc::CallbackServerContext* context, const RpcSpec& spec, Open open)
      : runtime_(runtime), open_(std::move(open)) {
    absl::Status status = runtime_.Begin(context, spec, /*streaming=*/true, scope_);
    if (status.ok()) {
      status = runtime_.executor().TryRun(tenant(), [this](const absl::Status& turn) { OpenAndStep(turn); });
    }
    if (!status.ok()) End(status);
  }

  void OnWriteDone(bool ok) override {
    if (ok) {
      StepAfter(absl::ZeroDuration());
    } else {
      End(absl::CancelledError("the client went away"));
    }
  }
  void OnCancel() override { cancelled_.store(true, std::memory_order_relaxed); }
  void OnDone() override { delete this; }

 private:
  // `this` may be gone after any of these: each ends by handing it on.
  void OpenAndStep(const absl::Status& turn) {
    if (!turn.ok()) return End(turn);
    absl::StatusOr<Producer<Response>> producer = Traced([this] { return open_(scope_.call); });
    if (!producer.ok()) return End(producer.status());
    producer_ = *std::move(producer);
    NextStep();
  }

  void NextStep() {
    if (cancelled_.load(std::memory_order_relaxed)) return End(absl::CancelledError("the client went away"));
    if (absl::Status status = runtime_.MayGoOn(scope_); !status.ok()) return End(status);
    response_.Clear();
    const absl::StatusOr<Step> step = Traced([this] { return producer_(&response_); });
    if (!step.ok()) return End(step.status());
    switch (*step) {
      case Step::kMessage:
        return this->StartWrite(&response_);
      case Step::kWait:
        return StepAfter(runtime_.options().stream_poll_interval);
      case Step::kEnd:
        return End(absl::OkStatus());
    }
  }

  template <typename Work>
  auto Traced(const Work& work) {
    const TraceScope trace(scope_.call);
    return work();
  }

  // A stream that was opened is not refused for a full queue or a long wait: it has one task at a time.
  void StepAfter(absl::Duration delay) {
    runtime_.executor().RunAfter(tenant(), delay, [this] { NextStep(); });
  }

  const std::string& tenant() const { return scope_.call.principal.tenant; }

  void End(const absl::Status& status) { this->Finish(runtime_.Finish(scope_, status)); }

  RpcRuntime& runtime_;
  const Open open_;
  CallScope scope_;
  Producer<Response> producer_;
  Response response_;
  std::atomic<bool> cancelled_ = false;
};

template <class Request, class Response>
class IngestReactor final : public grpc::ServerBidiReactor<Request, Response>,
                            public OpenStream,
                            public std::enable_shared_from_this<IngestReactor<Request, Response>> {
 public:
  using Done = std::function<void(absl::StatusOr<Response>)>;
  using Handle = std::function<void(const Call&, Request, Done)>;

  IngestReactor(RpcRuntime& runtime, int window, Handle handle)
      : runtime_(runtime), window_(static_cast<size_t>(window)), handle_(std::move(handle)) {}

  void Start(grpc::CallbackServerContext* context, const RpcSpec& spec) {
    self_ = this->shared_from_this();
    const std::shared_ptr<IngestReactor> keep = self_;
    const absl::Status status = runtime_.Begin(context, spec, /*streaming=*/true, scope_);
    {
      absl::MutexLock lock(&mutex_);
      if (!status.ok()) return End(status);
      Advance();
    }
    runtime_.Follow(keep);
  }

  void OnReadDone(bool ok) override {
    const std::shared_ptr<IngestReactor> keep = this->shared_from_this();
    uint64_t sequence = 0;
    {
      absl::MutexLock lock(&mutex_);
      reading_ = false;
      if (!ok) half_closed_ = true;
      if (ok && !finished_ && ending_.ok()) ending_ = runtime_.MayGoOn(scope_);
      // What is read while it ends is dropped: the client sends again what was not acknowledged.
      if (!ok || finished_ || !ending_.ok()) return Advance();
      sequence = first_ + answers_.size();
      answers_.emplace_back();
    }
    handle_(scope_.call, std::move(request_),
            [keep, sequence](absl::StatusOr<Response> answer) { keep->Answer(sequence, std::move(answer)); });
    absl::MutexLock lock(&mutex_);
    request_.Clear();
    may_read_ = true;
    Advance();
  }

  void OnWriteDone(bool ok) override {
    const std::shared_ptr<IngestReactor> keep = this->shared_from_this();
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok) cancelled_ = true;
    Advance();
  }

  void OnCancel() override {
    const std::shared_ptr<IngestReactor> keep = this->shared_from_this();
    absl::MutexLock lock(&mutex_);
    cancelled_ = true;
    Advance();
  }

  void Reconsider() override {
    absl::MutexLock lock(&mutex_);
    if (finished_ || !ending_.ok()) return;
    ending_ = runtime_.MayGoOn(scope_);
    Advance();
  }

  // The last reaction. Answers that are still to come keep the reactor alive by themselves.
  void OnDone() override { const std::shared_ptr<IngestReactor> last = std::move(self_); }

 private:
  void Answer(uint64_t sequence, absl::StatusOr<Response> answer) {
    absl::MutexLock lock(&mutex_);
    if (finished_) return;
    answers_[sequence - first_] = std::move(answer);
    Advance();
  }

  // Starts whatever may start now.
  void Advance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (finished_ || writing_) return StartNextRead();
    if (cancelled_) return End(absl::CancelledError("the client went away"));
    if (!answers_.empty() && answers_.front().has_value()) {
      absl::StatusOr<Response> answer = *std::move(answers_.front());
      answers_.pop_front();
      ++first_;
      if (!answer.ok()) return End(answer.status());
      response_ = *std::move(answer);
      writing_ = true;
      this->StartWrite(&response_);
    } else if (answers_.empty() && half_closed_) {
      return End(absl::OkStatus());
    } else if (answers_.empty() && !ending_.ok()) {
      return End(ending_);
    }
    StartNextRead();
  }

  void StartNextRead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!may_read_ || reading_ || half_closed_ || !ending_.ok() || cancelled_ || finished_) return;
    if (answers_.size() + (writing_ ? 1 : 0) >= window_) return;
    may_read_ = false;
    reading_ = true;
    this->StartRead(&request_);
  }

  void End(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    finished_ = true;
    answers_.clear();
    this->Finish(runtime_.Finish(scope_, status));
  }

  RpcRuntime& runtime_;
  const size_t window_;
  const Handle handle_;
  std::shared_ptr<IngestReactor> self_;  // until OnDone
  CallScope scope_;
  Request request_;    // being read, or being handled
  Response response_;  // being written

  absl::Mutex mutex_;
  // Of the requests handled, in order, what was answered; those before `first_` were acknowledged.
  std::deque<std::optional<absl::StatusOr<Response>>> answers_ ABSL_GUARDED_BY(mutex_);
  uint64_t first_ ABSL_GUARDED_BY(mutex_) = 0;
  bool may_read_ ABSL_GUARDED_BY(mutex_) = true;  // no request is being handled
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool half_closed_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status ending_ ABSL_GUARDED_BY(mutex_);  // what ends the stream when all is answered; OK: nothing yet
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace internal

template <class Response>
grpc::ServerWriteReactor<Response>* ServeStream(RpcRuntime& runtime, grpc::CallbackServerContext* context,
                                                const RpcSpec& spec,
                                                std::function<absl::StatusOr<Producer<Response>>(const Call&)> open) {
  return new internal::ProducerReactor<Response>(runtime, context, spec, std::move(open));
}

template <class Request, class Response>
grpc::ServerBidiReactor<Request, Response>* ServeIngest(
    RpcRuntime& runtime, grpc::CallbackServerContext* context, const RpcSpec& spec, int window,
    std::function<void(const Call&, Request, std::function<void(absl::StatusOr<Response>)> done)> handle) {
  const auto reactor = std::make_shared<internal::IngestReactor<Request, Response>>(runtime, window, std::move(handle));
  reactor->Start(context, spec);
  return reactor.get();
}

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_STREAM_H_
