#ifndef RAPPORT_COMMON_SERVER_HELD_ANSWERS_H_
#define RAPPORT_COMMON_SERVER_HELD_ANSWERS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace rapport::server {

// Answers that wait until they are given. A caller who comes again as soon as it is refused costs more refusals than
// work can be done beside; one that has to wait for its refusal does not, and a connection has only so many calls under
// way. Thread-safe.
class HeldAnswers {
 public:
  // `most` bounds the weights of what is held.
  explicit HeldAnswers(int64_t most);
  // Gives what is held.
  ~HeldAnswers();
  HeldAnswers(const HeldAnswers&) = delete;
  HeldAnswers& operator=(const HeldAnswers&) = delete;

  // Calls `answer` after `wait`, on a thread of its own. False when it is not held since that would be too many, or
  // after Release; it is not called then.
  [[nodiscard]] bool TryHold(absl::Duration wait, int64_t weight, std::function<void()> answer);

  // Gives what is held at once, and holds nothing from now on.
  void Release();

  // How much is held.
  int64_t weight() const;

 private:
  struct Held {
    int64_t weight = 0;
    std::function<void()> answer;
  };

  void Run();

  const int64_t most_;
  mutable absl::Mutex mutex_;
  std::multimap<absl::Time, Held> held_ ABSL_GUARDED_BY(mutex_);  // by when they are due
  int64_t weight_ ABSL_GUARDED_BY(mutex_) = 0;
  bool released_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  absl::CondVar changed_;  // the earliest, or one of the flags
  std::thread thread_;
};

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_HELD_ANSWERS_H_
