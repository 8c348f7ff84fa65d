#ifndef RAPPORT_COMMON_SERVER_HELD_ANSWERS_H_
#define RAPPORT_COMMON_SERVER_HELD_ANSWERS_H_

#include <cstddef>
#include <functional>
#include <map>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace rapport::server {

// Answers that wait until they are given. A caller who comes again as soon as it is refused costs more refusals than
// work can be done beside; one that has to wait for its refusal does not, and a connection has only so many calls under
// way. Thread-safe.
class HeldAnswers {
 public:
  explicit HeldAnswers(size_t most);
  // Gives what is held.
  ~HeldAnswers();
  HeldAnswers(const HeldAnswers&) = delete;
  HeldAnswers& operator=(const HeldAnswers&) = delete;

  // Calls `answer` after `wait`, on a thread of its own. False when it is not held since that would be too many, or
  // after Release; it is not called then.
  [[nodiscard]] bool TryHold(absl::Duration wait, std::function<void()> answer);

  // Gives what is held at once, and holds nothing from now on.
  void Release();

  // How many are held.
  size_t size() const;

 private:
  void Run();

  const size_t most_;
  mutable absl::Mutex mutex_;
  std::multimap<absl::Time, std::function<void()>> held_ ABSL_GUARDED_BY(mutex_);  // by when they are due
  bool released_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  absl::CondVar changed_;  // the earliest, or one of the flags
  std::thread thread_;
};

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_HELD_ANSWERS_H_
