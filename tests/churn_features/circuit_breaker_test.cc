#include "services/churn/service/circuit_breaker.h"

#include <gtest/gtest.h>

namespace rapport::churn {
namespace {

class CircuitBreakerTest : public ::testing::Test {
 protected:
  // Calls until the circuit opens.
  void Break() {
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(breaker_.Allow());
      EXPECT_EQ(breaker_.OnFailure(), i == 2);
    }
  }
  void Pass(absl::Duration time) { now_ += time; }

  absl::Time now_ = absl::FromUnixSeconds(1'750'000'000);
  CircuitBreaker breaker_{{.failures = 3, .first_pause = absl::Seconds(1), .longest_pause = absl::Seconds(3)},
                          [this] { return now_; }};
};

TEST_F(CircuitBreakerTest, OpensAfterFailuresInARow) {
  EXPECT_FALSE(breaker_.OnFailure());
  EXPECT_FALSE(breaker_.OnFailure());
  EXPECT_FALSE(breaker_.OnSuccess());
  EXPECT_FALSE(breaker_.OnFailure());
  EXPECT_FALSE(breaker_.OnFailure());
  EXPECT_TRUE(breaker_.Allow());
  EXPECT_TRUE(breaker_.OnFailure());
  EXPECT_TRUE(breaker_.open());
  EXPECT_FALSE(breaker_.Allow());
}

TEST_F(CircuitBreakerTest, LetsOneProbeThroughAfterThePause) {
  Break();
  Pass(absl::Milliseconds(999));
  EXPECT_FALSE(breaker_.Allow());
  Pass(absl::Milliseconds(1));
  EXPECT_TRUE(breaker_.Allow());
  EXPECT_FALSE(breaker_.Allow());
  EXPECT_TRUE(breaker_.OnSuccess());
  EXPECT_FALSE(breaker_.open());
  EXPECT_TRUE(breaker_.Allow());
}

TEST_F(CircuitBreakerTest, PausesGrowUpToTheLongest) {
  Break();
  for (const absl::Duration pause : {absl::Seconds(1), absl::Seconds(2), absl::Seconds(3), absl::Seconds(3)}) {
    Pass(pause - absl::Milliseconds(1));
    EXPECT_FALSE(breaker_.Allow());
    Pass(absl::Milliseconds(1));
    EXPECT_TRUE(breaker_.Allow());
    EXPECT_FALSE(breaker_.OnFailure());
  }
  Pass(absl::Seconds(3));
  EXPECT_TRUE(breaker_.Allow());
  EXPECT_TRUE(breaker_.OnSuccess());
  Break();
  Pass(absl::Seconds(1));
  EXPECT_TRUE(breaker_.Allow());
}

TEST_F(CircuitBreakerTest, CallsThatWereUnderWayDoNotLengthenThePause) {
  Break();
  EXPECT_FALSE(breaker_.OnFailure());
  EXPECT_FALSE(breaker_.OnFailure());
  Pass(absl::Seconds(1));
  EXPECT_TRUE(breaker_.Allow());
}

TEST_F(CircuitBreakerTest, AProbeWithoutOutcomeIsFollowedByAnother) {
  Break();
  Pass(absl::Seconds(1));
  EXPECT_TRUE(breaker_.Allow());
  Pass(absl::Seconds(1));
  EXPECT_TRUE(breaker_.Allow());
}

}  // namespace
}  // namespace rapport::churn
