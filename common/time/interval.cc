#include "common/time/interval.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"

namespace rapport {
namespace {

// Years that Timestamp and every table of ours can hold.
const absl::Time kEarliest = absl::FromUnixSeconds(0);
const absl::Time kLatest = absl::FromCivil(absl::CivilDay(9999, 12, 31), absl::UTCTimeZone());

absl::StatusOr<absl::Time> ParseEdge(bool present, const google::protobuf::Timestamp& timestamp,
                                     absl::string_view field) {
  if (!present)
    return absl::InvalidArgumentError(absl::StrCat(field, ": missing; give a moment, such as 2026-01-01T00:00:00Z"));
  if (timestamp.nanos() < 0 || timestamp.nanos() > 999'999'999) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, ".nanos: ", timestamp.nanos(), " is not within a second; use 0 to 999999999"));
  }
  const absl::Time t = FromProto(timestamp);
  if (t < kEarliest || t > kLatest) {
    return absl::InvalidArgumentError(absl::StrCat(field, ": ", absl::FormatTime(t, absl::UTCTimeZone()),
                                                   " is out of range; use years 1970 to 9999"));
  }
  return absl::FromUnixMillis(ToMillis(timestamp));
}

}  // namespace

int64_t ToMillis(absl::Time t) {
  return absl::ToUnixMillis(t);
}

int64_t ToMillis(const google::protobuf::Timestamp& timestamp) {
  // Of a timestamp that nobody has checked yet.
  constexpr int64_t kMostSeconds = std::numeric_limits<int64_t>::max() / 1000 - 10;
  return std::clamp(timestamp.seconds(), -kMostSeconds, kMostSeconds) * 1000 + timestamp.nanos() / 1'000'000;
}

absl::Time FromProto(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

google::protobuf::Timestamp ToProto(absl::Time t) {
  google::protobuf::Timestamp timestamp;
  const int64_t seconds = absl::ToUnixSeconds(t);
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int32_t>((t - absl::FromUnixSeconds(seconds)) / absl::Nanoseconds(1)));
  return timestamp;
}

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

google::protobuf::Duration ToProto(absl::Duration duration) {
  google::protobuf::Duration proto;
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  proto.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(duration)));
  return proto;
}

google::protobuf::Timestamp ToMillisecond(const google::protobuf::Timestamp& timestamp) {
  google::protobuf::Timestamp rounded = timestamp;
  rounded.set_nanos(timestamp.nanos() / 1'000'000 * 1'000'000);
  return rounded;
}

absl::StatusOr<Interval> ParseRange(const common::v1::TimeRange& range, absl::string_view field) {
  const absl::StatusOr<absl::Time> start = ParseEdge(range.has_start(), range.start(), absl::StrCat(field, ".start"));
  if (!start.ok()) return start.status();
  const absl::StatusOr<absl::Time> end = ParseEdge(range.has_end(), range.end(), absl::StrCat(field, ".end"));
  if (!end.ok()) return end.status();
  if (*end <= *start) {
    return absl::InvalidArgumentError(absl::StrCat(field, ".end: ", absl::FormatTime(*end, absl::UTCTimeZone()),
                                                   " is not later than the start; swap the two"));
  }
  return Interval{*start, *end};
}

common::v1::TimeRange ToProto(const Interval& interval) {
  common::v1::TimeRange range;
  *range.mutable_start() = ToProto(interval.start);
  *range.mutable_end() = ToProto(interval.end);
  return range;
}

int64_t UtcDay(absl::Time t) {
  return absl::ToCivilDay(t, absl::UTCTimeZone()) - absl::CivilDay(1970, 1, 1);
}

absl::Time StartOfUtcDay(int64_t day) {
  return absl::FromCivil(absl::CivilDay(1970, 1, 1) + day, absl::UTCTimeZone());
}

absl::StatusOr<Days> ParseWholeDays(const common::v1::TimeRange& range, absl::string_view field) {
  const auto interval = ParseRange(range, field);
  if (!interval.ok()) return interval.status();
  const Days days{UtcDay(interval->start), UtcDay(interval->end) - 1};
  if (StartOfUtcDay(days.first) != interval->start || StartOfUtcDay(days.last + 1) != interval->end) {
    return absl::InvalidArgumentError(absl::StrCat(field, ": cuts a UTC day; begin and end at midnight UTC"));
  }
  return days;
}

}  // namespace rapport
