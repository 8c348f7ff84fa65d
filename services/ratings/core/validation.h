#ifndef RAPPORT_SERVICES_RATINGS_CORE_VALIDATION_H_
#define RAPPORT_SERVICES_RATINGS_CORE_VALIDATION_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "rapport/ratings/v1/ratings.pb.h"

namespace rapport::ratings {

// Whether a rating can be recorded. INVALID_ARGUMENT names the field, the value and the remedy; never the comment.
absl::Status Validate(const v1::Rating& rating, absl::Time now);

// The same for a survey.
absl::Status Validate(const v1::Survey& survey, absl::Time now);

}  // namespace rapport::ratings

#endif  // RAPPORT_SERVICES_RATINGS_CORE_VALIDATION_H_
