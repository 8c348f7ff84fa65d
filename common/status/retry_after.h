#ifndef RAPPORT_COMMON_STATUS_RETRY_AFTER_H_
#define RAPPORT_COMMON_STATUS_RETRY_AFTER_H_

#include "absl/status/status.h"
#include "absl/time/time.h"

// How a refusal says when it is worth trying again, wherever it is made: a payload of the status, which survives copies
// and is no part of the message.
namespace rapport {

// The longest wait that is advised: nothing that is estimated holds for longer.
inline constexpr absl::Duration kLongestRetryAfter = absl::Seconds(30);

// `status` with the advice to wait that long, rounded up to milliseconds, at least one and at most kLongestRetryAfter.
// Advice that is there already is replaced. OK stays OK.
absl::Status WithRetryAfter(absl::Status status, absl::Duration wait);

// The advice that comes with `status`; zero when there is none.
absl::Duration RetryAfter(const absl::Status& status);

}  // namespace rapport

#endif  // RAPPORT_COMMON_STATUS_RETRY_AFTER_H_
