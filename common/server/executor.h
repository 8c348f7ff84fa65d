#ifndef RAPPORT_COMMON_SERVER_EXECUTOR_H_
#define RAPPORT_COMMON_SERVER_EXECUTOR_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace rapport::server {

// A pool of threads for blocking work, with a bounded queue. gRPC's own few threads must never block. Tenants take
// turns, and a turn costs the time that its task takes: cheap tasks of one wait neither for the many nor for the long
// ones of another. Thread-safe.
class Executor {
 public:
  struct Options {
    int threads = 1;
    size_t queue_capacity = 1;  // tasks that wait, of all tenants
    // Tasks that have waited longer are refused, yet one is run for every two, so that work is done however late it is.
    // While a tenant's queue has not been empty for that long, its newest task is run first, and a tenth of it is too
    // long: those at the end of the queue would wait for nothing.
    absl::Duration max_wait = absl::InfiniteDuration();
    std::function<absl::Time()> clock = absl::Now;  // by which tasks wait and are timed
  };
  // Called exactly once: with OK on a thread of the pool to do the work, else with what refuses it. Must not throw.
  using Task = std::function<void(const absl::Status&)>;

  // What was refused since the start.
  struct Refusals {
    uint64_t full = 0;    // for want of room
    uint64_t waited = 0;  // after a wait that was too long
  };

  explicit Executor(Options options);
  // Runs what was accepted, then joins.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // RESOURCE_EXHAUSTED with advice when to retry, and `task` is not called, when the tenant has its share of the queue:
  // eight times what is left of it. UNAVAILABLE after Shutdown.
  [[nodiscard]] absl::Status TryRun(absl::string_view tenant, Task task);

  // Runs `task` after `delay`, or at Shutdown if that comes first. Never refused; takes its tenant's turn in the queue
  // whether or not that is full.
  void RunAfter(absl::string_view tenant, absl::Duration delay, std::function<void()> task);

  // Refuses new tasks, runs those accepted and joins the threads. Not to be called from a task.
  void Shutdown();

  size_t queued() const;
  int busy() const;
  Refusals refusals() const;

 private:
  struct Waiting {
    Task task;
    absl::Time since;
    bool may_be_refused = true;
  };
  struct Tenant {
    std::deque<Waiting> queue;
    int running = 0;
    absl::Duration used;                           // of the pool: who has the least is next
    absl::Duration usual = absl::Milliseconds(1);  // what a task takes
    absl::Time empty_at;                           // when the queue last was
  };
  struct Delayed {
    std::string tenant;
    std::function<void()> task;
  };

  Tenant& TenantOf(absl::string_view name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Enqueue(Tenant& tenant, Task task, bool may_be_refused) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EnqueueForSure(absl::string_view tenant, std::function<void()> task) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Of those who wait and may have one more thread, the one who is next; null when there is none.
  Tenant* Next() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Waiting TakeLate(Tenant& tenant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Waiting TakeNext(Tenant& tenant, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RunOneOf(Tenant& tenant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Charge(Tenant& tenant, absl::Duration cost) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether the tenant's queue is one that does not get empty.
  bool Stands(const Tenant& tenant, absl::Time now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool WaitedTooLong(const Tenant& tenant, const Waiting& waiting, absl::Time now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // How long until what waits before a new task of the tenant is done.
  absl::Duration Backlog(const Tenant& tenant) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Done() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Work();
  void QueueDelayed();

  const Options options_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::unique_ptr<Tenant>> tenants_ ABSL_GUARDED_BY(mutex_);
  size_t sweep_at_ ABSL_GUARDED_BY(mutex_);  // how many tenants are known when those who count no more are forgotten
  std::set<std::pair<absl::Duration, Tenant*>> waiting_ ABSL_GUARDED_BY(mutex_);  // who has tasks, by what they used
  size_t queued_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Duration now_used_ ABSL_GUARDED_BY(mutex_);  // what the tenant that came last had used: who comes anew has that
  std::multimap<absl::Time, Delayed> delayed_ ABSL_GUARDED_BY(mutex_);  // by when they are due
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  int busy_ ABSL_GUARDED_BY(mutex_) = 0;
  Refusals refusals_ ABSL_GUARDED_BY(mutex_);
  absl::CondVar work_;  // there is a task, or room for one of a tenant, or stopping
  absl::CondVar due_;   // the earliest delayed task changed, or stopping
  std::vector<std::thread> threads_;
  std::thread timer_;
};

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_EXECUTOR_H_
