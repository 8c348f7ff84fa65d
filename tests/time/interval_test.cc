#include "common/time/interval.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "absl/time/civil_time.h"

namespace rapport {
namespace {

using ::testing::HasSubstr;

common::v1::TimeRange Range(int64_t start_seconds, int64_t end_seconds) {
  common::v1::TimeRange range;
  range.mutable_start()->set_seconds(start_seconds);
  range.mutable_end()->set_seconds(end_seconds);
  return range;
}

std::string ErrorOf(const common::v1::TimeRange& range) {
  const absl::Status status = ParseRange(range, "range").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST(ParseRangeTest, RoundsEdgesDownToMilliseconds) {
  common::v1::TimeRange range = Range(10, 20);
  range.mutable_start()->set_nanos(1'999'999);
  range.mutable_end()->set_nanos(999'999'999);
  EXPECT_EQ(*ParseRange(range, "range"), (Interval{absl::FromUnixMillis(10'001), absl::FromUnixMillis(20'999)}));
}

TEST(ParseRangeTest, NamesTheMissingEdge) {
  EXPECT_THAT(ErrorOf({}), HasSubstr("range.start: missing"));
  common::v1::TimeRange range;
  range.mutable_start()->set_seconds(5);
  EXPECT_THAT(ErrorOf(range), HasSubstr("range.end: missing"));
}

TEST(ParseRangeTest, TakesYears1970To9999) {
  const int64_t latest = absl::ToUnixSeconds(absl::FromCivil(absl::CivilDay(9999, 12, 31), absl::UTCTimeZone()));
  EXPECT_TRUE(ParseRange(Range(0, latest), "range").ok());
  EXPECT_THAT(ErrorOf(Range(-1, 5)), HasSubstr("range.start: 1969-12-31"));
  EXPECT_THAT(ErrorOf(Range(0, latest + 1)), HasSubstr("range.end: 9999-12-31"));
}

TEST(ParseRangeTest, RefusesEdgesBeyondAllYears) {
  for (const int64_t seconds : {std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min(),
                                std::numeric_limits<int64_t>::max() / 1000 + 1, int64_t{1} << 55}) {
    EXPECT_THAT(ErrorOf(Range(0, seconds)), HasSubstr("range.end: ")) << seconds;
    EXPECT_THAT(ErrorOf(Range(seconds, 1)), HasSubstr("range.start: ")) << seconds;
  }
}

TEST(ParseRangeTest, RefusesNanosThatAreNotWithinASecond) {
  common::v1::TimeRange range = Range(10, 20);
  range.mutable_start()->set_nanos(-1);
  EXPECT_THAT(ErrorOf(range), HasSubstr("range.start.nanos: -1"));
  range.mutable_start()->set_nanos(1'000'000'000);
  EXPECT_THAT(ErrorOf(range), HasSubstr("range.start.nanos: 1000000000"));
}

TEST(ParseWholeDaysTest, TakesMidnightsOnly) {
  constexpr int64_t kDay = 86'400;
  const absl::StatusOr<Days> days = ParseWholeDays(Range(kDay, 3 * kDay), "range");
  EXPECT_EQ(days->first, 1);
  EXPECT_EQ(days->last, 2);
  for (const common::v1::TimeRange& cut : {Range(kDay + 1, 3 * kDay), Range(0, kDay - 1)}) {
    EXPECT_THAT(std::string(ParseWholeDays(cut, "range").status().message()), HasSubstr("range: cuts a UTC day"));
  }
}

TEST(ParseRangeTest, RefusesAnEndThatIsNotLater) {
  EXPECT_THAT(ErrorOf(Range(20, 10)), HasSubstr("range.end: 1970-01-01T00:00:10"));
  EXPECT_THAT(ErrorOf(Range(10, 10)), HasSubstr("not later than the start"));
  common::v1::TimeRange within_a_millisecond = Range(10, 10);
  within_a_millisecond.mutable_end()->set_nanos(999'999);
  EXPECT_THAT(ErrorOf(within_a_millisecond), HasSubstr("range.end"));
}

TEST(IntervalTest, ContainsItsStartButNotItsEnd) {
  const Interval interval{absl::FromUnixMillis(10), absl::FromUnixMillis(20)};
  EXPECT_FALSE(interval.Contains(absl::FromUnixMillis(9)));
  EXPECT_TRUE(interval.Contains(absl::FromUnixMillis(10)));
  EXPECT_TRUE(interval.Contains(absl::FromUnixMillis(19)));
  EXPECT_FALSE(interval.Contains(absl::FromUnixMillis(20)));
}

TEST(IntervalTest, TimesSurviveTheRoundTrip) {
  std::mt19937_64 random(3);
  std::uniform_int_distribution<int64_t> millis(0, int64_t{253'000'000'000'000});
  for (int i = 0; i < 1000; ++i) {
    const absl::Time t = absl::FromUnixMillis(millis(random));
    EXPECT_EQ(FromProto(ToProto(t)), t);
    EXPECT_EQ(ToMillis(ToProto(t)), ToMillis(t));
    EXPECT_EQ(ParseRange(ToProto(Interval{t, t + absl::Milliseconds(1)}), "range")->start, t);
  }
}

TEST(IntervalTest, TimestampsThatAreNoneAreFarAway) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_nanos(std::numeric_limits<int32_t>::max());
  timestamp.set_seconds(std::numeric_limits<int64_t>::max());
  EXPECT_GT(ToMillis(timestamp), int64_t{9'000'000'000'000'000'000});
  timestamp.set_seconds(std::numeric_limits<int64_t>::min());
  EXPECT_LT(ToMillis(timestamp), int64_t{-9'000'000'000'000'000'000});
}

TEST(IntervalTest, MomentsAreRoundedDownToTheMillisecond) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(1'700'000'000);
  timestamp.set_nanos(123'999'999);
  const google::protobuf::Timestamp rounded = ToMillisecond(timestamp);
  EXPECT_EQ(rounded.seconds(), 1'700'000'000);
  EXPECT_EQ(rounded.nanos(), 123'000'000);
  EXPECT_EQ(ToMillis(rounded), ToMillis(timestamp));
}

TEST(IntervalTest, DurationsSurviveTheRoundTrip) {
  std::mt19937_64 random(4);
  std::uniform_int_distribution<int64_t> nanos(-(int64_t{1} << 60), int64_t{1} << 60);
  for (int i = 0; i < 1000; ++i) {
    const absl::Duration duration = absl::Nanoseconds(nanos(random));
    const google::protobuf::Duration proto = ToProto(duration);
    EXPECT_EQ(FromProto(proto), duration);
    EXPECT_TRUE((proto.seconds() >= 0 && proto.nanos() >= 0) || (proto.seconds() <= 0 && proto.nanos() <= 0))
        << proto.ShortDebugString();
  }
  EXPECT_EQ(ToProto(absl::Milliseconds(1) + absl::Nanoseconds(1) / 2).nanos(), 1'000'000);
}

TEST(UtcDayTest, CountsFrom1970) {
  EXPECT_EQ(UtcDay(absl::UnixEpoch()), 0);
  EXPECT_EQ(UtcDay(absl::UnixEpoch() + absl::Hours(24) - absl::Milliseconds(1)), 0);
  EXPECT_EQ(UtcDay(absl::UnixEpoch() + absl::Hours(24)), 1);
  EXPECT_EQ(UtcDay(absl::FromCivil(absl::CivilDay(2024, 2, 29), absl::UTCTimeZone())), 19'782);
  for (const int64_t day : {0, 1, 19'782, 20'000, 2'932'896}) EXPECT_EQ(UtcDay(StartOfUtcDay(day)), day);
}

}  // namespace
}  // namespace rapport
