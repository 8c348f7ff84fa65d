#include "services/cli/event_sender.h"

#include <algorithm>

#include "absl/time/clock.h"

namespace rapport::cli {

bool RetryPolicy::Wait(int failed_tries, absl::string_view reason, absl::Duration advised) const {
  if (failed_tries >= tries) return false;
  const absl::Duration own = std::min(delay * (int64_t{1} << std::min(failed_tries - 1, 20)), max_delay);
  const absl::Duration wait = std::max(own, advised);
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
