#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_RESOURCE_VALIDATION_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_RESOURCE_VALIDATION_H_

#include "absl/status/status.h"
#include "rapport/response_times/storage/v1/storage.pb.h"
#include "rapport/response_times/v1/resources.pb.h"

namespace rapport::response_times {

// Whether a calendar or a policy can be stored beside what is known. INVALID_ARGUMENT names the field, such as
// `week[2].hours[0].closes_at`, the value and the remedy.
absl::Status Validate(const v1::BusinessCalendar& calendar, const storage::v1::Resources& known);
absl::Status Validate(const v1::SlaPolicy& policy, const storage::v1::Resources& known);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_RESOURCE_VALIDATION_H_
