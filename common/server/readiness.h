#ifndef RAPPORT_COMMON_SERVER_READINESS_H_
#define RAPPORT_COMMON_SERVER_READINESS_H_

#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace rapport::server {

// Knows whether the server is ready: all checks are OK, as of the last look, and it does not drain.
class Readiness {
 public:
  using Check = std::function<absl::Status()>;

  Readiness() = default;
  ~Readiness();
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  // Before Start.
  void Add(std::string name, Check check);
  // Runs the checks now and then each `period` on a thread of its own. `on_change` hears of the first result and of
  // each change after it, one call at a time.
  void Start(absl::Duration period, std::function<void(bool ready)> on_change);
  // Not ready from now on. No check and no on_change runs after it.
  void Drain();

  bool ready() const;
  // A line for each check that failed; empty when ready.
  std::string Explain() const;

 private:
  void Look();

  std::vector<std::pair<std::string, Check>> checks_;
  std::function<void(bool)> on_change_;
  std::thread thread_;
  mutable absl::Mutex mutex_;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool looked_ ABSL_GUARDED_BY(mutex_) = false;
  std::string failures_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_READINESS_H_
