#include <gtest/gtest.h>

#include "common/time/buckets.h"
#include "tests/time/local_time.h"

namespace rapport {
namespace {

TEST(PreviousPeriodTest, WholeMonthsAreComparedWithAsManyMonths) {
  const absl::TimeZone berlin = Zone("Europe/Berlin");
  EXPECT_EQ(PreviousPeriod({Local(berlin, 2025, 3, 1), Local(berlin, 2025, 4, 1)}, berlin),
            (Interval{Local(berlin, 2025, 2, 1), Local(berlin, 2025, 3, 1)}));
  EXPECT_EQ(PreviousPeriod({Local(berlin, 2025, 1, 1), Local(berlin, 2025, 4, 1)}, berlin),
            (Interval{Local(berlin, 2024, 10, 1), Local(berlin, 2025, 1, 1)}));
  EXPECT_EQ(PreviousPeriod({Local(berlin, 2024, 1, 1), Local(berlin, 2025, 1, 1)}, berlin),
            (Interval{Local(berlin, 2023, 1, 1), Local(berlin, 2024, 1, 1)}));
}

TEST(PreviousPeriodTest, WholeDaysAreComparedWithAsManyDays) {
  const absl::TimeZone berlin = Zone("Europe/Berlin");
  // 26 October has 25 hours, the days before it 24.
  EXPECT_EQ(PreviousPeriod({Local(berlin, 2025, 10, 26), Local(berlin, 2025, 10, 27)}, berlin),
            (Interval{Local(berlin, 2025, 10, 25), Local(berlin, 2025, 10, 26)}));
  EXPECT_EQ(PreviousPeriod({Local(berlin, 2025, 10, 27), Local(berlin, 2025, 11, 3)}, berlin),
            (Interval{Local(berlin, 2025, 10, 20), Local(berlin, 2025, 10, 27)}));
  // From the first of a month, but not a whole one.
  EXPECT_EQ(PreviousPeriod({Local(berlin, 2025, 3, 1), Local(berlin, 2025, 3, 8)}, berlin),
            (Interval{Local(berlin, 2025, 2, 22), Local(berlin, 2025, 3, 1)}));
}

TEST(PreviousPeriodTest, OtherRangesAreComparedWithTheSameLength) {
  const absl::TimeZone berlin = Zone("Europe/Berlin");
  const Interval range{Local(berlin, 2025, 10, 26, 2, 30), Local(berlin, 2025, 10, 27)};
  EXPECT_EQ(PreviousPeriod(range, berlin), (Interval{range.start - (range.end - range.start), range.start}));
}

TEST(PreviousPeriodTest, WhatIsAWholeMonthDependsOnTheZone) {
  const absl::TimeZone berlin = Zone("Europe/Berlin");
  const Interval march{Local(berlin, 2025, 3, 1), Local(berlin, 2025, 4, 1)};
  EXPECT_EQ(PreviousPeriod(march, absl::UTCTimeZone()),
            (Interval{march.start - (march.end - march.start), march.start}));
}

TEST(PreviousPeriodTest, DayBeforeTheSkippedOneIsNotComparedWith) {
  const absl::TimeZone apia = Zone("Pacific/Apia");
  const Interval after{Local(apia, 2011, 12, 31), Local(apia, 2012, 1, 1)};
  EXPECT_EQ(PreviousPeriod(after, apia), (Interval{after.start, after.start}));
}

TEST(PreviousBucketTest, OfTheWholePeriodIsThePeriodBefore) {
  const absl::TimeZone berlin = Zone("Europe/Berlin");
  const Interval march{Local(berlin, 2025, 3, 1), Local(berlin, 2025, 4, 1)};
  EXPECT_EQ(PreviousBucket(march, common::v1::BUCKET_ALL, berlin), PreviousPeriod(march, berlin));
  EXPECT_EQ(PreviousBucket(march, common::v1::BUCKET_UNSPECIFIED, berlin), PreviousPeriod(march, berlin));
}

}  // namespace
}  // namespace rapport
