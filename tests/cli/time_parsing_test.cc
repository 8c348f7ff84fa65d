#include "services/cli/time_parsing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/time/interval.h"

namespace rapport::cli {
namespace {

using ::testing::HasSubstr;

std::string Parsed(const std::string& text, const std::string& format = "", const std::string& zone = "UTC") {
  const absl::StatusOr<absl::Time> time = TimeParser(format, *LoadZone(zone)).Parse(text);
  if (!time.ok()) return std::string(time.status().message());
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", *time, absl::UTCTimeZone());
}

TEST(TimeParserTest, ReadsCommonFormsWithoutAFormat) {
  EXPECT_EQ(Parsed("2026-10-31T14:05:00Z"), "2026-10-31T14:05:00.000Z");
  EXPECT_EQ(Parsed("2026-10-31T14:05:00.125+02:00"), "2026-10-31T12:05:00.125Z");
  EXPECT_EQ(Parsed(" 2026-10-31 14:05:00 "), "2026-10-31T14:05:00.000Z");
  EXPECT_EQ(Parsed("2026-10-31 14:05"), "2026-10-31T14:05:00.000Z");
  EXPECT_EQ(Parsed("2026-07-31T14:05:00", "", "Europe/Berlin"), "2026-07-31T12:05:00.000Z");
}

TEST(TimeParserTest, ReadsTheFormatNamed) {
  EXPECT_EQ(Parsed("28-07-2023 03:00", "%d-%m-%Y %H:%M"), "2023-07-28T03:00:00.000Z");
  EXPECT_EQ(Parsed("20230728", "%Y%m%d"), "2023-07-28T00:00:00.000Z");
  EXPECT_EQ(Parsed("28-07-2023 03:00", "%d-%m-%Y %H:%M", "America/New_York"), "2023-07-28T07:00:00.000Z");
}

TEST(TimeParserTest, ReadsUnixTimes) {
  EXPECT_EQ(Parsed("1700000000", "unix"), "2023-11-14T22:13:20.000Z");
  EXPECT_EQ(Parsed("1700000000.5", "unix"), "2023-11-14T22:13:20.500Z");
  EXPECT_EQ(Parsed("1700000000123", "unix_ms"), "2023-11-14T22:13:20.123Z");
}

TEST(TimeParserTest, TakesTheFirstOfARepeatedLocalTime) {
  EXPECT_EQ(Parsed("2026-10-25 02:30:00", "", "Europe/Berlin"), "2026-10-25T00:30:00.000Z");
}

TEST(TimeParserTest, ReadsASkippedLocalTimeWithTheOffsetBeforeTheChange) {
  EXPECT_EQ(Parsed("2026-03-29 02:30:00", "", "Europe/Berlin"), "2026-03-29T01:30:00.000Z");
}

TEST(TimeParserTest, NamesTheFormatThatDidNotMatch) {
  EXPECT_THAT(Parsed("2023-07-28", "%d-%m-%Y %H:%M"), HasSubstr("does not match --time-format=%d-%m-%Y %H:%M"));
  EXPECT_THAT(Parsed("yesterday"), HasSubstr("name its format with --time-format"));
  EXPECT_THAT(Parsed("", "unix"), HasSubstr("does not match --time-format=unix"));
}

TEST(TimeParserTest, RefusesTimesThatOnlyAWrongFormatMakes) {
  EXPECT_THAT(Parsed("28-07-23 03:00", "%d-%m-%Y %H:%M"), HasSubstr("before 1970"));
  EXPECT_THAT(Parsed("infinite-future"), HasSubstr("after 9999"));
  EXPECT_THAT(Parsed("9e99", "unix"), HasSubstr("does not match"));
  EXPECT_THAT(Parsed("nan", "unix"), HasSubstr("does not match"));
}

TEST(LoadZoneTest, NamesAZoneThatIsNotKnown) {
  EXPECT_THAT(std::string(LoadZone("Mars/Base").status().message()), HasSubstr("--time-zone 'Mars/Base'"));
}

TEST(ToTimestampTest, KeepsMilliseconds) {
  const auto timestamp = ToTimestamp(absl::FromUnixMicros(1'700'000'000'123'999));
  EXPECT_EQ(timestamp.seconds(), 1'700'000'000);
  EXPECT_EQ(timestamp.nanos(), 123'000'000);
  EXPECT_EQ(FromProto(timestamp), absl::FromUnixMillis(1'700'000'000'123));
}

}  // namespace
}  // namespace rapport::cli
