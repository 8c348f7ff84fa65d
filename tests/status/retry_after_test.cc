#include "common/status/retry_after.h"

#include <gtest/gtest.h>

namespace rapport {
namespace {

TEST(RetryAfter, IsZeroWithoutAdvice) {
  EXPECT_EQ(RetryAfter(absl::OkStatus()), absl::ZeroDuration());
  EXPECT_EQ(RetryAfter(absl::ResourceExhaustedError("full")), absl::ZeroDuration());
}

TEST(RetryAfter, IsWhatWasAdvisedAndLeavesCodeAndMessage) {
  const absl::Status advised = WithRetryAfter(absl::ResourceExhaustedError("full"), absl::Milliseconds(250));
  EXPECT_EQ(RetryAfter(advised), absl::Milliseconds(250));
  EXPECT_EQ(advised.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(advised.message(), "full");
}

TEST(RetryAfter, SurvivesCopies) {
  absl::Status first;
  first.Update(WithRetryAfter(absl::UnavailableError("away"), absl::Seconds(2)));
  EXPECT_EQ(RetryAfter(first), absl::Seconds(2));
}

TEST(RetryAfter, IsRoundedUpAndKeptWithinBounds) {
  const auto advice = [](absl::Duration wait) { return RetryAfter(WithRetryAfter(absl::UnavailableError(""), wait)); };
  EXPECT_EQ(advice(absl::Microseconds(1'001)), absl::Milliseconds(2));
  EXPECT_EQ(advice(absl::ZeroDuration()), absl::Milliseconds(1));
  EXPECT_EQ(advice(-absl::Seconds(1)), absl::Milliseconds(1));
  EXPECT_EQ(advice(absl::Hours(1)), kLongestRetryAfter);
  EXPECT_EQ(advice(absl::InfiniteDuration()), kLongestRetryAfter);
}

TEST(RetryAfter, TheLastAdviceHolds) {
  const absl::Status first = WithRetryAfter(absl::UnavailableError("away"), absl::Seconds(2));
  EXPECT_EQ(RetryAfter(WithRetryAfter(first, absl::Seconds(1))), absl::Seconds(1));
}

TEST(RetryAfter, LeavesOkAsItIs) {
  EXPECT_EQ(WithRetryAfter(absl::OkStatus(), absl::Seconds(1)), absl::OkStatus());
}

}  // namespace
}  // namespace rapport
