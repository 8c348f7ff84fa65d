#include "common/server/executor.h"

#include <gtest/gtest.h>

#include <atomic>

#include "absl/synchronization/notification.h"

namespace rapport::server {
namespace {

TEST(ExecutorTest, RefusesTasksBeyondItsQueue) {
  absl::Notification running;
  absl::Notification release;
  Executor executor(1, 2);
  ASSERT_TRUE(executor.TryRun([&] {
    running.Notify();
    release.WaitForNotification();
  }));
  running.WaitForNotification();
  EXPECT_TRUE(executor.TryRun([] {}));
  EXPECT_TRUE(executor.TryRun([] {}));
  EXPECT_FALSE(executor.TryRun([] {}));
  EXPECT_EQ(executor.queued(), 2u);
  EXPECT_EQ(executor.busy(), 1);
  EXPECT_EQ(executor.refused(), 1u);
  release.Notify();
}

TEST(ExecutorTest, RunsWhatItAcceptedBeforeItEnds) {
  std::atomic<int> runs = 0;
  Executor executor(3, 1000);
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(executor.TryRun([&] { ++runs; }));
  executor.Shutdown();
  EXPECT_EQ(runs, 500);
  EXPECT_FALSE(executor.TryRun([] {}));
}

TEST(ExecutorTest, RunsDelayedTasksInTheOrderOfTheirTimes) {
  std::vector<int> order;
  absl::Notification last;
  Executor executor(1, 1);
  executor.RunAfter(absl::Milliseconds(500), [&] {
    order.push_back(2);
    last.Notify();
  });
  executor.RunAfter(absl::Milliseconds(1), [&] { order.push_back(1); });
  last.WaitForNotification();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(ExecutorTest, RunsDelayedTasksAtOnceWhenItEnds) {
  std::atomic<int> runs = 0;
  {
    Executor executor(2, 1);
    executor.RunAfter(absl::Hours(1), [&] {
      ++runs;
      executor.RunAfter(absl::Hours(1), [&] { ++runs; });
    });
  }
  EXPECT_EQ(runs, 2);
}

}  // namespace
}  // namespace rapport::server
