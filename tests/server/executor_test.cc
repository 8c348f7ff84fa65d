#include "common/server/executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/notification.h"
#include "common/status/retry_after.h"

namespace rapport::server {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

// A clock that stands until it is moved on.
class ManualClock {
 public:
  void Advance(absl::Duration by) { nanos_ += absl::ToInt64Nanoseconds(by); }
  std::function<absl::Time()> Function() {
    return [this] { return absl::FromUnixNanos(nanos_); };
  }

 private:
  std::atomic<int64_t> nanos_ = 1'700'000'000'000'000'000;
};

// Keeps the only thread of an executor busy until it is released.
class Blocker {
 public:
  explicit Blocker(Executor& executor) {
    EXPECT_TRUE(executor
                    .TryRun("blocker",
                            [this](const absl::Status&) {
                              running_.Notify();
                              release_.WaitForNotification();
                            })
                    .ok());
    running_.WaitForNotification();
  }
  void Release() { release_.Notify(); }

 private:
  absl::Notification running_;
  absl::Notification release_;
};

void Nothing(const absl::Status& /*turn*/) {}

TEST(ExecutorTest, RefusesTasksBeyondItsQueueWithAdvice) {
  Executor executor({.threads = 1, .queue_capacity = 2});
  Blocker blocker(executor);
  EXPECT_TRUE(executor.TryRun("acme", Nothing).ok());
  EXPECT_TRUE(executor.TryRun("acme", Nothing).ok());
  const absl::Status refused = executor.TryRun("acme", Nothing);
  EXPECT_TRUE(absl::IsResourceExhausted(refused));
  EXPECT_GT(RetryAfter(refused), absl::ZeroDuration());
  EXPECT_EQ(executor.queued(), 2u);
  EXPECT_EQ(executor.busy(), 1);
  EXPECT_EQ(executor.refusals().full, 1u);
  blocker.Release();
}

TEST(ExecutorTest, KeepsANinthOfItsQueueFromOneTenant) {
  Executor executor({.threads = 1, .queue_capacity = 100});
  Blocker blocker(executor);
  int accepted = 0;
  while (executor.TryRun("flood", Nothing).ok()) ++accepted;
  EXPECT_EQ(accepted, 89);
  EXPECT_TRUE(executor.TryRun("acme", Nothing).ok());
  EXPECT_FALSE(executor.TryRun("flood", Nothing).ok());
  blocker.Release();
}

TEST(ExecutorTest, KeepsThreadsFromOneTenant) {
  constexpr int kThreads = 10;
  Executor executor({.threads = kThreads, .queue_capacity = 100});
  absl::Notification release;
  for (int i = 0; i < 2 * kThreads; ++i) {
    ASSERT_TRUE(executor.TryRun("flood", [&](const absl::Status&) { release.WaitForNotification(); }).ok());
  }
  absl::Notification ran;
  ASSERT_TRUE(executor.TryRun("acme", [&](const absl::Status&) { ran.Notify(); }).ok());
  ran.WaitForNotification();
  EXPECT_LT(executor.busy(), kThreads);
  release.Notify();
}

TEST(ExecutorTest, LetsTenantsTakeTurns) {
  ManualClock clock;
  std::vector<std::string> order;
  {
    Executor executor({.threads = 1, .queue_capacity = 1000, .clock = clock.Function()});
    Blocker blocker(executor);
    const auto submit = [&](const std::string& tenant) {
      ASSERT_TRUE(executor
                      .TryRun(tenant,
                              [&, tenant](const absl::Status&) {
                                order.push_back(tenant);
                                clock.Advance(absl::Milliseconds(1));
                              })
                      .ok());
    };
    for (int i = 0; i < 100; ++i) submit("flood");
    for (int i = 0; i < 5; ++i) submit("acme");
    blocker.Release();
  }
  ASSERT_EQ(order.size(), 105u);
  EXPECT_EQ(std::count(order.begin(), order.begin() + 11, "acme"), 5);
}

TEST(ExecutorTest, ChargesTheTimeThatTasksTake) {
  ManualClock clock;
  std::vector<std::string> order;
  {
    Executor executor({.threads = 1, .queue_capacity = 1000, .clock = clock.Function()});
    Blocker blocker(executor);
    const auto submit = [&](const std::string& tenant, absl::Duration takes) {
      ASSERT_TRUE(executor
                      .TryRun(tenant,
                              [&, tenant, takes](const absl::Status&) {
                                order.push_back(tenant);
                                clock.Advance(takes);
                              })
                      .ok());
    };
    for (int i = 0; i < 20; ++i) submit("scans", absl::Milliseconds(100));
    for (int i = 0; i < 200; ++i) submit("reads", absl::Milliseconds(1));
    blocker.Release();
  }
  // As much time for either: two scans beside the two hundred reads, and one by which the other begins.
  const auto last_read = std::find(order.rbegin(), order.rend(), "reads").base();
  EXPECT_LE(std::count(order.begin(), last_read, "scans"), 4);
}

TEST(ExecutorTest, CountsDelayedTasksAsTheirTenants) {
  ManualClock clock;
  std::vector<std::string> order;
  {
    Executor executor({.threads = 1, .queue_capacity = 1000, .clock = clock.Function()});
    Blocker blocker(executor);
    for (int i = 0; i < 100; ++i) {
      executor.RunAfter("flood", absl::ZeroDuration(), [&] {
        order.emplace_back("flood");
        clock.Advance(absl::Milliseconds(1));
      });
    }
    ASSERT_TRUE(executor.TryRun("acme", [&](const absl::Status&) { order.emplace_back("acme"); }).ok());
    blocker.Release();
  }
  EXPECT_LT(std::find(order.begin(), order.end(), "acme") - order.begin(), 3);
}

TEST(ExecutorTest, RefusesWhatWaitedTooLong) {
  ManualClock clock;
  std::vector<absl::Status> turns;
  const auto task = [&](const absl::Status& turn) { turns.push_back(turn); };
  Executor executor({.threads = 1, .queue_capacity = 10, .max_wait = absl::Seconds(1), .clock = clock.Function()});
  Blocker blocker(executor);
  ASSERT_TRUE(executor.TryRun("acme", task).ok());
  clock.Advance(absl::Milliseconds(1001));
  ASSERT_TRUE(executor.TryRun("globex", task).ok());
  executor.RunAfter("globex", absl::ZeroDuration(), [&] { turns.push_back(absl::OkStatus()); });
  blocker.Release();
  while (executor.queued() > 0 || executor.busy() > 0) std::this_thread::yield();
  ASSERT_EQ(turns.size(), 3u);
  EXPECT_EQ(std::count_if(turns.begin(), turns.end(), absl::IsResourceExhausted), 1);
  const auto refused = std::find_if(turns.begin(), turns.end(), absl::IsResourceExhausted);
  EXPECT_GT(RetryAfter(*refused), absl::ZeroDuration());
  EXPECT_EQ(executor.refusals().waited, 1u);
}

TEST(ExecutorTest, RefusesSoonerWhileAQueueStands) {
  ManualClock clock;
  std::vector<std::string> ran;
  const auto task = [&](const std::string& name) {
    return [&, name](const absl::Status& turn) { ran.push_back(turn.ok() ? name : "refused"); };
  };
  Executor executor({.threads = 1, .queue_capacity = 10, .max_wait = absl::Seconds(1), .clock = clock.Function()});
  Blocker blocker(executor);
  ASSERT_TRUE(executor.TryRun("acme", task("first")).ok());
  clock.Advance(absl::Milliseconds(890));
  ASSERT_TRUE(executor.TryRun("acme", task("second")).ok());
  ASSERT_TRUE(executor.TryRun("globex", task("calm")).ok());
  clock.Advance(absl::Milliseconds(111));
  ASSERT_TRUE(executor.TryRun("acme", task("third")).ok());
  blocker.Release();
  while (executor.queued() > 0 || executor.busy() > 0) std::this_thread::yield();
  EXPECT_THAT(ran, ::testing::UnorderedElementsAre("refused", "refused", "third", "calm"));
}

TEST(ExecutorTest, RunsTheNewestFirstWhileAQueueStands) {
  ManualClock clock;
  std::vector<int> ran;
  Executor executor({.threads = 1, .queue_capacity = 10, .max_wait = absl::Seconds(1), .clock = clock.Function()});
  Blocker blocker(executor);
  int refused = 0;
  const auto submit = [&](int number) {
    const auto task = [&, number](const absl::Status& turn) {
      if (turn.ok()) ran.push_back(number);
      if (!turn.ok()) ++refused;
    };
    ASSERT_TRUE(executor.TryRun("acme", task).ok());
  };
  submit(0);
  clock.Advance(absl::Milliseconds(1001));
  for (int i = 1; i <= 3; ++i) submit(i);
  blocker.Release();
  while (executor.queued() > 0 || executor.busy() > 0) std::this_thread::yield();
  EXPECT_THAT(ran, ElementsAre(3, 2, 1));
  EXPECT_EQ(refused, 1);
}

TEST(ExecutorTest, DoesWorkHoweverManyWaitedTooLong) {
  ManualClock clock;
  Executor executor({.threads = 1, .queue_capacity = 1000, .max_wait = absl::Seconds(1), .clock = clock.Function()});
  Blocker blocker(executor);
  int ran = 0;
  const auto task = [&](const absl::Status& turn) { ran += turn.ok() ? 1 : 0; };
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(executor.TryRun("acme", task).ok());
  clock.Advance(absl::Seconds(2));
  blocker.Release();
  while (executor.queued() > 0 || executor.busy() > 0) std::this_thread::yield();
  EXPECT_EQ(ran, 100);
  EXPECT_EQ(executor.refusals().waited, 200u);
}

TEST(ExecutorTest, PutsANewTaskInThePlaceOfOneThatWaitedTooLong) {
  ManualClock clock;
  Executor executor({.threads = 1, .queue_capacity = 2, .max_wait = absl::Seconds(1), .clock = clock.Function()});
  Blocker blocker(executor);
  absl::Status oldest;
  ASSERT_TRUE(executor.TryRun("acme", [&](const absl::Status& turn) { oldest = turn; }).ok());
  ASSERT_TRUE(executor.TryRun("acme", Nothing).ok());
  ASSERT_FALSE(executor.TryRun("acme", Nothing).ok());
  clock.Advance(absl::Seconds(2));
  EXPECT_TRUE(executor.TryRun("acme", Nothing).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(oldest));
  EXPECT_EQ(executor.queued(), 2u);
  blocker.Release();
}

TEST(ExecutorTest, RunsWhatItAcceptedBeforeItEnds) {
  ManualClock clock;
  std::vector<absl::Status> turns;
  {
    Executor executor({.threads = 1, .queue_capacity = 1000, .max_wait = absl::Seconds(1), .clock = clock.Function()});
    Blocker blocker(executor);
    for (int i = 0; i < 300; ++i) {
      const std::string tenant = i % 2 == 0 ? "acme" : "globex";
      ASSERT_TRUE(executor.TryRun(tenant, [&](const absl::Status& turn) { turns.push_back(turn); }).ok());
    }
    std::thread ending([&] { executor.Shutdown(); });
    while (!absl::IsUnavailable(executor.TryRun("late", Nothing))) std::this_thread::yield();
    clock.Advance(absl::Seconds(10));
    blocker.Release();
    ending.join();
  }
  EXPECT_GE(turns.size(), 300u);
  EXPECT_THAT(turns, Each(absl::OkStatus()));
}

TEST(ExecutorTest, GivesWayToOtherThreads) {
  const auto nice = [] { return getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())); };
  int of_task = 0;
  {
    Executor executor({.threads = 1, .queue_capacity = 1});
    ASSERT_TRUE(executor.TryRun("acme", [&](const absl::Status&) { of_task = nice(); }).ok());
  }
  EXPECT_EQ(of_task, std::min(nice() + 10, 19));
}

TEST(ExecutorTest, RunsTasksOfManyTenantsOnManyThreads) {
  std::atomic<int> runs = 0;
  Executor executor({.threads = 3, .queue_capacity = 1000});
  int accepted = 0;
  for (int i = 0; i < 5000; ++i) {
    accepted += executor.TryRun(std::to_string(i % 500), [&](const absl::Status&) { ++runs; }).ok() ? 1 : 0;
  }
  executor.Shutdown();
  EXPECT_EQ(runs, accepted);
}

TEST(ExecutorTest, RunsDelayedTasksInTheOrderOfTheirTimes) {
  std::vector<int> order;
  absl::Notification last;
  Executor executor({.threads = 1, .queue_capacity = 1});
  executor.RunAfter("acme", absl::Milliseconds(500), [&] {
    order.push_back(2);
    last.Notify();
  });
  executor.RunAfter("acme", absl::Milliseconds(1), [&] { order.push_back(1); });
  last.WaitForNotification();
  EXPECT_THAT(order, ElementsAre(1, 2));
}

TEST(ExecutorTest, RunsDelayedTasksAtOnceWhenItEnds) {
  std::atomic<int> runs = 0;
  {
    Executor executor({.threads = 2, .queue_capacity = 1});
    executor.RunAfter("acme", absl::Hours(1), [&] {
      ++runs;
      executor.RunAfter("acme", absl::Hours(1), [&] { ++runs; });
    });
  }
  EXPECT_EQ(runs, 2);
}

}  // namespace
}  // namespace rapport::server
