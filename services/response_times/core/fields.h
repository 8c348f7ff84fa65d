#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_FIELDS_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_FIELDS_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/map.h"
#include "google/protobuf/timestamp.pb.h"
#include "rapport/common/v1/common.pb.h"

// Checks that fields of several requests share. Errors are INVALID_ARGUMENT and name field, value and remedy.
namespace rapport::response_times {

// How much later than our clock a source's clock may be.
inline constexpr absl::Duration kClockTolerance = absl::Minutes(10);

// A value as it stands in an error: printable and not long.
std::string Shown(absl::string_view value);

absl::Status Invalid(absl::string_view field, absl::string_view value, absl::string_view remedy);

// An id that is required: 1 to 128 bytes.
absl::Status ValidateId(absl::string_view field, absl::string_view id);

// A text of up to `most` bytes.
absl::Status ValidateText(absl::string_view field, absl::string_view text, size_t most);

absl::Status ValidateOptionalId(absl::string_view field, absl::string_view id);
absl::Status ValidateLabels(const google::protobuf::Map<std::string, std::string>& labels);
absl::Status ValidateChannel(absl::string_view field, common::v1::Channel channel);

// A moment from 1970 to 9999.
absl::Status ValidateMoment(absl::string_view field, const google::protobuf::Timestamp& moment);

// A moment that is over, but for the tolerance.
absl::Status ValidatePastMoment(absl::string_view field, const google::protobuf::Timestamp& moment, absl::Time now);

// `2024-03-31T01:30:00.250+00:00`, for errors.
std::string Shown(absl::Time t);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_FIELDS_H_
