// The same activities give the same data, whatever their order, batches, repetitions, threads and replicas.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/churn_activities/activities.h"
#include "tests/churn_activities/service_harness.h"
#include "tests/churn_activities/store_contents.h"

namespace rapport::churn {
namespace {

using v1::Activity;

const absl::Time kNow = Moment("2026-06-01");

class EqualityTest : public testing::TestWithParam<const char*> {};

// Sends what falls to this thread in batches of random sizes.
void Send(Harness& harness, std::vector<Activity> activities, uint32_t seed) {
  std::mt19937 random(seed);
  std::shuffle(activities.begin(), activities.end(), random);
  for (size_t begin = 0; begin < activities.size();) {
    const size_t size = std::min<size_t>(activities.size() - begin, std::uniform_int_distribution<>(1, 60)(random));
    harness.Record(absl::MakeConstSpan(activities).subspan(begin, size));
    begin += size;
  }
}

TEST_P(EqualityTest, DataFollowFromTheSetOfActivities) {
  for (uint32_t seed = 0; seed < 6; ++seed) {
    const std::vector<Activity> activities = RandomActivities(seed, 12, 700, Moment("2026-01-01"), 90);
    Harness harness(kNow, GetParam());
    Harness replica(harness);
    // Each activity comes twice, by two ways.
    std::vector<std::vector<Activity>> ways(4);
    std::mt19937 random(seed);
    for (const Activity& activity : activities) {
      const int way = std::uniform_int_distribution<>(0, 3)(random);
      ways[way].push_back(activity);
      ways[(way + 1 + seed % 3) % 4].push_back(activity);
    }
    std::vector<std::thread> threads;
    for (uint32_t i = 0; i < ways.size(); ++i) {
      threads.emplace_back([&, i] { Send(i % 2 == 0 ? harness : replica, ways[i], 100 * seed + i); });
    }
    for (std::thread& thread : threads) thread.join();

    const Contents expected = ExpectedContents(activities);
    EXPECT_FALSE(expected.rows.empty());
    EXPECT_EQ(Difference(expected, StoredContents(harness, activities)), "") << seed;
    EXPECT_EQ(Difference(expected, StoredContents(replica, activities)), "") << seed;
  }
}

TEST_P(EqualityTest, WhatIsTakenOutLeavesWhatTheOthersGive) {
  const std::vector<Activity> activities = RandomActivities(50, 5, 200, Moment("2026-01-01"), 60);
  std::vector<Activity> all = activities;
  for (const Activity& activity : activities) {
    if (activity.customer_id() != "customer-3") all.push_back(Deleted(activity, 9));
  }
  Harness harness(kNow, GetParam());
  Send(harness, all, 1);
  const Contents stored = StoredContents(harness, all);
  EXPECT_EQ(Difference(ExpectedContents(all), stored), "");
  EXPECT_EQ(stored.records.size(), 1u);
  EXPECT_EQ(stored.rows.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Engines, EqualityTest, testing::Values("rocksdb", "redis"),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace rapport::churn
