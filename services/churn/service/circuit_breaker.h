#ifndef RAPPORT_SERVICES_CHURN_SERVICE_CIRCUIT_BREAKER_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_CIRCUIT_BREAKER_H_

#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace rapport::churn {

// Spares a service that fails, and its callers the wait: after some failures in a row no call is made any more but for
// one probe after each pause. Pauses double until a probe succeeds. Thread-safe.
class CircuitBreaker {
 public:
  struct Options {
    int failures = 5;  // in a row
    absl::Duration first_pause = absl::Seconds(1);
    absl::Duration longest_pause = absl::Seconds(30);
  };

  explicit CircuitBreaker(const Options& options, std::function<absl::Time()> clock = absl::Now)
      : options_(options), clock_(std::move(clock)) {}

  // Whether a call may be made now. True makes the caller's call the probe when the circuit is open; when its outcome
  // is never told, another probe is let through after a further pause.
  bool Allow();

  // The outcome of a call that was allowed. True when it closed or opened the circuit.
  bool OnSuccess();
  bool OnFailure();

  bool open() const;

 private:
  const Options options_;
  const std::function<absl::Time()> clock_;
  mutable absl::Mutex mutex_;
  int failures_ ABSL_GUARDED_BY(mutex_) = 0;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
  bool probing_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Duration pause_ ABSL_GUARDED_BY(mutex_);
  absl::Time next_probe_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_CIRCUIT_BREAKER_H_
