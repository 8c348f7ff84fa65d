#include "services/churn/service/circuit_breaker.h"

#include <algorithm>

namespace rapport::churn {

bool CircuitBreaker::Allow() {
  absl::MutexLock lock(&mutex_);
  if (!open_) return true;
  const absl::Time now = clock_();
  if (now < next_probe_) return false;
  probing_ = true;
  next_probe_ = now + pause_;
  return true;
}

bool CircuitBreaker::OnSuccess() {
  absl::MutexLock lock(&mutex_);
  const bool closed = open_;
  failures_ = 0;
  open_ = false;
  probing_ = false;
  return closed;
}

bool CircuitBreaker::OnFailure() {
  absl::MutexLock lock(&mutex_);
  if (open_) {
    // Calls that were under way when the circuit opened say nothing new.
    if (!probing_) return false;
    probing_ = false;
    pause_ = std::min(pause_ * 2, options_.longest_pause);
    next_probe_ = clock_() + pause_;
    return false;
  }
  if (++failures_ < options_.failures) return false;
  open_ = true;
  pause_ = options_.first_pause;
  next_probe_ = clock_() + pause_;
  return true;
}

bool CircuitBreaker::open() const {
  absl::MutexLock lock(&mutex_);
  return open_;
}

}  // namespace rapport::churn
