#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_PROMISE_VALIDATION_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_PROMISE_VALIDATION_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/response_times/v1/promises.pb.h"

namespace rapport::response_times {

// Whether a promise can be made. INVALID_ARGUMENT names the field, the value and the remedy; never the description.
absl::Status Validate(const v1::Promise& promise, absl::Time now);

// The id of a person's promise: 1 to 128 bytes without `/`.
absl::Status ValidatePromiseId(absl::string_view field, absl::string_view id);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_PROMISE_VALIDATION_H_
