#ifndef RAPPORT_COMMON_SERVER_EXECUTOR_H_
#define RAPPORT_COMMON_SERVER_EXECUTOR_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace rapport::server {

// A pool of threads for blocking work, with a bounded queue. gRPC's own few threads must never block. Thread-safe.
class Executor {
 public:
  // `threads` and `queue_capacity` are at least 1. The capacity counts tasks that wait, not those that run.
  Executor(int threads, size_t queue_capacity);
  // Runs what was accepted, then joins.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // False, and `task` is not run, when the queue is full or Shutdown was called. Tasks must not throw.
  [[nodiscard]] bool TryRun(std::function<void()> task);

  // Runs `task` after `delay`, or at Shutdown if that comes first. Never refused; takes its turn in the queue whether
  // or not that is full.
  void RunAfter(absl::Duration delay, std::function<void()> task);

  // Refuses new tasks, runs those accepted and joins the threads. Not to be called from a task.
  void Shutdown();

  size_t queued() const;
  int busy() const;
  uint64_t refused() const;  // tasks since the start

 private:
  void Work();
  void QueueDelayed();

  const size_t capacity_;
  mutable absl::Mutex mutex_;
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  std::multimap<absl::Time, std::function<void()>> delayed_ ABSL_GUARDED_BY(mutex_);  // by when they are due
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  int busy_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t refused_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::CondVar work_;  // the queue got a task, or stopping
  absl::CondVar due_;   // the earliest delayed task changed, or stopping
  std::vector<std::thread> threads_;
  std::thread timer_;
};

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_EXECUTOR_H_
