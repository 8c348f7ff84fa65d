#ifndef RAPPORT_TESTS_TIME_LOCAL_TIME_H_
#define RAPPORT_TESTS_TIME_LOCAL_TIME_H_

#include <gtest/gtest.h>

#include <string>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/time/buckets.h"

namespace rapport {

inline absl::TimeZone Zone(const std::string& name) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(name, "time_zone");
  EXPECT_TRUE(zone.ok()) << zone.status();
  return zone.ok() ? *zone : absl::UTCTimeZone();
}

inline absl::Time Local(const absl::TimeZone& zone, int64_t year, int month, int day, int hour = 0, int minute = 0) {
  return absl::FromCivil(absl::CivilSecond(year, month, day, hour, minute), zone);
}

inline std::string Shown(const Interval& interval) {
  return absl::FormatTime(absl::RFC3339_full, interval.start, absl::UTCTimeZone()) + " to " +
         absl::FormatTime(absl::RFC3339_full, interval.end, absl::UTCTimeZone());
}
inline void PrintTo(const Interval& interval, std::ostream* os) {
  *os << Shown(interval);
}

}  // namespace rapport

#endif  // RAPPORT_TESTS_TIME_LOCAL_TIME_H_
