#include "tests/benchmark/overload_load.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/server/pushback.h"
#include "tests/benchmark/summary.h"

namespace rapport::benchmark {
namespace {

// Of calls that nobody waits for, on each connection: twice what the server takes at a time. What would go beyond is
// offered and dropped, as by a client that holds no queue of its own.
constexpr int64_t kMostUnanswered = 200;
constexpr absl::Duration kPatience = absl::Seconds(20);
constexpr absl::Duration kDeadline = absl::Seconds(20);  // of each call

class Overload {
 public:
  Overload(const MakeCall& make_call, const OverloadOptions& options) : make_call_(make_call), options_(options) {
    for (int i = 0; i < options.connections; ++i) {
      grpc::ChannelArguments arguments;
      arguments.SetInt("benchmark.connection", i);
      arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
      arguments.SetMaxReceiveMessageSize(-1);
      channels_.push_back(grpc::CreateCustomChannel(options.server, grpc::InsecureChannelCredentials(), arguments));
      if (!channels_.back()->WaitForConnected(absl::ToChronoTime(absl::Now() + kPatience))) {
        failure_ = "no connection to the server";
      }
      stubs_.push_back(std::make_unique<grpc::GenericStub>(channels_.back()));
    }
  }

  void Run() {
    start_ = absl::Now();
    end_ = start_ + absl::Seconds(options_.seconds);
    from_ = end_ - absl::Seconds(MeasuredSeconds());
    if (options_.rate > 0) {
      OfferAtRate();
    } else {
      for (int i = 0; i < options_.callers; ++i) Call(/*again=*/true);
      CallLate();
    }
    absl::MutexLock lock(&mutex_);
    for (Pending* pending : pending_) pending->context.TryCancel();
    mutex_.AwaitWithTimeout(absl::Condition(
                                +[](absl::flat_hash_set<Pending*>* pending) { return pending->empty(); }, &pending_),
                            kPatience);
  }

  // What is offered and what comes back in the measured time: at its beginning the queues are as full as they get.
  std::string Figures() {
    absl::MutexLock lock(&mutex_);
    const double elapsed = MeasuredSeconds();
    const auto refused = static_cast<double>(refused_);
    return absl::StrCat("{\"offered\":", static_cast<double>(offered_) / elapsed,
                        ",\"accepted\":", static_cast<double>(accepted_) / elapsed, ",\"refused\":", refused / elapsed,
                        ",\"failed\":", static_cast<double>(failed_) / elapsed,
                        ",\"advised\":", refused > 0 ? static_cast<double>(advised_) / refused : 1.0,
                        ",\"accepted_in_all\":", seconds_.size(), ",\"p50_seconds\":", Quantile(seconds_, 0.5),
                        ",\"p99_seconds\":", Quantile(seconds_, 0.99), ",\"max_seconds\":", Quantile(seconds_, 1), "}");
  }

  // Why calls failed that were not refused; empty when none did.
  std::string failure() {
    absl::MutexLock lock(&mutex_);
    return failure_;
  }

 private:
  struct Pending {
    grpc::ClientContext context;
    grpc::ByteBuffer request;
    grpc::ByteBuffer response;
    absl::Time start;
  };

  void OfferAtRate() {
    double offered = 0;
    for (absl::Time now = start_; now < end_; now = absl::Now()) {
      const double due = absl::ToDoubleSeconds(now - start_) * options_.rate;
      for (; offered < due && absl::Now() < end_; ++offered) {
        if (MayCall()) Call(/*again=*/false);
      }
      offered = std::max(offered, due - options_.rate);  // what could not be sent within a second is not caught up with
      absl::SleepFor(absl::Microseconds(200));
    }
  }

  // Makes the calls of those who wait as advised, until the end.
  void CallLate() {
    for (absl::Time now = absl::Now(); now < end_; now = absl::Now()) {
      int due = 0;
      {
        absl::MutexLock lock(&mutex_);
        while (!late_.empty() && late_.front() <= now) {
          std::pop_heap(late_.begin(), late_.end(), std::greater<>());
          late_.pop_back();
          ++due;
        }
      }
      while (due-- > 0) Call(/*again=*/true);
      absl::SleepFor(absl::Milliseconds(1));
    }
  }

  bool MayCall() {
    absl::MutexLock lock(&mutex_);
    if (pending_.size() < static_cast<size_t>(kMostUnanswered * options_.connections)) return true;
    if (absl::Now() >= from_) ++offered_;
    return false;
  }

  void Call(bool again) {
    auto* pending = new Pending;
    const int64_t number = next_.fetch_add(1, std::memory_order_relaxed);
    const RawCall call = make_call_(number);
    const grpc::Slice bytes(call.request);
    pending->request = grpc::ByteBuffer(&bytes, 1);
    pending->start = absl::Now();
    pending->context.AddMetadata("x-rapport-tenant", options_.tenant);
    pending->context.set_deadline(absl::ToChronoTime(pending->start + kDeadline));
    {
      absl::MutexLock lock(&mutex_);
      pending_.insert(pending);
      if (pending->start >= from_) ++offered_;
    }
    stubs_[static_cast<size_t>(number) % stubs_.size()]->UnaryCall(
        &pending->context, call.method, grpc::StubOptions(), &pending->request, &pending->response,
        [this, again, pending](const grpc::Status& status) { OnAnswer(again, *pending, status); });
  }

  void OnAnswer(bool again, Pending& pending, const grpc::Status& status) {
    const absl::Time now = absl::Now();
    const absl::Duration advice = server::PushbackOf(pending.context);
    const bool refused = status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
    const bool waits = refused && options_.obey;
    {
      absl::MutexLock lock(&mutex_);
      if (status.ok()) seconds_.push_back(absl::ToDoubleSeconds(now - pending.start));
      if (now >= from_ && now <= end_) Count(status, refused, advice);
      if (again && waits) {
        late_.push_back(now + std::max(advice, absl::Milliseconds(1)));
        std::push_heap(late_.begin(), late_.end(), std::greater<>());
      }
    }
    if (again && !waits && now < end_) Call(again);
    // Last: nothing of this is touched any more when nothing is pending.
    absl::MutexLock lock(&mutex_);
    pending_.erase(&pending);
    delete &pending;
  }

  void Count(const grpc::Status& status, bool refused, absl::Duration advice) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (status.ok()) {
      ++accepted_;
    } else if (refused) {
      ++refused_;
      if (advice > absl::ZeroDuration()) ++advised_;
    } else {
      ++failed_;
      failure_ = status.error_message();
    }
  }

  // The first third is left to the queues to fill.
  double MeasuredSeconds() const { return options_.seconds * 2 / 3; }

  const MakeCall& make_call_;
  const OverloadOptions& options_;
  std::vector<std::shared_ptr<grpc::Channel>> channels_;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
  std::atomic<int64_t> next_ = 0;
  absl::Time start_;
  absl::Time from_;  // when what happens begins to count
  absl::Time end_;
  absl::Mutex mutex_;
  absl::flat_hash_set<Pending*> pending_ ABSL_GUARDED_BY(mutex_);
  int64_t offered_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t accepted_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t refused_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t advised_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t failed_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string failure_ ABSL_GUARDED_BY(mutex_);
  std::vector<double> seconds_ ABSL_GUARDED_BY(mutex_);   // that each accepted call took
  std::vector<absl::Time> late_ ABSL_GUARDED_BY(mutex_);  // a heap: when those who wait call again
};

}  // namespace

int RunOverload(const MakeCall& make_call, const OverloadOptions& options) {
  Overload overload(make_call, options);
  overload.Run();
  if (!overload.failure().empty()) std::cerr << overload.failure() << "\n";
  std::cout << overload.Figures() << "\n";
  return 0;
}

}  // namespace rapport::benchmark
