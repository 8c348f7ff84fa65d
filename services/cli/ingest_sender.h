#ifndef RAPPORT_SERVICES_CLI_INGEST_SENDER_H_
#define RAPPORT_SERVICES_CLI_INGEST_SENDER_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/server/pushback.h"
#include "services/cli/connection.h"
#include "services/cli/enum_names.h"
#include "services/cli/event_sender.h"

// For the sources of senders only: it takes in all of gRPC.
//
// An `Ingest` names the method that takes a stream of batches:
//   Event, Request, Response, Stub       its types; a response acknowledges one request, in order
//   kNoun                                what people call the events, in the plural
//   Events(request)                      the repeated field of the events
//   Start(stub, context, reactor)        begins the call

namespace rapport::cli {

// A batch on its way. Shared with the call that writes it, whose acknowledgement can overtake the end of the write.
template <class Ingest>
struct PendingBatch {
  typename Ingest::Request request;
  std::vector<SourceRow> rows;
  int tries = 1;
};

// One stream. Used by one thread; gRPC's threads call the reactions.
template <class Ingest>
class IngestCall final : public grpc::ClientBidiReactor<typename Ingest::Request, typename Ingest::Response> {
 public:
  struct Progress {
    std::vector<typename Ingest::Response> acknowledgements;
    bool can_write = false;
    bool ended = false;
  };

  IngestCall(typename Ingest::Stub& stub, std::unique_ptr<grpc::ClientContext> context) : context_(std::move(context)) {
    Ingest::Start(stub, context_.get(), this);
    // Writes start outside of reactions: the hold keeps the call alive until Finish().
    this->AddHold();
    this->StartRead(&incoming_);
    this->StartCall();
  }

  ~IngestCall() override {
    if (finished_) return;
    context_->TryCancel();
    Finish();
  }

  // Only when can_write was told.
  void Write(std::shared_ptr<const PendingBatch<Ingest>> batch) {
    {
      absl::MutexLock lock(&mutex_);
      writing_ = std::move(batch);
    }
    this->StartWrite(&writing_->request);
  }

  void CloseWrites() { this->StartWritesDone(); }

  // Returns when there is an acknowledgement, the stream has ended, a write can start that `wants_write`, or after
  // `timeout`.
  Progress Wait(bool wants_write, absl::Duration timeout) {
    absl::MutexLock lock(&mutex_);
    const auto news = [this, wants_write]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
      return !acknowledgements_.empty() || reads_ended_ || (wants_write && writing_ == nullptr);
    };
    mutex_.AwaitWithTimeout(absl::Condition(&news), timeout);
    Progress progress;
    progress.acknowledgements = std::exchange(acknowledgements_, {});
    progress.can_write = writing_ == nullptr;
    progress.ended = reads_ended_;
    return progress;
  }

  // Waits for the end of the stream. Only when it ended or is bound to.
  grpc::Status Finish() {
    this->RemoveHold();
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](std::optional<grpc::Status>* status) { return status->has_value(); }, &status_));
    finished_ = true;
    return *status_;
  }

  // After Finish: how long the server advises to wait.
  absl::Duration advised() const { return server::PushbackOf(*context_); }

 private:
  void OnReadDone(bool ok) override {
    {
      absl::MutexLock lock(&mutex_);
      if (ok) {
        acknowledgements_.push_back(std::move(incoming_));
      } else {
        reads_ended_ = true;
      }
    }
    if (ok) {
      incoming_.Clear();
      this->StartRead(&incoming_);
    }
  }
  void OnWriteDone(bool) override {
    absl::MutexLock lock(&mutex_);
    writing_ = nullptr;
  }
  void OnDone(const grpc::Status& status) override {
    absl::MutexLock lock(&mutex_);
    status_ = status;
  }

  const std::unique_ptr<grpc::ClientContext> context_;
  typename Ingest::Response incoming_;
  bool finished_ = false;
  absl::Mutex mutex_;
  std::shared_ptr<const PendingBatch<Ingest>> writing_;
  std::vector<typename Ingest::Response> acknowledgements_;
  bool reads_ended_ = false;
  std::optional<grpc::Status> status_;
};

// Sends batches over a stream, with up to `window` of them unacknowledged. When the stream is cut, a new one carries
// what was not acknowledged; the service recognises what it had taken already. `connection` must outlive the sender.
template <class Ingest>
class IngestSender final : public EventSender<typename Ingest::Event> {
 public:
  using Event = typename Ingest::Event;

  IngestSender(const Connection& connection, RetryPolicy retry, size_t window, OnResult on_result)
      : connection_(connection),
        retry_(std::move(retry)),
        window_(window),
        on_result_(std::move(on_result)),
        stub_(std::make_unique<typename Ingest::Stub>(connection.channel())) {}

  absl::Status Send(Batch<Event> batch) override {
    auto pending = std::make_shared<Pending>();
    for (Event& event : batch.events) *Ingest::Events(pending->request)->Add() = std::move(event);
    pending->rows = std::move(batch.rows);
    Enqueue(std::move(pending));
    absl::Status status = Step(absl::ZeroDuration());
    while (status.ok() && unacknowledged_.size() >= window_) status = Step(connection_.timeout());
    return status;
  }

  absl::Status Finish() override {
    while (!unacknowledged_.empty()) {
      if (absl::Status status = Step(connection_.timeout()); !status.ok()) return status;
    }
    if (call_ != nullptr) {
      call_->CloseWrites();
      call_->Wait(/*wants_write=*/false, connection_.timeout());
      // All is acknowledged: how the stream ends does not matter any more.
      call_.reset();
    }
    return absl::OkStatus();
  }

 private:
  using Pending = PendingBatch<Ingest>;

  void Enqueue(std::shared_ptr<Pending> batch) {
    batch->request.set_sequence(++last_sequence_);
    unacknowledged_.push_back(std::move(batch));
  }

  // Moves the stream on by one event, waiting for it up to `timeout`.
  absl::Status Step(absl::Duration timeout) {
    if (call_ == nullptr) {
      call_ = std::make_unique<IngestCall<Ingest>>(*stub_, connection_.NewStreamContext());
      written_ = 0;
    }
    const bool wants_write = written_ < unacknowledged_.size();
    const typename IngestCall<Ingest>::Progress progress = call_->Wait(wants_write, timeout);
    for (const typename Ingest::Response& acknowledgement : progress.acknowledgements) {
      if (absl::Status status = Acknowledge(acknowledgement); !status.ok()) return status;
    }
    if (progress.ended) return Resume();
    if (progress.can_write && written_ < unacknowledged_.size()) {
      call_->Write(unacknowledged_[written_++]);
    } else if (progress.acknowledgements.empty() && timeout > absl::ZeroDuration()) {
      return absl::DeadlineExceededError(
          absl::StrCat("the server acknowledged nothing within ", absl::FormatDuration(timeout),
                       "; see its log, give it longer with --timeout, then run the same import again"));
    }
    return absl::OkStatus();
  }

  // After the end of a stream: ready for a new one, or the error that ended it.
  absl::Status Resume() {
    grpc::Status ended = call_->Finish();
    const absl::Duration advised = call_->advised();
    call_.reset();
    if (unacknowledged_.empty()) return absl::OkStatus();
    if (ended.ok()) ended = grpc::Status(grpc::StatusCode::UNAVAILABLE, "the server ended the stream early");
    absl::Status status = connection_.Explain(ended);
    if (!IsTransient(ended.error_code()) || !retry_.Wait(++failed_tries_, status.message(), advised)) {
      return status;
    }
    return absl::OkStatus();
  }

  absl::Status Acknowledge(const typename Ingest::Response& acknowledgement) {
    if (written_ == 0 || acknowledgement.sequence() != unacknowledged_.front()->request.sequence() ||
        acknowledgement.results_size() != Ingest::Events(unacknowledged_.front()->request)->size()) {
      return absl::InternalError(absl::StrCat("the server acknowledged batch ", acknowledgement.sequence(),
                                              ", which is not the next one sent"));
    }
    const std::shared_ptr<Pending> batch = std::move(unacknowledged_.front());
    unacknowledged_.pop_front();
    --written_;
    failed_tries_ = 0;
    auto again = std::make_shared<Pending>();
    again->tries = batch->tries + 1;
    for (int i = 0; i < acknowledgement.results_size(); ++i) {
      const auto& result = acknowledgement.results(i);
      SourceRow& row = batch->rows[static_cast<size_t>(i)];
      if (IsTransient(result.status().code()) && batch->tries < retry_.tries) {
        *Ingest::Events(again->request)->Add() = Ingest::Events(batch->request)->Get(i);
        again->rows.push_back(std::move(row));
      } else {
        on_result_(row, result.status(), ShortName(result.outcome()));
      }
    }
    if (again->rows.empty()) return absl::OkStatus();
    retry_.Wait(batch->tries,
                absl::StrCat("the server could not take ", again->rows.size(), " ", Ingest::kNoun, " for now"));
    Enqueue(std::move(again));
    return absl::OkStatus();
  }

  const Connection& connection_;
  const RetryPolicy retry_;
  const size_t window_;
  const OnResult on_result_;
  const std::unique_ptr<typename Ingest::Stub> stub_;
  int64_t last_sequence_ = 0;
  std::deque<std::shared_ptr<Pending>> unacknowledged_;
  // How many of them, from the front, went out on the present stream.
  size_t written_ = 0;
  int failed_tries_ = 0;
  std::unique_ptr<IngestCall<Ingest>> call_;
};

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_INGEST_SENDER_H_
