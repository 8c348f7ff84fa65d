#include "common/server/rate_limit.h"

#include <gtest/gtest.h>

namespace rapport::server {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

TEST(RateLimitTest, LetsABurstOfOneSecondThrough) {
  RateLimiter limiter(10);
  int passed = 0;
  while (limiter.Charge("acme", 1, kNow) == absl::ZeroDuration()) ++passed;
  EXPECT_EQ(passed, 11);  // the bucket, and the charge that overdraws it
}

TEST(RateLimitTest, SaysWhenToRetryAndKeepsToIt) {
  RateLimiter limiter(10);
  EXPECT_EQ(limiter.Charge("acme", 50, kNow), absl::ZeroDuration());
  const absl::Duration wait = limiter.Charge("acme", 1, kNow);
  EXPECT_EQ(wait, absl::Seconds(4));
  EXPECT_NE(limiter.Charge("acme", 1, kNow + wait - absl::Milliseconds(1)), absl::ZeroDuration());
  EXPECT_EQ(limiter.Charge("acme", 1, kNow + wait), absl::ZeroDuration());
}

TEST(RateLimitTest, HoldsTheAverageRate) {
  RateLimiter limiter(100);
  int passed = 0;
  for (int millisecond = 0; millisecond < 10'000; ++millisecond) {
    if (limiter.Charge("acme", 1, kNow + absl::Milliseconds(millisecond)) == absl::ZeroDuration()) ++passed;
  }
  EXPECT_NEAR(passed, 1'100, 2);  // ten seconds at the rate, and the first bucket
}

TEST(RateLimitTest, KeepsTenantsApart) {
  RateLimiter limiter(1);
  limiter.Charge("acme", 100, kNow);
  EXPECT_NE(limiter.Charge("acme", 1, kNow), absl::ZeroDuration());
  EXPECT_EQ(limiter.Charge("globex", 1, kNow), absl::ZeroDuration());
}

TEST(RateLimitTest, HasNoLimitAtZero) {
  RateLimiter limiter(0);
  EXPECT_EQ(limiter.Charge("acme", 1e12, kNow), absl::ZeroDuration());
  EXPECT_EQ(limiter.Charge("acme", 1e12, kNow), absl::ZeroDuration());
}

}  // namespace
}  // namespace rapport::server
