#include "services/cli/event_sender.h"

#include <algorithm>

#include "absl/time/clock.h"

namespace rapport::cli {

bool RetryPolicy::Wait(int failed_tries, absl::string_view reason) const {
  if (failed_tries >= tries) return false;
  const absl::Duration wait = std::min(delay * (int64_t{1} << std::min(failed_tries - 1, 20)), max_delay);
  if (on_wait) on_wait(reason, wait);
  absl::SleepFor(wait);
  return true;
}

bool IsTransient(int code) {
  switch (static_cast<absl::StatusCode>(code)) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kDeadlineExceeded:
      return true;
    default:
      return false;
  }
}

}  // namespace rapport::cli
