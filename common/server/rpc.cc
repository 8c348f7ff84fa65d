#include "common/server/rpc.h"

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/metrics/runtime_metrics.h"
#include "common/server/status.h"
#include "common/server/trace.h"
#include "common/status/retry_after.h"

namespace rapport::server {

struct RpcMetrics {
  metrics::Histogram* seconds = nullptr;
  metrics::Gauge* in_flight = nullptr;
  std::array<std::atomic<metrics::Counter*>, 17> by_code = {};  // null until the code occurs
};

namespace {

// What failures are worth: ours are errors, overload is a warning, the caller's mistakes are information.
Severity SeverityOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return Severity::kDebug;
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kDataLoss:
      return Severity::kError;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDeadlineExceeded:
      return Severity::kWarning;
    default:
      return Severity::kInfo;
  }
}

// The texts of these are about the server. Others repeat what the caller sent, which may be personal.
bool IsLoggable(absl::StatusCode code) {
  return SeverityOf(code) >= Severity::kWarning || code == absl::StatusCode::kUnauthenticated ||
         code == absl::StatusCode::kPermissionDenied;
}

// Refusals are held back so long, and so many of them.
constexpr absl::Duration kShortestHold = absl::Milliseconds(2);
constexpr absl::Duration kLongestAdvisedHold = absl::Milliseconds(500);
constexpr absl::Duration kLongestHold = absl::Seconds(10);
constexpr int64_t kMostHeld = 4096;
// What is left to advise after a long hold: the caller has waited already.
constexpr absl::Duration kLeastAdvice = absl::Milliseconds(10);
// What refusing may take of a processor, and what it does take, measured (README).
constexpr double kRefusingShare = 0.1;
constexpr absl::Duration kCostOfRefusal = absl::Microseconds(200);
constexpr absl::Duration kCostOfBulkyRefusal = absl::Milliseconds(1);

absl::string_view Traceparent(const grpc::CallbackServerContext& context) {
  const auto found = context.client_metadata().find("traceparent");
  if (found == context.client_metadata().end()) return "";
  return {found->second.data(), found->second.size()};
}

std::string NamesOf(RoleSet roles) {
  std::vector<std::string> names;
  for (int role = access::v1::Role_MIN + 1; role <= access::v1::Role_MAX; ++role) {
    if (roles.Contains(static_cast<access::v1::Role>(role))) names.push_back(access::v1::Role_Name(role));
  }
  return names.empty() ? "none" : absl::StrJoin(names, " or ");
}

absl::Status MissingRole(const RpcSpec& spec, const Principal& principal) {
  return absl::PermissionDeniedError(absl::StrCat(spec.name, " needs ", NamesOf(spec.any_of), "; credential '",
                                                  principal.name,
                                                  "' lacks it: use another credential, or have the "
                                                  "operator add the role"));
}

absl::Status OverRate(absl::string_view what, absl::string_view flag, double per_second, absl::Duration wait) {
  return WithRetryAfter(
      absl::ResourceExhaustedError(absl::StrCat("more than ", per_second, " ", what, " a second (", flag, ")")), wait);
}

absl::Status TooManyStreams(int limit) {
  return WithRetryAfter(absl::ResourceExhaustedError(absl::StrCat(
                            "the tenant has ", limit, " streams open, as many as it may (--tenant-open-streams): end ",
                            "some, or let several readers share one")),
                        absl::Seconds(5));
}

class UnaryReactor final : public grpc::ServerUnaryReactor {
 public:
  explicit UnaryReactor(RpcRuntime& runtime) : runtime_(runtime) {}

  CallScope& scope() { return scope_; }
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

  // What comes of the call when its turn on the executor has come; `turn` is an error when it has not.
  absl::Status Run(const absl::Status& turn, const std::function<absl::Status(const Call&)>& work) const {
    if (cancelled()) return absl::CancelledError("the client went away before the call ran");
    if (absl::Now() >= scope_.call.deadline) {
      return absl::DeadlineExceededError("the deadline passed while the call waited for a thread");
    }
    if (!turn.ok()) return turn;
    const TraceScope trace(scope_.call);
    return work(scope_.call);
  }

  // `this` may be gone when it returns.
  void End(const absl::Status& status) {
    if (runtime_.HoldBack(scope_, status, [this](const absl::Status& left) { EndNow(left); })) return;
    EndNow(status);
  }

  void OnCancel() override { cancelled_.store(true, std::memory_order_relaxed); }
  void OnDone() override { delete this; }

 private:
  void EndNow(const absl::Status& status) { Finish(runtime_.Finish(scope_, status)); }

  RpcRuntime& runtime_;
  CallScope scope_;
  std::atomic<bool> cancelled_ = false;
};

}  // namespace

CallScope::~CallScope() {
  if (active_ != nullptr) active_->fetch_sub(1);
}

RpcRuntime::RpcRuntime(const Options& options, Access& access, Executor& executor, Logger& log,
                       metrics::Registry& registry)
    : options_(options),
      access_(access),
      executor_(executor),
      log_(log),
      registry_(registry),
      calls_(options.calls_per_second),
      events_(options.events_per_second),
      open_(options.open_streams),
      pace_(kRefusingShare, kLongestHold),
      calls_refused_(registry.GetCounter(metrics::kRateLimited, {"calls"})),
      events_refused_(registry.GetCounter(metrics::kRateLimited, {"events"})),
      streams_refused_(registry.GetCounter(metrics::kRateLimited, {"streams"})),
      held_(kMostHeld) {
  access_.OnChange([this] { ReconsiderStreams(); });
}

RpcRuntime::~RpcRuntime() {
  access_.OnChange(nullptr);
}

grpc::ServerUnaryReactor* RpcRuntime::Blocking(grpc::CallbackServerContext* context, const RpcSpec& spec,
                                               std::function<absl::Status(const Call&)> work) {
  auto* reactor = new UnaryReactor(*this);
  absl::Status status = Begin(context, spec, /*streaming=*/false, reactor->scope());
  if (status.ok()) {
    status = executor_.TryRun(
        reactor->scope().call.principal.tenant,
        [reactor, work = std::move(work)](const absl::Status& turn) { reactor->End(reactor->Run(turn, work)); });
    if (status.ok()) return reactor;
  }
  reactor->End(status);
  return reactor;
}

grpc::ServerUnaryReactor* RpcRuntime::Async(grpc::CallbackServerContext* context, const RpcSpec& spec,
                                            const std::function<void(const Call&, Done)>& work) {
  auto* reactor = new UnaryReactor(*this);
  const absl::Status status = Begin(context, spec, /*streaming=*/false, reactor->scope());
  if (status.ok()) {
    work(reactor->scope().call, [reactor](const absl::Status& result) { reactor->End(result); });
  } else {
    reactor->End(status);
  }
  return reactor;
}

absl::Status RpcRuntime::ChargeEvents(const Call& call, int64_t events) {
  if (event_room_ != nullptr) {
    if (absl::Status status = event_room_(call.principal.tenant, events); !status.ok()) return status;
  }
  const absl::Duration wait = events_.Charge(call.principal.tenant, static_cast<double>(events), absl::Now());
  if (wait == absl::ZeroDuration()) return absl::OkStatus();
  events_refused_.Increment();
  return OverRate("events", "--tenant-events-per-second", events_.per_second(), wait);
}

absl::Status RpcRuntime::Begin(grpc::CallbackServerContext* context, const RpcSpec& spec, bool streaming,
                               CallScope& scope) {
  // Counted before the look at draining_, so that Drain either refuses the call or waits for it.
  active_.fetch_add(1);
  scope.active_ = &active_;
  scope.context = context;
  scope.rpc = spec.name;
  scope.bulky = spec.bulky;
  scope.start = absl::Now();
  scope.metrics = &MetricsOf(spec.name);
  scope.metrics->in_flight->Increment();
  Trace trace = ContinueTrace(Traceparent(*context));
  scope.call.traceparent = std::move(trace.traceparent);
  scope.call.trace_id = std::move(trace.trace_id);
  if (draining_.load()) return Draining();

  scope.generation_.store(access_.generation());
  absl::StatusOr<std::shared_ptr<const Principal>> principal = access_.Identify(*context);
  if (!principal.ok()) return principal.status();
  scope.call.principal = **principal;
  if (!(*principal)->roles.Intersects(spec.any_of)) return MissingRole(spec, **principal);
  if (absl::Status status = Admit(**principal, streaming, scope); !status.ok()) return status;

  const std::chrono::system_clock::time_point deadline = context->deadline();
  if (deadline != std::chrono::system_clock::time_point::max()) {
    scope.call.deadline = absl::FromChrono(deadline);
  } else {
    scope.call.deadline = streaming ? absl::InfiniteFuture() : scope.start + options_.default_deadline;
  }
  if (scope.start >= scope.call.deadline) {
    return absl::DeadlineExceededError("the deadline passed before the call arrived");
  }
  return absl::OkStatus();
}

absl::Status RpcRuntime::Admit(const Principal& principal, bool streaming, CallScope& scope) {
  const absl::Duration wait = calls_.Charge(principal.tenant, 1, scope.start);
  if (wait > absl::ZeroDuration()) {
    calls_refused_.Increment();
    return OverRate("calls", "--tenant-calls-per-second", calls_.per_second(), wait);
  }
  if (!streaming) return absl::OkStatus();
  scope.place_ = open_.Enter(principal.tenant);
  if (scope.place_ != nullptr) return absl::OkStatus();
  streams_refused_.Increment();
  return TooManyStreams(open_.per_tenant());
}

absl::Status RpcRuntime::MayGoOn(CallScope& scope) const {
  if (draining()) return Draining();
  const uint64_t generation = access_.generation();
  if (scope.generation_.load() == generation) return absl::OkStatus();
  const absl::StatusOr<std::shared_ptr<const Principal>> principal = access_.Identify(*scope.context);
  if (!principal.ok()) return principal.status();
  if (**principal != scope.call.principal) {
    return absl::UnauthenticatedError("what the credential allows was changed: open the stream again");
  }
  scope.generation_.store(generation);
  return absl::OkStatus();
}

grpc::Status RpcRuntime::Finish(const CallScope& scope, const absl::Status& given) {
  const absl::Status status = WithSpreadAdvice(given);
  const absl::Duration advice = RetryAfter(status);
  if (advice > absl::ZeroDuration()) {
    scope.context->AddTrailingMetadata("grpc-retry-pushback-ms", absl::StrCat(absl::ToInt64Milliseconds(advice)));
  }
  const absl::Duration elapsed = absl::Now() - scope.start;
  scope.metrics->in_flight->Decrement();
  scope.metrics->seconds->Observe(absl::ToDoubleSeconds(elapsed));
  CounterOf(scope, status.code()).Increment();
  const Severity severity = SeverityOf(status.code());
  if (log_.Enabled(severity)) {
    const absl::string_view code = CodeName(status.code());
    log_.Write(severity, status.ok() ? "call answered" : absl::StrCat("call failed: ", code), scope.rpc,
               scope.call.trace_id,
               {{"code", code},
                {"detail", IsLoggable(status.code()) ? absl::string_view(status.message()) : absl::string_view()},
                {"credential", scope.call.principal.name},
                {"tenant", scope.call.principal.tenant},
                {"seconds", absl::ToDoubleSeconds(elapsed)}});
  }
  return ToGrpcStatus(status);
}

bool RpcRuntime::HoldBack(const CallScope& scope, const absl::Status& refusal,
                          std::function<void(const absl::Status&)> answer) {
  const absl::Duration advice = RetryAfter(refusal);
  if (advice <= absl::ZeroDuration()) return false;
  const absl::Time now = absl::Now();
  absl::Duration wait = std::min(advice, kLongestAdvisedHold);
  // What is away (UNAVAILABLE) may be back any time, and is no flood.
  if (absl::IsResourceExhausted(refusal)) {
    const absl::Duration cost = scope.bulky ? kCostOfBulkyRefusal : kCostOfRefusal;
    wait = std::max(wait, pace_.Reserve(scope.call.principal.tenant, cost, now));
  }
  // A caller with little time left is told while it can still listen.
  wait = std::min(wait, (scope.call.deadline - now) / 2);
  if (wait < kShortestHold) return false;
  const absl::Duration left = std::max(advice - wait, kLeastAdvice);
  return held_.TryHold(wait, [refusal, left, answer = std::move(answer)] { answer(WithRetryAfter(refusal, left)); });
}

void RpcRuntime::Drain() {
  draining_.store(true);
  held_.Release();
  ReconsiderStreams();
}

void RpcRuntime::ReconsiderStreams() {
  std::vector<std::weak_ptr<OpenStream>> streams;
  {
    absl::MutexLock lock(&streams_mutex_);
    streams = streams_;
  }
  for (const std::weak_ptr<OpenStream>& weak : streams) {
    if (const std::shared_ptr<OpenStream> stream = weak.lock()) stream->Reconsider();
  }
}

bool RpcRuntime::AwaitIdle(absl::Duration timeout) const {
  // Polled: the last touch of a call is then its decrement, so that the runtime may go as soon as this returns.
  const absl::Time end = absl::Now() + timeout;
  while (active_.load() > 0) {
    if (absl::Now() >= end) return false;
    absl::SleepFor(absl::Milliseconds(2));
  }
  return true;
}

void RpcRuntime::Follow(const std::shared_ptr<OpenStream>& stream) {
  {
    absl::MutexLock lock(&streams_mutex_);
    std::erase_if(streams_, [](const std::weak_ptr<OpenStream>& weak) { return weak.expired(); });
    streams_.push_back(stream);
  }
  stream->Reconsider();
}

RpcMetrics& RpcRuntime::MetricsOf(absl::string_view rpc) {
  {
    absl::ReaderMutexLock lock(&metrics_mutex_);
    const auto found = metrics_.find(rpc);
    if (found != metrics_.end()) return *found->second;
  }
  absl::MutexLock lock(&metrics_mutex_);
  std::unique_ptr<RpcMetrics>& entry = metrics_[rpc];
  if (entry == nullptr) {
    entry = std::make_unique<RpcMetrics>();
    entry->seconds = &registry_.GetHistogram(metrics::kRpcDuration, {rpc});
    entry->in_flight = &registry_.GetGauge(metrics::kRpcInFlight, {rpc});
  }
  return *entry;
}

metrics::Counter& RpcRuntime::CounterOf(const CallScope& scope, absl::StatusCode code) {
  std::atomic<metrics::Counter*>& slot = scope.metrics->by_code[static_cast<size_t>(code)];
  metrics::Counter* counter = slot.load(std::memory_order_acquire);
  if (counter == nullptr) {
    counter = &registry_.GetCounter(metrics::kRpcRequests, {scope.rpc, CodeName(code)});
    slot.store(counter, std::memory_order_release);
  }
  return *counter;
}

}  // namespace rapport::server
