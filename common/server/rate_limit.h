#ifndef RAPPORT_COMMON_SERVER_RATE_LIMIT_H_
#define RAPPORT_COMMON_SERVER_RATE_LIMIT_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace rapport::server {

// A token bucket per tenant that holds one second's worth. A charge passes while the bucket is not overdrawn, however
// large it is, so that a batch beyond the bucket's size gets through; the debt then delays what follows. Thread-safe.
class RateLimiter {
 public:
  // 0: no limit.
  explicit RateLimiter(double per_second) : per_second_(per_second) {}

  // Zero when `amount` was charged; otherwise nothing was, and the time says how long to wait.
  absl::Duration Charge(absl::string_view tenant, double amount, absl::Time now);

  double per_second() const { return per_second_; }

 private:
  std::atomic<int64_t>& FullAt(absl::string_view tenant);

  const double per_second_;
  absl::Mutex mutex_;
  // When the bucket will be full again, in nanoseconds since the epoch.
  absl::flat_hash_map<std::string, std::unique_ptr<std::atomic<int64_t>>> full_at_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_RATE_LIMIT_H_
