#ifndef RAPPORT_COMMON_REQUEST_FIELDS_H_
#define RAPPORT_COMMON_REQUEST_FIELDS_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/map.h"
#include "google/protobuf/timestamp.pb.h"
#include "rapport/common/v1/common.pb.h"

// What the fields that all services know may hold. Every check answers INVALID_ARGUMENT with the field's name, its
// value and the remedy.
namespace rapport {

// How much later than our clock a source's clock may be.
inline constexpr absl::Duration kClockTolerance = absl::Minutes(10);

inline constexpr size_t kMostIdBytes = 128;

// "field: value remedy", as INVALID_ARGUMENT.
absl::Status Invalid(absl::string_view field, absl::string_view value, absl::string_view remedy);

// A text as errors show it: printable and not long.
std::string Shown(absl::string_view value);

// An id that is required: 1 to 128 bytes.
absl::Status ValidateId(absl::string_view field, absl::string_view id);

// A text that may be empty.
absl::Status ValidateText(absl::string_view field, absl::string_view text, size_t most_bytes = kMostIdBytes);

// Up to 16 labels, keys of 1 to 64 bytes, values up to 256.
absl::Status ValidateLabels(const google::protobuf::Map<std::string, std::string>& labels);

absl::Status ValidateChannel(common::v1::Channel channel);

// A well-formed moment from 1970 on.
absl::Status ValidateMoment(absl::string_view field, const google::protobuf::Timestamp& moment);

// The moment of an event: required, from 1970 on, not later than `now` beyond the tolerance.
absl::Status ValidateOccurredAt(bool present, const google::protobuf::Timestamp& moment, absl::Time now);

// The page size that a request means.
size_t PageSize(const common::v1::Page& page);

}  // namespace rapport

#endif  // RAPPORT_COMMON_REQUEST_FIELDS_H_
