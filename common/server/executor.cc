#include "common/server/executor.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "common/server/status.h"
#include "common/status/retry_after.h"

namespace rapport::server {
namespace {

// A tenant may have this many times what nobody has, as in the write path: of the queue alone eight ninths, of the
// threads two thirds, and one who comes later finds room at once.
constexpr size_t kTimesFreeQueue = 8;
constexpr size_t kTimesFreeThreads = 2;
constexpr size_t kFewTenants = 64;
constexpr int kStandingShare = 10;  // of the longest wait, while a queue does not get empty
constexpr size_t kMostRefusedInATurn = 2;
// What tasks compute gives way to gRPC and to what stores events, which have few threads: however many tasks run, calls
// come in and are answered. 10 is a tenth of the processor time of a thread that does not give way.
constexpr int kNice = 10;
constexpr double kNewest = 0.1;  // weight of the newest task in the usual time

bool MayTakeOne(size_t own, size_t all, size_t capacity, size_t times_free) {
  return all < capacity && own < times_free * (capacity - all);
}

}  // namespace

Executor::Executor(Options options) : options_(std::move(options)), sweep_at_(kFewTenants) {
  for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { Work(); });
  timer_ = std::thread([this] { QueueDelayed(); });
}

Executor::~Executor() {
  Shutdown();
}

absl::Status Executor::TryRun(absl::string_view tenant, Task task) {
  Waiting late;
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) return Draining();
    Tenant& own = TenantOf(tenant);
    const bool room = MayTakeOne(own.queue.size(), queued_, options_.queue_capacity, kTimesFreeQueue);
    if (!room && (own.queue.empty() || !WaitedTooLong(own, own.queue.front(), options_.clock()))) {
      ++refusals_.full;
      return WithRetryAfter(ExecutorFull(), Backlog(own));
    }
    Enqueue(own, std::move(task), /*may_be_refused=*/true);
    if (room) return absl::OkStatus();
    // One of the two has to go: the caller of the newer one is the likelier to be still there.
    late = TakeLate(own);
  }
  late.task(WithRetryAfter(server::WaitedTooLong(), options_.max_wait / kStandingShare));
  return absl::OkStatus();
}

void Executor::RunAfter(absl::string_view tenant, absl::Duration delay, std::function<void()> task) {
  absl::MutexLock lock(&mutex_);
  if (stopping_ || delay <= absl::ZeroDuration()) return EnqueueForSure(tenant, std::move(task));
  const auto added = delayed_.emplace(absl::Now() + delay, Delayed{std::string(tenant), std::move(task)});
  if (added == delayed_.begin()) due_.Signal();
}

void Executor::Shutdown() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    work_.SignalAll();
    due_.SignalAll();
  }
  if (timer_.joinable()) timer_.join();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

size_t Executor::queued() const {
  absl::MutexLock lock(&mutex_);
  return queued_;
}

int Executor::busy() const {
  absl::MutexLock lock(&mutex_);
  return busy_;
}

Executor::Refusals Executor::refusals() const {
  absl::MutexLock lock(&mutex_);
  return refusals_;
}

Executor::Tenant& Executor::TenantOf(absl::string_view name) {
  const auto found = tenants_.find(name);
  if (found != tenants_.end()) return *found->second;
  if (tenants_.size() >= sweep_at_) {
    // Who has nothing to do and used no more than one who comes anew is like one.
    absl::erase_if(tenants_, [this](const auto& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      const Tenant& tenant = *entry.second;
      return tenant.queue.empty() && tenant.running == 0 && tenant.used <= now_used_;
    });
    sweep_at_ = std::max(kFewTenants, 2 * tenants_.size());
  }
  return *tenants_.emplace(name, std::make_unique<Tenant>()).first->second;
}

void Executor::Enqueue(Tenant& tenant, Task task, bool may_be_refused) {
  const absl::Time now = options_.clock();
  if (tenant.queue.empty()) {
    tenant.empty_at = now;
    tenant.used = std::max(tenant.used, now_used_);
    waiting_.emplace(tenant.used, &tenant);
  }
  tenant.queue.push_back({std::move(task), now, may_be_refused});
  ++queued_;
  work_.Signal();
}

void Executor::EnqueueForSure(absl::string_view tenant, std::function<void()> task) {
  Enqueue(
      TenantOf(tenant), [task = std::move(task)](const absl::Status&) { task(); }, /*may_be_refused=*/false);
}

Executor::Tenant* Executor::Next() {
  const auto threads = static_cast<size_t>(options_.threads);
  for (const auto& [used, tenant] : waiting_) {
    if (MayTakeOne(static_cast<size_t>(tenant->running), static_cast<size_t>(busy_), threads, kTimesFreeThreads))
      return tenant;
  }
  return nullptr;
}

Executor::Waiting Executor::TakeLate(Tenant& tenant) {
  Waiting late = std::move(tenant.queue.front());
  tenant.queue.pop_front();
  --queued_;
  ++refusals_.waited;
  return late;
}

Executor::Waiting Executor::TakeNext(Tenant& tenant, absl::Time now) {
  // While more comes than can be done, the newest first: the oldest would all be answered when it is nearly too late.
  const bool newest = Stands(tenant, now) && tenant.queue.front().may_be_refused && tenant.queue.back().may_be_refused;
  Waiting next = std::move(newest ? tenant.queue.back() : tenant.queue.front());
  newest ? tenant.queue.pop_back() : tenant.queue.pop_front();
  --queued_;
  return next;
}

void Executor::RunOneOf(Tenant& tenant) {
  const absl::Time start = options_.clock();
  now_used_ = std::max(now_used_, tenant.used);
  waiting_.erase({tenant.used, &tenant});
  // Few at a time: however many are late, something is done besides refusing them.
  std::vector<Waiting> late;
  while (late.size() < kMostRefusedInATurn && !tenant.queue.empty() &&
         WaitedTooLong(tenant, tenant.queue.front(), start)) {
    late.push_back(TakeLate(tenant));
  }
  Waiting next;
  if (!tenant.queue.empty()) next = TakeNext(tenant, start);
  const absl::Duration expected = next.task != nullptr ? tenant.usual : absl::ZeroDuration();
  tenant.used += expected;
  if (!tenant.queue.empty()) waiting_.emplace(tenant.used, &tenant);
  const absl::Status refusal = WithRetryAfter(server::WaitedTooLong(), Backlog(tenant));
  ++busy_;
  ++tenant.running;
  if (Next() != nullptr) work_.Signal();

  mutex_.Unlock();
  for (const Waiting& each : late) each.task(refusal);
  const absl::Time begin = options_.clock();
  if (next.task != nullptr) next.task(absl::OkStatus());
  const absl::Time end = options_.clock();
  const bool ran = next.task != nullptr;
  late.clear();
  next.task = nullptr;  // captures may be costly to destroy, or call back
  mutex_.Lock();

  if (ran) tenant.usual += (end - begin - tenant.usual) * kNewest;
  Charge(tenant, end - start - expected);
  --busy_;
  --tenant.running;
  if (stopping_ && busy_ == 0) {
    work_.SignalAll();
    due_.SignalAll();
  }
}

void Executor::Charge(Tenant& tenant, absl::Duration cost) {
  const bool waits = waiting_.erase({tenant.used, &tenant}) > 0;
  tenant.used += cost;
  if (waits) waiting_.emplace(tenant.used, &tenant);
}

bool Executor::Stands(const Tenant& tenant, absl::Time now) const {
  return !stopping_ && now - tenant.empty_at > options_.max_wait;
}

bool Executor::WaitedTooLong(const Tenant& tenant, const Waiting& waiting, absl::Time now) const {
  if (!waiting.may_be_refused || stopping_) return false;
  return now - waiting.since > (Stands(tenant, now) ? options_.max_wait / kStandingShare : options_.max_wait);
}

absl::Duration Executor::Backlog(const Tenant& tenant) const {
  const double turns = static_cast<double>(waiting_.size() + (tenant.queue.empty() ? 1 : 0));
  return tenant.usual * (static_cast<double>(tenant.queue.size() + 1) * turns / options_.threads);
}

bool Executor::Done() const {
  return stopping_ && busy_ == 0 && queued_ == 0 && delayed_.empty();
}

void Executor::Work() {
  // Of this thread alone, on Linux.
  const auto self = static_cast<id_t>(gettid());
  setpriority(PRIO_PROCESS, self, getpriority(PRIO_PROCESS, self) + kNice);
  absl::MutexLock lock(&mutex_);
  // Tasks may delay further ones while the pool stops, so it is done only when nobody runs any.
  while (!Done()) {
    if (Tenant* tenant = Next(); tenant != nullptr) {
      RunOneOf(*tenant);
    } else {
      work_.Wait(&mutex_);
    }
  }
}

void Executor::QueueDelayed() {
  absl::MutexLock lock(&mutex_);
  while (!Done()) {
    const absl::Time now = absl::Now();
    while (!delayed_.empty() && (stopping_ || delayed_.begin()->first <= now)) {
      Delayed delayed = std::move(delayed_.begin()->second);
      delayed_.erase(delayed_.begin());
      EnqueueForSure(delayed.tenant, std::move(delayed.task));
    }
    if (delayed_.empty()) {
      due_.Wait(&mutex_);
    } else {
      due_.WaitWithDeadline(&mutex_, delayed_.begin()->first);
    }
  }
}

}  // namespace rapport::server
