#include "common/server/refusal_pace.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace rapport::server {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);
constexpr absl::Duration kCost = absl::Milliseconds(1);

TEST(RefusalPaceTest, GivesTheFirstAtOnceAndTheNextWhenItIsPaidFor) {
  RefusalPace pace(0.1, absl::Seconds(5));
  EXPECT_EQ(pace.Reserve("a", kCost, kNow), absl::ZeroDuration());
  EXPECT_EQ(pace.Reserve("a", kCost, kNow), absl::Milliseconds(10));
  EXPECT_EQ(pace.Reserve("a", 4 * kCost, kNow), absl::Milliseconds(20));
  EXPECT_EQ(pace.Reserve("a", kCost, kNow), absl::Milliseconds(60));
  EXPECT_EQ(pace.Reserve("a", kCost, kNow + absl::Seconds(1)), absl::ZeroDuration());
}

TEST(RefusalPaceTest, TakesNoMoreThanItsShareHoweverManyTenantsAreRefused) {
  for (const int tenants : {1, 3, 20}) {
    RefusalPace pace(0.1, absl::Seconds(60));
    absl::Duration given;
    for (int i = 0; i < 10'000; ++i) {
      // Each sends again a hundred microseconds after the last, whatever it was told.
      const absl::Time now = kNow + absl::Microseconds(100) * i;
      const absl::Time at = now + pace.Reserve(absl::StrCat(i % tenants), kCost, now);
      if (at < kNow + absl::Seconds(1)) given += kCost;
    }
    // Until the others are known, the first of each takes more than is its own.
    EXPECT_LE(given, absl::Milliseconds(100) + tenants * 2 * kCost) << tenants;
    EXPECT_GE(given, absl::Milliseconds(80)) << tenants;
  }
}

TEST(RefusalPaceTest, OneWhoIsSeldomRefusedDoesNotWaitBehindAFlood) {
  RefusalPace pace(0.1, absl::Seconds(5));
  for (int i = 0; i < 1'000; ++i) pace.Reserve("flood", kCost, kNow);
  EXPECT_EQ(pace.Reserve("quiet", kCost, kNow), absl::ZeroDuration());
  EXPECT_EQ(pace.Reserve("quiet", kCost, kNow), absl::Milliseconds(20)) << "the two share";
}

TEST(RefusalPaceTest, HoldsNothingLongerThanItsBoundAndOwesNothingAfterIt) {
  RefusalPace pace(0.1, absl::Seconds(5));
  for (int i = 0; i < 10'000; ++i) EXPECT_LE(pace.Reserve("a", kCost, kNow), absl::Seconds(5));
  EXPECT_EQ(pace.Reserve("a", kCost, kNow + absl::Seconds(6)), absl::ZeroDuration());
}

}  // namespace
}  // namespace rapport::server
