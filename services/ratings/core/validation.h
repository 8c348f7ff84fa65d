#ifndef RAPPORT_SERVICES_RATINGS_CORE_VALIDATION_H_
#define RAPPORT_SERVICES_RATINGS_CORE_VALIDATION_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/ratings/v1/ratings.pb.h"

namespace rapport::ratings {

// How much later than our clock a source's clock may be.
inline constexpr absl::Duration kClockTolerance = absl::Minutes(10);

// Whether a rating can be recorded. INVALID_ARGUMENT names the field, the value and the remedy; never the comment.
absl::Status Validate(const v1::Rating& rating, absl::Time now);

// The same for a survey.
absl::Status Validate(const v1::Survey& survey, absl::Time now);

// An id that is required: 1 to 128 bytes of UTF-8.
absl::Status ValidateId(absl::string_view field, absl::string_view id);

// A confidence of a request, 0 meaning 0.95. INVALID_ARGUMENT unless above 0.5 and below 1.
absl::StatusOr<double> ParseConfidence(double confidence);

}  // namespace rapport::ratings

#endif  // RAPPORT_SERVICES_RATINGS_CORE_VALIDATION_H_
