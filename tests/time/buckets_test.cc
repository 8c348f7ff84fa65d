#include "common/time/buckets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/time/local_time.h"

namespace rapport {
namespace {

using common::v1::Bucket;
using common::v1::BUCKET_ALL;
using common::v1::BUCKET_DAY;
using common::v1::BUCKET_HOUR;
using common::v1::BUCKET_MONTH;
using common::v1::BUCKET_UNSPECIFIED;
using common::v1::BUCKET_WEEK;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kPlenty = 1'000'000;

std::vector<Interval> Cut(const Interval& range, Bucket bucket, absl::TimeZone zone) {
  const auto buckets = CutIntoBuckets(range, bucket, zone, kPlenty);
  EXPECT_TRUE(buckets.ok()) << buckets.status();
  return buckets.ok() ? *buckets : std::vector<Interval>();
}

std::vector<int> MinutesOf(const std::vector<Interval>& buckets) {
  std::vector<int> minutes;
  for (const Interval& each : buckets) minutes.push_back(static_cast<int>((each.end - each.start) / absl::Minutes(1)));
  return minutes;
}

std::vector<std::string> LocalStarts(const std::vector<Interval>& buckets, absl::TimeZone zone) {
  std::vector<std::string> starts;
  for (const Interval& each : buckets) starts.push_back(absl::FormatTime("%m-%d %H:%M", each.start, zone));
  return starts;
}

// The lengths in minutes of three local days around the second of them.
std::vector<int> DaysAround(const char* name, int64_t year, int month, int day) {
  const absl::TimeZone zone = Zone(name);
  const absl::CivilDay middle(year, month, day);
  return MinutesOf(Cut({absl::FromCivil(middle - 1, zone), absl::FromCivil(middle + 2, zone)}, BUCKET_DAY, zone));
}

TEST(BucketsTest, DaysOnWhichClocksChangeAreShorterOrLonger) {
  EXPECT_THAT(DaysAround("Europe/Berlin", 2025, 3, 30), ElementsAre(24 * 60, 23 * 60, 24 * 60));
  EXPECT_THAT(DaysAround("Europe/Berlin", 2025, 10, 26), ElementsAre(24 * 60, 25 * 60, 24 * 60));
  EXPECT_THAT(DaysAround("America/New_York", 2025, 3, 9), ElementsAre(24 * 60, 23 * 60, 24 * 60));
  EXPECT_THAT(DaysAround("America/New_York", 2025, 11, 2), ElementsAre(24 * 60, 25 * 60, 24 * 60));
  EXPECT_THAT(DaysAround("Australia/Lord_Howe", 2025, 4, 6), ElementsAre(24 * 60, 24 * 60 + 30, 24 * 60));
  EXPECT_THAT(DaysAround("Australia/Lord_Howe", 2025, 10, 5), ElementsAre(24 * 60, 24 * 60 - 30, 24 * 60));
  EXPECT_THAT(DaysAround("Asia/Kathmandu", 2025, 3, 30), ElementsAre(24 * 60, 24 * 60, 24 * 60));
}

TEST(BucketsTest, DayWithSkippedMidnightStartsAtTheChange) {
  for (const auto& [name, year, month, day] :
       {std::tuple("America/Sao_Paulo", 2018, 11, 4), std::tuple("Asia/Beirut", 2022, 3, 27)}) {
    const absl::TimeZone zone = Zone(name);
    const auto days = Cut({Local(zone, year, month, day - 1), Local(zone, year, month, day + 2)}, BUCKET_DAY, zone);
    EXPECT_THAT(MinutesOf(days), ElementsAre(24 * 60, 23 * 60, 24 * 60)) << name;
    EXPECT_EQ(absl::FormatTime("%H:%M", days[1].start, zone), "01:00") << name;
  }
}

TEST(BucketsTest, SkippedDayHasNoBucket) {
  const absl::TimeZone apia = Zone("Pacific/Apia");
  const auto days = Cut({Local(apia, 2011, 12, 29), Local(apia, 2012, 1, 2)}, BUCKET_DAY, apia);
  EXPECT_THAT(LocalStarts(days, apia), ElementsAre("12-29 00:00", "12-31 00:00", "01-01 00:00"));
  EXPECT_THAT(MinutesOf(days), ElementsAre(24 * 60, 24 * 60, 24 * 60));
}

TEST(BucketsTest, RepeatOfTheOldDayBelongsToTheNewDay) {
  // Clocks went from 00:01 back to 23:01.
  const absl::TimeZone zone = Zone("America/St_Johns");
  const absl::Time midnight = Local(zone, 2010, 11, 7);
  const absl::Time in_repeat = midnight + absl::Minutes(30);
  ASSERT_EQ(absl::ToCivilDay(in_repeat, zone), absl::CivilDay(2010, 11, 6));
  const absl::Time end = Local(zone, 2010, 11, 9);
  EXPECT_THAT(Cut({in_repeat, end}, BUCKET_DAY, zone),
              ElementsAre(Interval{in_repeat, Local(zone, 2010, 11, 8)}, Interval{Local(zone, 2010, 11, 8), end}));
  EXPECT_EQ(PreviousBucket({in_repeat, end}, BUCKET_DAY, zone), (Interval{Local(zone, 2010, 11, 6), midnight}));
}

TEST(BucketsTest, RepeatedHourIsABucketOfItsOwn) {
  const absl::TimeZone berlin = Zone("Europe/Berlin");
  const auto hours = Cut({Local(berlin, 2025, 10, 26, 1), Local(berlin, 2025, 10, 26, 4)}, BUCKET_HOUR, berlin);
  EXPECT_THAT(LocalStarts(hours, berlin), ElementsAre("10-26 01:00", "10-26 02:00", "10-26 02:00", "10-26 03:00"));
  EXPECT_THAT(MinutesOf(hours), ElementsAre(60, 60, 60, 60));
}

TEST(BucketsTest, SkippedHourHasNoBucket) {
  const absl::TimeZone berlin = Zone("Europe/Berlin");
  const auto hours = Cut({Local(berlin, 2025, 3, 30, 1), Local(berlin, 2025, 3, 30, 4)}, BUCKET_HOUR, berlin);
  EXPECT_THAT(LocalStarts(hours, berlin), ElementsAre("03-30 01:00", "03-30 03:00"));
}

TEST(BucketsTest, HoursBeginWhereClocksChangeByHalfAnHour) {
  const absl::TimeZone zone = Zone("Australia/Lord_Howe");
  const auto spring = Cut({Local(zone, 2025, 10, 5, 1), Local(zone, 2025, 10, 5, 4)}, BUCKET_HOUR, zone);
  EXPECT_THAT(LocalStarts(spring, zone), ElementsAre("10-05 01:00", "10-05 02:30", "10-05 03:00"));
  EXPECT_THAT(MinutesOf(spring), ElementsAre(60, 30, 60));
  const auto autumn = Cut({Local(zone, 2025, 4, 6, 1), Local(zone, 2025, 4, 6, 3)}, BUCKET_HOUR, zone);
  EXPECT_THAT(LocalStarts(autumn, zone), ElementsAre("04-06 01:00", "04-06 01:30", "04-06 02:00"));
  EXPECT_THAT(MinutesOf(autumn), ElementsAre(60, 30, 60));
}

TEST(BucketsTest, HoursFollowOffsetsOfThreeQuarters) {
  const absl::TimeZone zone = Zone("Asia/Kathmandu");
  const auto hours = Cut({Local(zone, 2025, 1, 1), Local(zone, 2025, 1, 1, 2)}, BUCKET_HOUR, zone);
  EXPECT_THAT(MinutesOf(hours), ElementsAre(60, 60));
  EXPECT_EQ(absl::FormatTime("%H:%M", hours[0].start, absl::UTCTimeZone()), "18:15");
}

TEST(BucketsTest, RangeThatBeginsWithinASecondIsCutAtFullHours) {
  const absl::Time noon = absl::FromCivil(absl::CivilHour(2025, 1, 1, 12), absl::UTCTimeZone());
  const Interval range{noon - absl::Milliseconds(1500), noon + absl::Milliseconds(3600'500)};
  EXPECT_THAT(Cut(range, BUCKET_HOUR, absl::UTCTimeZone()),
              ElementsAre(Interval{range.start, noon}, Interval{noon, noon + absl::Hours(1)},
                          Interval{noon + absl::Hours(1), range.end}));
}

TEST(BucketsTest, WeeksBeginOnMonday) {
  const absl::TimeZone berlin = Zone("Europe/Berlin");
  const auto weeks = Cut({Local(berlin, 2025, 10, 23), Local(berlin, 2025, 11, 4)}, BUCKET_WEEK, berlin);
  EXPECT_THAT(LocalStarts(weeks, berlin), ElementsAre("10-23 00:00", "10-27 00:00", "11-03 00:00"));
  EXPECT_EQ(weeks[0].end - weeks[0].start, absl::Hours(4 * 24 + 1));
}

TEST(BucketsTest, MonthsBeginOnTheFirst) {
  const absl::TimeZone zone = Zone("America/New_York");
  const auto months = Cut({Local(zone, 2023, 12, 15), Local(zone, 2024, 4, 2)}, BUCKET_MONTH, zone);
  EXPECT_THAT(LocalStarts(months, zone),
              ElementsAre("12-15 00:00", "01-01 00:00", "02-01 00:00", "03-01 00:00", "04-01 00:00"));
}

TEST(BucketsTest, AllIsOneBucket) {
  const Interval range{absl::FromUnixMillis(1), absl::FromUnixMillis(1'700'000'000'123)};
  EXPECT_THAT(Cut(range, BUCKET_ALL, absl::UTCTimeZone()), ElementsAre(range));
  EXPECT_THAT(Cut(range, BUCKET_UNSPECIFIED, absl::UTCTimeZone()), ElementsAre(range));
}

TEST(BucketsTest, RefusesMoreBucketsThanAllowed) {
  const Interval range{absl::UnixEpoch(), absl::UnixEpoch() + absl::Hours(10)};
  EXPECT_TRUE(CutIntoBuckets(range, BUCKET_HOUR, absl::UTCTimeZone(), 10).ok());
  const absl::Status refused = CutIntoBuckets(range, BUCKET_HOUR, absl::UTCTimeZone(), 9).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("bucket: BUCKET_HOUR"));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("9 pieces"));
}

constexpr const char* kZones[] = {"",
                                  "Europe/Berlin",
                                  "America/New_York",
                                  "Australia/Lord_Howe",
                                  "Asia/Kathmandu",
                                  "America/Sao_Paulo",
                                  "Asia/Beirut",
                                  "Pacific/Apia",
                                  "America/St_Johns",
                                  "America/Havana",
                                  "Africa/Casablanca",
                                  "Pacific/Chatham",
                                  "Asia/Tehran",
                                  "Africa/Monrovia"};

// Whether `t` may be an edge of such buckets.
bool IsEdge(absl::Time t, Bucket bucket, absl::TimeZone zone) {
  const absl::CivilSecond now = absl::ToCivilSecond(t, zone);
  const absl::CivilSecond before = absl::ToCivilSecond(t - absl::Milliseconds(1), zone);
  const bool jumps = now != before + 1;
  if (bucket == BUCKET_HOUR) return (now.minute() == 0 && now.second() == 0) || jumps;
  const absl::CivilDay day(now);
  const bool starts_day = absl::FromCivil(day, zone) == t;
  if (bucket == BUCKET_DAY) return starts_day;
  if (bucket == BUCKET_WEEK) return starts_day && absl::GetWeekday(day) == absl::Weekday::monday;
  return starts_day && day.day() == 1;
}

TEST(BucketsTest, BucketsAreContiguousAndCoverAnyRangeExactly) {
  std::mt19937_64 random(11);
  const auto upto = [&](int64_t n) { return std::uniform_int_distribution<int64_t>(0, n)(random); };
  for (int round = 0; round < 4000; ++round) {
    const char* name = kZones[upto(std::size(kZones) - 1)];
    const absl::TimeZone zone = Zone(name);
    const auto bucket = static_cast<Bucket>(BUCKET_HOUR + upto(3));
    const absl::Duration longest = bucket == BUCKET_HOUR ? absl::Hours(100) : absl::Hours(24 * 120);
    absl::Time start = absl::FromUnixMillis(upto(1'800'000'000'000));
    // Half of them begin close to a change of clocks.
    absl::TimeZone::CivilTransition change;
    if (upto(1) == 0 && zone.NextTransition(start, &change)) {
      start = std::max(absl::UnixEpoch(),
                       zone.At(change.to).trans + absl::Milliseconds(upto(4 * 3600'000)) - absl::Hours(2));
    }
    const Interval range{start, start + absl::Milliseconds(1 + upto(longest / absl::Milliseconds(1)))};
    const auto buckets = Cut(range, bucket, zone);
    SCOPED_TRACE(absl::StrCat(name, " ", common::v1::Bucket_Name(bucket), " ", Shown(range)));
    ASSERT_FALSE(buckets.empty());
    EXPECT_EQ(buckets.front().start, range.start);
    EXPECT_EQ(buckets.back().end, range.end);
    for (size_t i = 0; i < buckets.size(); ++i) {
      ASSERT_LT(buckets[i].start, buckets[i].end);
      if (i == 0) continue;
      ASSERT_EQ(buckets[i].start, buckets[i - 1].end);
      ASSERT_TRUE(IsEdge(buckets[i].start, bucket, zone)) << Shown(buckets[i]);
    }
    if (HasFailure()) return;
  }
}

TEST(BucketsTest, PreviousBucketIsTheOneThatALongerRangeHas) {
  std::mt19937_64 random(12);
  const auto upto = [&](int64_t n) { return std::uniform_int_distribution<int64_t>(0, n)(random); };
  for (int round = 0; round < 2000; ++round) {
    const char* name = kZones[upto(std::size(kZones) - 1)];
    const absl::TimeZone zone = Zone(name);
    const auto bucket = static_cast<Bucket>(BUCKET_HOUR + upto(3));
    absl::Time start = absl::FromUnixMillis(500'000'000'000 + upto(1'300'000'000'000));
    absl::TimeZone::CivilTransition change;
    if (upto(1) == 0 && zone.NextTransition(start, &change)) {
      start = zone.At(change.to).trans + absl::Minutes(upto(240)) - absl::Minutes(120);
    }
    const Interval range{start, start + absl::Hours(1)};
    const absl::Duration back = bucket == BUCKET_HOUR ? absl::Hours(5) : absl::Hours(24 * 70);
    const auto longer = Cut({start - back, range.end}, bucket, zone);
    size_t holds = 0;
    while (longer[holds].end <= start) ++holds;
    SCOPED_TRACE(absl::StrCat(name, " ", common::v1::Bucket_Name(bucket), " ", Shown(range)));
    ASSERT_GE(holds, 1u);
    ASSERT_EQ(PreviousBucket(range, bucket, zone), longer[holds - 1]);
  }
}

TEST(LoadZoneTest, EmptyMeansUtc) {
  EXPECT_EQ(Zone(""), absl::UTCTimeZone());
}

TEST(LoadZoneTest, RefusesWhatIsNoIanaName) {
  for (const char* name : {"Europe/Atlantis", "CEST+2:00", "/etc/localtime", "../../../etc/localtime", "localtime",
                           "Fixed/UTC+05:30:00", "file:/etc/localtime", "libc:localtime", " Europe/Berlin", "5"}) {
    const absl::Status refused = LoadZone(name, "time_zone").status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_THAT(std::string(refused.message()), HasSubstr(absl::StrCat("time_zone: \"", name))) << name;
  }
}

TEST(LoadZoneTest, ErrorShowsStrangeBytesEscapedAndCutOff) {
  const absl::Status refused = LoadZone("Ber\nlin" + std::string(10'000, 'x'), "zone").status();
  EXPECT_THAT(std::string(refused.message()), HasSubstr("zone: \"Ber\\nlin"));
  EXPECT_LT(refused.message().size(), 300u);
}

}  // namespace
}  // namespace rapport
