#ifndef RAPPORT_COMMON_SERVER_RPC_H_
#define RAPPORT_COMMON_SERVER_RPC_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/metrics/registry.h"
#include "common/server/access.h"
#include "common/server/call.h"
#include "common/server/executor.h"
#include "common/server/held_answers.h"
#include "common/server/log.h"
#include "common/server/rate_limit.h"
#include "common/server/refusal_pace.h"
#include "common/server/stream_limit.h"

namespace grpc {
class CallbackServerContext;
class ServerUnaryReactor;
class Status;
}  // namespace grpc

namespace rapport::server {

// The metrics of one RPC, looked up once.
struct RpcMetrics;

// A call from its arrival to its answer: who calls, since when, under which trace.
// The server counts as busy until it is destroyed.
struct CallScope {
  CallScope() = default;
  ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

  grpc::CallbackServerContext* context = nullptr;
  absl::string_view rpc;
  RpcMetrics* metrics = nullptr;
  bool bulky = false;  // its RPC's
  absl::Time start;
  Call call;

 private:
  friend class RpcRuntime;
  std::atomic<int64_t>* active_ = nullptr;
  std::atomic<uint64_t> generation_ = 0;       // of the credentials that allowed the call
  std::unique_ptr<StreamLimit::Place> place_;  // of a stream
};

// A stream that may stay open without anything happening in it.
class OpenStream {
 public:
  virtual ~OpenStream() = default;
  // To end if RpcRuntime::MayGoOn says so now.
  virtual void Reconsider() = 0;
};

// Runs every RPC of a server: authorises, limits, times, counts and logs it, and turns its absl::Status into gRPC's.
// Thread-safe.
class RpcRuntime {
 public:
  struct Options {
    absl::Duration default_deadline = absl::Seconds(30);            // of unary calls without one
    absl::Duration stream_poll_interval = absl::Milliseconds(100);  // between two questions to a waiting producer
    double calls_per_second = 0;                                    // per tenant; 0: no limit
    double events_per_second = 0;                                   // per tenant; 0: no limit
    int open_streams = 0;                                           // per tenant; 0: no limit
  };

  // All must outlive the runtime.
  RpcRuntime(const Options& options, Access& access, Executor& executor, Logger& log, metrics::Registry& registry);
  ~RpcRuntime();
  RpcRuntime(const RpcRuntime&) = delete;
  RpcRuntime& operator=(const RpcRuntime&) = delete;

  // Runs `work`, which may block, on the executor, in the tenant's turn. RESOURCE_EXHAUSTED when the tenant has no room
  // in its queue or the call waited too long. A call that was cancelled or whose deadline passed while it waited is not
  // run. Request and response live until `work` returns.
  grpc::ServerUnaryReactor* Blocking(grpc::CallbackServerContext* context, const RpcSpec& spec,
                                     std::function<absl::Status(const Call&)> work);

  // Runs `work` at once in the gRPC reaction: it must not block. It calls `done` exactly once, from any thread, at any
  // time. Request, response and the Call live until then.
  using Done = std::function<void(absl::Status)>;
  grpc::ServerUnaryReactor* Async(grpc::CallbackServerContext* context, const RpcSpec& spec,
                                  const std::function<void(const Call&, Done)>& work);

  // Charges events to the tenant's rate. RESOURCE_EXHAUSTED says which limit was exceeded and when to retry. To be
  // called before any other work on them, so that refusing costs little.
  absl::Status ChargeEvents(const Call& call, int64_t events);
  // ChargeEvents first asks `room` whether so many events of a tenant can be taken now. To be set before the first
  // call.
  using EventRoom = std::function<absl::Status(absl::string_view tenant, int64_t events)>;
  void AskForRoom(EventRoom room) { event_room_ = std::move(room); }

  // From now on new calls get UNAVAILABLE, and open streams end: producers with UNAVAILABLE, ingest streams after they
  // acknowledged what they had accepted.
  void Drain();
  // Waits until no call is left; false when some are after `timeout`.
  bool AwaitIdle(absl::Duration timeout) const;
  bool draining() const { return draining_.load(std::memory_order_relaxed); }

  // For reactors (see stream.h): begins a call; an error is the answer to it. Either way, end it with Finish.
  absl::Status Begin(grpc::CallbackServerContext* context, const RpcSpec& spec, bool streaming, CallScope& scope);
  // Counts, times and logs the call, and converts its status; advice when to retry goes into the trailers as gRPC's
  // clients read it (grpc-retry-pushback-ms).
  grpc::Status Finish(const CallScope& scope, const absl::Status& status);
  // Holds back the refusal of a call until it is due (RefusalPace), and then calls `answer` with what is left to
  // advise. False, and it is not called, for other statuses and when enough are held.
  bool HoldBack(const CallScope& scope, const absl::Status& refusal, std::function<void(const absl::Status&)> answer);
  // What ends an open stream: UNAVAILABLE when the server drains, UNAUTHENTICATED when the credential that opened it
  // was taken out or changed. Not to be asked of a call whose context may be gone.
  absl::Status MayGoOn(CallScope& scope) const;
  // `stream` is to reconsider whenever MayGoOn may have changed, first at once.
  void Follow(const std::shared_ptr<OpenStream>& stream);

  Executor& executor() { return executor_; }
  const Options& options() const { return options_; }

 private:
  absl::Status Admit(const Principal& principal, bool streaming, CallScope& scope);
  void ReconsiderStreams();
  RpcMetrics& MetricsOf(absl::string_view rpc);
  metrics::Counter& CounterOf(const CallScope& scope, absl::StatusCode code);

  const Options options_;
  Access& access_;
  Executor& executor_;
  Logger& log_;
  metrics::Registry& registry_;
  RateLimiter calls_;
  RateLimiter events_;
  StreamLimit open_;
  RefusalPace pace_;
  EventRoom event_room_;
  metrics::Counter& calls_refused_;
  metrics::Counter& events_refused_;
  metrics::Counter& streams_refused_;
  std::atomic<bool> draining_ = false;
  std::atomic<int64_t> active_ = 0;

  absl::Mutex metrics_mutex_;
  absl::flat_hash_map<absl::string_view, std::unique_ptr<RpcMetrics>> metrics_ ABSL_GUARDED_BY(metrics_mutex_);

  absl::Mutex streams_mutex_;
  std::vector<std::weak_ptr<OpenStream>> streams_ ABSL_GUARDED_BY(streams_mutex_);

  HeldAnswers held_;  // last: what it still holds uses the rest
};

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_RPC_H_
