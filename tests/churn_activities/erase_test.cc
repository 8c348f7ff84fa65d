// Forgetting a customer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rapport/churn/storage/v1/storage.pb.h"
#include "services/churn/service/peers.h"
#include "services/churn/service/score_store.h"
#include "tests/churn_activities/activities.h"
#include "tests/churn_activities/service_harness.h"
#include "tests/churn_activities/store_contents.h"

namespace rapport::churn {
namespace {

using testing::Pair;
using testing::UnorderedElementsAre;
using v1::Activity;

const absl::Time kNow = Moment("2026-06-01");
const absl::Time kMay1 = Moment("2026-05-01");

class EraseTest : public testing::TestWithParam<const char*> {
 protected:
  // Leaves the mark that an erased customer leaves.
  static std::string Mark() {
    storage::v1::CustomerRecord mark;
    mark.set_erased(true);
    return mark.SerializeAsString();
  }

  void Put(const store::Key& key, std::string value, absl::Duration ttl = absl::InfiniteDuration()) {
    store::Mutation mutation;
    mutation.partition = harness_.reader().PartitionOfCustomer(kTenant, "c");
    mutation.puts.push_back({key, std::move(value), ttl});
    ASSERT_TRUE(harness_.store().Commit({&mutation, 1}).front().ok());
  }

  bool Exists(const store::Key& key) {
    const store::LoadRequest request{harness_.reader().PartitionOfCustomer(kTenant, "c"), {key}};
    const auto loaded = harness_.store().Load({&request, 1});
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return loaded->front().entities.front().version != 0;
  }

  Harness harness_{kNow, GetParam()};
};

TEST_P(EraseTest, LeavesWhatAStoreWithoutTheCustomerHas) {
  const std::vector<Activity> activities = RandomActivities(3, 6, 400, Moment("2026-01-01"), 90);
  std::vector<Activity> others;
  for (const Activity& activity : activities) {
    if (activity.customer_id() != "customer-2") others.push_back(activity);
  }
  harness_.Record(activities);
  ASSERT_EQ(Difference(ExpectedContents(activities), StoredContents(harness_, activities)), "");

  const auto activity_count = static_cast<int64_t>(ExpectedContents(activities).ids["customer-2"].size());
  EXPECT_EQ(harness_.Erase("customer-2"), activity_count);
  Contents expected = ExpectedContents(others);
  expected.records["customer-2"] = Mark();
  EXPECT_EQ(Difference(expected, StoredContents(harness_, activities)), "");
}

TEST_P(EraseTest, LaterActivitiesAreNotStored) {
  const Activity activity = Converted("c", kMay1, Plan("pro", 900));
  harness_.Record({&activity, 1});
  EXPECT_EQ(harness_.Erase("c"), 1);
  for (const Activity& late : {activity, Revised(activity, 3), Used("c", kMay1)}) {
    EXPECT_EQ(harness_.TryRecord({&late, 1}).front().outcome(), v1::OUTCOME_ERASED);
  }
  EXPECT_THAT(StoredContents(harness_, {&activity, 1}).records, UnorderedElementsAre(Pair("c", Mark())));
  EXPECT_THAT(StoredContents(harness_, {&activity, 1}).activities, UnorderedElementsAre());
  EXPECT_EQ(harness_.Erase("c"), 0);
}

TEST_P(EraseTest, WhoIsNotKnownYetIsForgottenAsWell) {
  EXPECT_EQ(harness_.Erase("c"), 0);
  const Activity late = Used("c", kMay1);
  EXPECT_EQ(harness_.TryRecord({&late, 1}).front().outcome(), v1::OUTCOME_ERASED);
}

TEST_P(EraseTest, TakesManyActivitiesInChunks) {
  std::vector<Activity> activities;
  for (int i = 0; i < 2500; ++i) activities.push_back(WithId(Used("c", kMay1), absl::StrCat("a", i)));
  harness_.Record(activities);
  EXPECT_EQ(harness_.Erase("c"), 2500);
  const Contents left = StoredContents(harness_, activities);
  EXPECT_THAT(left.activities, UnorderedElementsAre());
  EXPECT_THAT(left.ids, UnorderedElementsAre());
}

TEST_P(EraseTest, TakesTheScoreAndWhatOtherServicesSaid) {
  const Activity activity = Used("c", kMay1);
  harness_.Record({&activity, 1});
  storage::v1::StoredScore score;
  score.mutable_score()->set_customer_id("c");
  Put(ScoreKey("c"), score.SerializeAsString());
  Put(PeerAnswerKey("c"), "answer", absl::Hours(1));
  EXPECT_TRUE(Exists(PeerAnswerKey("c")));
  harness_.Erase("c");
  EXPECT_FALSE(Exists(ScoreKey("c")));
  EXPECT_FALSE(Exists(PeerAnswerKey("c")));
}

TEST_P(EraseTest, NothingIsLeftWhileActivitiesComeIn) {
  constexpr int kSenders = 3;
  std::vector<std::vector<Activity>> sent(kSenders);
  Harness replica(harness_);
  std::vector<std::thread> senders;
  std::atomic<int> begun = 0;
  for (int s = 0; s < kSenders; ++s) {
    for (int i = 0; i < 300; ++i) {
      sent[s].push_back(WithId(i % 2 == 0 ? Used("c", kMay1) : Renewed("c", kMay1), absl::StrCat(s, "-", i)));
    }
    senders.emplace_back([&, s] {
      Harness& harness = s % 2 == 0 ? harness_ : replica;
      for (size_t i = 0; i < sent[s].size(); i += 10) {
        harness.Record(absl::MakeConstSpan(sent[s]).subspan(i, 10));
        ++begun;
      }
    });
  }
  while (begun < 2 * kSenders) std::this_thread::yield();
  EXPECT_GT(harness_.Erase("c"), 0);
  for (std::thread& sender : senders) sender.join();
  for (const auto& activities : sent) {
    const Contents left = StoredContents(harness_, activities);
    EXPECT_THAT(left.records, UnorderedElementsAre(Pair("c", Mark())));
    EXPECT_THAT(left.activities, UnorderedElementsAre());
    EXPECT_THAT(left.ids, UnorderedElementsAre());
    EXPECT_TRUE(left.rows.empty());
  }
  EXPECT_EQ(harness_.Erase("c"), 0);
}

INSTANTIATE_TEST_SUITE_P(Engines, EraseTest, testing::Values("rocksdb", "redis"),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace rapport::churn
