// The rows of all customers.
#include "services/churn/service/directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/write/partition.h"
#include "services/churn/core/customer_row.h"
#include "services/churn/service/row_tables.h"
#include "tests/churn_activities/activities.h"
#include "tests/churn_activities/service_harness.h"

namespace rapport::churn {
namespace {

using storage::v1::CustomerRow;
using testing::IsEmpty;
using v1::Activity;

const absl::Time kNow = Moment("2026-06-01");
const absl::Time kMay1 = Moment("2026-05-01");

std::vector<std::string> Ids(Harness& harness, absl::string_view tenant = kTenant) {
  std::vector<std::string> ids;
  const absl::Status listed =
      harness.directory().ForEach(tenant, [&](const CustomerRow& row) { ids.push_back(row.customer_id()); });
  EXPECT_TRUE(listed.ok()) << listed;
  return ids;
}

std::vector<Activity> Conversions(int customers) {
  std::vector<Activity> activities;
  for (int i = 0; i < customers; ++i) {
    activities.push_back(Converted(absl::StrCat("customer-", i), kMay1, Plan("pro", 100 + i)));
  }
  return activities;
}

class DirectoryTest : public testing::TestWithParam<const char*> {
 protected:
  Harness harness_{kNow, GetParam()};
};

TEST_P(DirectoryTest, ShowsEveryCustomerOnce) {
  const std::vector<Activity> activities = Conversions(500);
  harness_.Record(activities);
  std::map<std::string, int64_t> revenue;
  const absl::Status listed = harness_.directory().ForEach(kTenant, [&](const CustomerRow& row) {
    EXPECT_TRUE(revenue.emplace(row.customer_id(), row.revenue(0).monthly_recurring_minor()).second);
  });
  EXPECT_TRUE(listed.ok()) << listed;
  ASSERT_EQ(revenue.size(), 500u);
  for (const Activity& activity : activities) {
    EXPECT_EQ(revenue[activity.customer_id()], activity.converted().subscription().monthly_recurring_minor());
  }
}

TEST_P(DirectoryTest, ShowsAPartitionByCustomerId) {
  harness_.Record(Conversions(500));
  size_t count = 0;
  for (uint32_t partition = 0; partition < 4; ++partition) {
    std::string before;
    const absl::Status listed =
        harness_.directory().ForEachInPartition(kTenant, partition, [&](const CustomerRow& row) {
          EXPECT_LT(before, row.customer_id());
          EXPECT_EQ(write::PartitionOf(row.customer_id(), 4), partition);
          before = row.customer_id();
          ++count;
        });
    EXPECT_TRUE(listed.ok()) << listed;
  }
  EXPECT_EQ(count, 500u);
}

TEST_P(DirectoryTest, ReadsAgainWhatHasChangedOnly) {
  harness_.Record(Conversions(500));
  EXPECT_EQ(Ids(harness_).size(), 500u);
  const auto tables_read = [&](auto change) {
    change();
    const int64_t before = harness_.tables_read();
    EXPECT_EQ(Ids(harness_).size(), 500u);
    return harness_.tables_read() - before;
  };
  constexpr int64_t kVersions = 4;
  EXPECT_EQ(tables_read([] {}), kVersions);
  const Activity cancelled = Cancelled("customer-7", kMay1 + absl::Hours(1));
  EXPECT_EQ(tables_read([&] { harness_.Record({&cancelled, 1}); }), kVersions + 1);
  // Use, and what came before, change no row.
  const Activity unseen[] = {Used("customer-7", kMay1), LoggedIn("customer-8", kMay1), cancelled};
  EXPECT_EQ(tables_read([&] { harness_.Record(unseen); }), kVersions);
}

TEST_P(DirectoryTest, ShowsWhoIsKnownByUseAlone) {
  const Activity used = Used("c", kMay1);
  harness_.Record({&used, 1});
  EXPECT_THAT(Ids(harness_), testing::ElementsAre("c"));
  const Activity deleted = Deleted(used, 1);
  harness_.Record({&deleted, 1});
  EXPECT_THAT(Ids(harness_), IsEmpty());
}

TEST_P(DirectoryTest, TenantsAreApart) {
  harness_.Record(Conversions(20), "other");
  EXPECT_THAT(Ids(harness_), IsEmpty());
  EXPECT_EQ(Ids(harness_, "other").size(), 20u);
}

TEST_P(DirectoryTest, CanBeAskedWhileItIsRead) {
  harness_.Record(Conversions(50));
  size_t inner = 0;
  const absl::Status listed =
      harness_.directory().ForEachInPartition(kTenant, 1, [&](const CustomerRow&) { inner = Ids(harness_).size(); });
  EXPECT_TRUE(listed.ok()) << listed;
  EXPECT_EQ(inner, 50u);
}

TEST_P(DirectoryTest, SaysWhenARowIsDamaged) {
  store::Mutation mutation;
  mutation.partition = {kTenant, 0};
  store::CounterLog row;
  row.Add("no row", 1);
  store::CounterLog version;
  version.Add("5", 1);
  mutation.adds.push_back({RowTable(5), row});
  mutation.adds.push_back({kRowVersions, version});
  ASSERT_TRUE(harness_.store().Commit({&mutation, 1}).front().ok());
  const absl::Status listed = harness_.directory().ForEach(kTenant, [](const CustomerRow&) {});
  EXPECT_EQ(listed.code(), absl::StatusCode::kDataLoss);
}

// Every answer holds what had been acknowledged when it was asked for, of each customer one row, in one state.
TEST_P(DirectoryTest, IsExactWhileWritersRun) {
  constexpr int kWriters = 3;
  constexpr int kChanges = 150;
  std::array<std::atomic<int>, kWriters> acknowledged{};
  Harness replica(harness_);
  std::vector<std::thread> threads;
  for (int w = 0; w < kWriters; ++w) {
    threads.emplace_back([&, w] {
      Harness& harness = w % 2 == 0 ? harness_ : replica;
      for (int i = 1; i <= kChanges; ++i) {
        // The owner counts the changes, and the plan with them.
        const Activity changes[] = {
            OwnerAssigned(absl::StrCat("c", w), kMay1 + absl::Minutes(i), absl::StrCat(i)),
            Converted(absl::StrCat("other-", w, "-", i), kMay1, Plan("pro", 100)),
        };
        harness.Record(changes);
        acknowledged[w] = i;
      }
    });
  }
  const auto read = [&](Harness& harness) {
    std::array<int, kWriters> before{};
    for (int last = 0; last < kWriters * kChanges;) {
      last = 0;
      for (int w = 0; w < kWriters; ++w) last += before[w] = acknowledged[w];
      std::map<std::string, int> owners;
      std::array<int, kWriters> others{};
      const absl::Status listed = harness.directory().ForEach(kTenant, [&](const CustomerRow& row) {
        int owner = 0;
        const bool is_counted = absl::SimpleAtoi(AttributeAt(row, "owner", absl::ToUnixMillis(kNow)), &owner);
        if (row.customer_id().size() > 2) {
          ++others[row.customer_id()[6] - '0'];
        } else {
          EXPECT_TRUE(is_counted);
          EXPECT_TRUE(owners.emplace(row.customer_id(), owner).second);
        }
      });
      ASSERT_TRUE(listed.ok()) << listed;
      for (int w = 0; w < kWriters; ++w) {
        EXPECT_GE(owners[absl::StrCat("c", w)], before[w]);
        EXPECT_GE(others[w], before[w]);
      }
    }
  };
  threads.emplace_back([&] { read(harness_); });
  threads.emplace_back([&] { read(harness_); });
  threads.emplace_back([&] { read(replica); });
  for (std::thread& thread : threads) thread.join();
}

INSTANTIATE_TEST_SUITE_P(Engines, DirectoryTest, testing::Values("rocksdb", "redis"),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace rapport::churn
