#include "common/server/rate_limit.h"

#include <algorithm>

namespace rapport::server {
namespace {

constexpr int64_t kBurstNanos = 1'000'000'000;  // a full bucket holds one second's worth

}  // namespace

absl::Duration RateLimiter::Charge(absl::string_view tenant, double amount, absl::Time now) {
  if (per_second_ <= 0) return absl::ZeroDuration();
  const int64_t now_nanos = absl::ToUnixNanos(now);
  const auto cost_nanos = static_cast<int64_t>(std::min(amount / per_second_, 1e9) * 1e9);
  std::atomic<int64_t>& full_at = FullAt(tenant);
  int64_t current = full_at.load(std::memory_order_relaxed);
  int64_t next = 0;
  do {
    const int64_t overdrawn = current - now_nanos - kBurstNanos;
    if (overdrawn > 0) return absl::Nanoseconds(overdrawn);
    next = std::max(current, now_nanos) + cost_nanos;
  } while (!full_at.compare_exchange_weak(current, next, std::memory_order_relaxed));
  return absl::ZeroDuration();
}

std::atomic<int64_t>& RateLimiter::FullAt(absl::string_view tenant) {
  {
    absl::ReaderMutexLock lock(&mutex_);
    const auto found = full_at_.find(tenant);
    if (found != full_at_.end()) return *found->second;
  }
  absl::MutexLock lock(&mutex_);
  std::unique_ptr<std::atomic<int64_t>>& entry = full_at_[tenant];
  if (entry == nullptr) entry = std::make_unique<std::atomic<int64_t>>(0);
  return *entry;
}

}  // namespace rapport::server
