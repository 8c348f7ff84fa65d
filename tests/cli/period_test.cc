#include "services/cli/period.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/time/interval.h"

namespace rapport::cli {
namespace {

using ::testing::HasSubstr;

// The period seen from 2026-10-31 14:05 UTC, or the error.
std::string Resolved(const PeriodOptions& options) {
  const absl::Time now = absl::FromCivil(absl::CivilSecond(2026, 10, 31, 14, 5, 0), absl::UTCTimeZone());
  const absl::StatusOr<common::v1::TimeRange> range = ResolvePeriod(options, now);
  if (!range.ok()) return std::string(range.status().message());
  const auto text = [](const google::protobuf::Timestamp& time) {
    return absl::FormatTime("%Y-%m-%dT%H:%M", FromProto(time), absl::UTCTimeZone());
  };
  return absl::StrCat(text(range->start()), " ", text(range->end()));
}

TEST(PeriodTest, MeansThirtyDaysWhenNothingIsGiven) {
  EXPECT_EQ(Resolved({}), "2026-10-02T00:00 2026-11-01T00:00");
}

TEST(PeriodTest, CountsTodayAndTheHourAtHand) {
  EXPECT_EQ(Resolved({.last = "1d"}), "2026-10-31T00:00 2026-11-01T00:00");
  EXPECT_EQ(Resolved({.last = "2w"}), "2026-10-18T00:00 2026-11-01T00:00");
  EXPECT_EQ(Resolved({.last = "2h"}), "2026-10-31T13:00 2026-10-31T15:00");
}

TEST(PeriodTest, LooksAhead) {
  EXPECT_EQ(Resolved({.next = "1d"}), "2026-10-31T00:00 2026-11-01T00:00");
  EXPECT_EQ(Resolved({.next = "1w"}), "2026-10-31T00:00 2026-11-07T00:00");
  EXPECT_EQ(Resolved({.next = "2h"}), "2026-10-31T14:00 2026-10-31T16:00");
  EXPECT_EQ(Resolved({.last = "2d", .next = "2d"}), "2026-10-30T00:00 2026-11-02T00:00");
}

TEST(PeriodTest, CutsDatesAndMonthsInTheZone) {
  EXPECT_EQ(Resolved({.month = "2026-10", .time_zone = "Europe/Berlin"}), "2026-09-30T22:00 2026-10-31T23:00");
  EXPECT_EQ(Resolved({.from = "2026-10-01", .to = "2026-10-02", .time_zone = "Europe/Berlin"}),
            "2026-09-30T22:00 2026-10-01T22:00");
}

TEST(PeriodTest, TakesTimesAndEndsNow) {
  EXPECT_EQ(Resolved({.from = "2026-10-01T12:00:00+02:00"}), "2026-10-01T10:00 2026-10-31T15:00");
}

TEST(PeriodTest, RefusesWhatNoServiceTakes) {
  EXPECT_EQ(Resolved({.month = "9999-12"}), "9999-12-01T00:00 10000-01-01T00:00");
  EXPECT_THAT(Resolved({.month = "10000-01"}), HasSubstr("ends after 9999"));
  EXPECT_THAT(Resolved({.month = "179220262026-03"}), HasSubstr("a nearer --month"));
  EXPECT_EQ(Resolved({.month = "1970-01"}), "1970-01-01T00:00 1970-02-01T00:00");
  EXPECT_THAT(Resolved({.last = "100000w"}), HasSubstr("begins before 1970"));
}

TEST(PeriodTest, RefusesWhatItCannotRead) {
  EXPECT_THAT(Resolved({.last = "30"}), HasSubstr("--last '30'"));
  EXPECT_THAT(Resolved({.last = "0d"}), HasSubstr("--last '0d'"));
  EXPECT_THAT(Resolved({.next = "soon"}), HasSubstr("--next 'soon'"));
  EXPECT_THAT(Resolved({.month = "October"}), HasSubstr("--month 'October'"));
  EXPECT_THAT(Resolved({.from = "soon"}), HasSubstr("--from 'soon'"));
  EXPECT_THAT(Resolved({.to = "2026-10-01"}), HasSubstr("--to needs --from"));
  EXPECT_THAT(Resolved({.from = "2026-10-02", .to = "2026-10-01"}), HasSubstr("the period is empty"));
  EXPECT_THAT(Resolved({.last = "1d", .month = "2026-10"}), HasSubstr("exclude one another"));
  EXPECT_THAT(Resolved({.from = "20260-10-01"}), HasSubstr("--from '20260-10-01'"));
  EXPECT_THAT(Resolved({.time_zone = "Moon"}), HasSubstr("--time-zone 'Moon'"));
}

}  // namespace
}  // namespace rapport::cli
