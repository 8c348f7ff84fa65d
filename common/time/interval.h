#ifndef RAPPORT_COMMON_TIME_INTERVAL_H_
#define RAPPORT_COMMON_TIME_INTERVAL_H_

#include <cstdint>
#include <limits>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "rapport/common/v1/common.pb.h"

namespace rapport {

// A half-open stretch of time with millisecond edges: `start` belongs to it, `end` does not.
struct Interval {
  absl::Time start;
  absl::Time end;

  bool Contains(absl::Time t) const { return start <= t && t < end; }
  friend bool operator==(const Interval&, const Interval&) = default;
};

// Milliseconds since 1970-01-01 UTC, rounded down.
int64_t ToMillis(absl::Time t);
// Those too far away for that are as far as it goes.
int64_t ToMillis(const google::protobuf::Timestamp& timestamp);

absl::Time FromProto(const google::protobuf::Timestamp& timestamp);
google::protobuf::Timestamp ToProto(absl::Time t);
absl::Duration FromProto(const google::protobuf::Duration& duration);
// Without what is less than a nanosecond.
google::protobuf::Duration ToProto(absl::Duration duration);

// The moment rounded down to the millisecond, as all that are sent to us are kept.
google::protobuf::Timestamp ToMillisecond(const google::protobuf::Timestamp& timestamp);

// The interval that a request names, edges rounded down to milliseconds. INVALID_ARGUMENT names `field` when an edge is
// missing or out of range, or when the end is not later than the start.
absl::StatusOr<Interval> ParseRange(const common::v1::TimeRange& range, absl::string_view field);

common::v1::TimeRange ToProto(const Interval& interval);

// Days since 1970-01-01 of the UTC day that holds `t`.
int64_t UtcDay(absl::Time t);
absl::Time StartOfUtcDay(int64_t day);

// UTC days, from the first to the last; all of them unless told otherwise.
struct Days {
  int64_t first = 0;
  int64_t last = std::numeric_limits<int64_t>::max();
};

// The days of a range, which must not cut any. INVALID_ARGUMENT names `field`.
absl::StatusOr<Days> ParseWholeDays(const common::v1::TimeRange& range, absl::string_view field);

}  // namespace rapport

#endif  // RAPPORT_COMMON_TIME_INTERVAL_H_
