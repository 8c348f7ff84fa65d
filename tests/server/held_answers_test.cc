#include "common/server/held_answers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"

namespace rapport::server {
namespace {

TEST(HeldAnswersTest, GivesAnswersWhenTheyAreDue) {
  std::vector<int> given;
  absl::Notification last;
  HeldAnswers held(10);
  ASSERT_TRUE(held.TryHold(absl::Milliseconds(500), [&] {
    given.push_back(2);
    last.Notify();
  }));
  ASSERT_TRUE(held.TryHold(absl::Milliseconds(1), [&] { given.push_back(1); }));
  last.WaitForNotification();
  EXPECT_EQ(given, (std::vector<int>{1, 2}));
  EXPECT_EQ(held.size(), 0);
}

TEST(HeldAnswersTest, HoldsNoMoreThanItsBound) {
  std::atomic<int> given = 0;
  HeldAnswers held(2);
  EXPECT_TRUE(held.TryHold(absl::Hours(1), [&] { ++given; }));
  EXPECT_TRUE(held.TryHold(absl::Hours(1), [&] { ++given; }));
  EXPECT_FALSE(held.TryHold(absl::Hours(1), [&] { ++given; }));
  EXPECT_EQ(held.size(), 2);
  EXPECT_EQ(given, 0);
}

TEST(HeldAnswersTest, GivesAllOnReleaseAndHoldsNothingAfterIt) {
  std::atomic<int> given = 0;
  HeldAnswers held(10);
  ASSERT_TRUE(held.TryHold(absl::Hours(1), [&] { ++given; }));
  ASSERT_TRUE(held.TryHold(absl::Hours(2), [&] { ++given; }));
  held.Release();
  while (given < 2) std::this_thread::yield();
  EXPECT_FALSE(held.TryHold(absl::Hours(1), [&] { ++given; }));
}

TEST(HeldAnswersTest, GivesWhatItHoldsWhenItGoes) {
  std::atomic<int> given = 0;
  {
    HeldAnswers held(10);
    ASSERT_TRUE(held.TryHold(absl::Hours(1), [&] { ++given; }));
  }
  EXPECT_EQ(given, 1);
}

}  // namespace
}  // namespace rapport::server
