#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_MOMENTS_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_MOMENTS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

// Moments that requests state about promises, calendars and issues.
namespace rapport::response_times {

// For errors: `2024-03-31T01:30:00.25+00:00`.
std::string ShownMoment(absl::Time t);

// A moment from 1970 to 9999. INVALID_ARGUMENT names `field`.
absl::Status ValidateDated(absl::string_view field, const google::protobuf::Timestamp& moment);

// Likewise, and not later than `now` beyond the tolerance.
absl::Status ValidatePast(absl::string_view field, const google::protobuf::Timestamp& moment, absl::Time now);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_MOMENTS_H_
