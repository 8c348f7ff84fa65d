#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_VALIDATION_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_VALIDATION_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "rapport/response_times/v1/conversations.pb.h"

namespace rapport::response_times {

// Whether an event can be recorded. INVALID_ARGUMENT names the field, the value and the remedy; never an escalation's
// detail.
absl::Status Validate(const v1::ConversationEvent& event, absl::Time now);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_VALIDATION_H_
