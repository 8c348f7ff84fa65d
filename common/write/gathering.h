#ifndef RAPPORT_COMMON_WRITE_GATHERING_H_
#define RAPPORT_COMMON_WRITE_GATHERING_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

namespace rapport::write {

// What the writes of one call share: ends the call with its last write. Thread-safe.
class Gathering {
 public:
  // Gets how many writes counted, or the first error that a write ended with.
  using Done = std::function<void(absl::StatusOr<int64_t>)>;

  // `writes` is at least 1.
  Gathering(size_t writes, Done done) : left_(writes), done_(std::move(done)) {}

  // To be called once by each write, last.
  void FinishOne(const absl::Status& status = absl::OkStatus(), bool counts = true) {
    {
      const absl::MutexLock lock(&mutex_);
      status_.Update(status);
      if (status.ok() && counts) ++counted_;
      if (--left_ > 0) return;
    }
    // No one else is left to change anything.
    done_(status_.ok() ? absl::StatusOr<int64_t>(counted_) : status_);
  }

 private:
  absl::Mutex mutex_;
  size_t left_;
  int64_t counted_ = 0;
  absl::Status status_;
  const Done done_;
};

}  // namespace rapport::write

#endif  // RAPPORT_COMMON_WRITE_GATHERING_H_
