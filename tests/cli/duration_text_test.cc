#include "services/cli/duration_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rapport::cli {
namespace {

using ::testing::HasSubstr;

TEST(DurationTextTest, ShowsTheTwoLargestUnits) {
  EXPECT_EQ(DurationText(absl::ZeroDuration()), "0s");
  EXPECT_EQ(DurationText(absl::Milliseconds(4230)), "4.2s");
  EXPECT_EQ(DurationText(absl::Seconds(42)), "42s");
  EXPECT_EQ(DurationText(absl::Seconds(303)), "5m 03s");
  EXPECT_EQ(DurationText(absl::Minutes(65)), "1h 05m");
  EXPECT_EQ(DurationText(absl::Hours(76)), "3d 4h");
  EXPECT_EQ(DurationText(-absl::Minutes(65)), "-1h 05m");
}

TEST(DurationTextTest, RoundsUpToTheNextUnit) {
  EXPECT_EQ(DurationText(absl::Milliseconds(9960)), "10s");
  EXPECT_EQ(DurationText(absl::Milliseconds(59600)), "1m 00s");
  EXPECT_EQ(DurationText(absl::Seconds(3599) + absl::Milliseconds(600)), "1h 00m");
  EXPECT_EQ(DurationText(absl::Hours(24) - absl::Seconds(20)), "1d 0h");
}

std::string Reread(const std::string& text) {
  const auto duration = ParseDurationText("--within", text);
  return duration.ok() ? ShortDurationText(*duration) : std::string(duration.status().message());
}

TEST(ParseDurationTextTest, ReadsWhatPeopleWrite) {
  EXPECT_EQ(Reread("90s"), "1m 30s");
  EXPECT_EQ(Reread("1h30m"), "1h 30m");
  EXPECT_EQ(Reread(" 3d 4h "), "3d 4h");
  EXPECT_EQ(Reread("2w"), "14d");
  EXPECT_EQ(Reread("0.5h"), "30m");
  EXPECT_EQ(Reread("250ms"), "250ms");
  EXPECT_EQ(Reread("0s"), "0");
}

TEST(ParseDurationTextTest, NamesWhatItCannotRead) {
  for (const char* text : {"", "6", "h", "6 hours", "-1h", "1x", "999999d"}) {
    EXPECT_THAT(Reread(text), HasSubstr("is not a time such as 90s"));
  }
}

}  // namespace
}  // namespace rapport::cli
