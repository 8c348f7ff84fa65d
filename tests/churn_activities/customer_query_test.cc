// What GetCustomer tells.
#include "services/churn/service/customer_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/time/interval.h"
#include "services/churn/service/score_store.h"
#include "tests/churn_activities/activities.h"
#include "tests/churn_activities/service_harness.h"

namespace rapport::churn {
namespace {

using testing::HasSubstr;
using v1::Activity;

const absl::Time kNow = Moment("2026-06-01 12:00");
const absl::Time kMay1 = Moment("2026-05-01");

class CustomerQueryTest : public testing::Test {
 protected:
  absl::StatusOr<v1::GetCustomerResponse> Get(const std::string& id, absl::Time as_of = absl::InfiniteFuture()) {
    v1::GetCustomerRequest request;
    request.set_customer_id(id);
    if (as_of != absl::InfiniteFuture()) *request.mutable_as_of() = ToProto(as_of);
    v1::GetCustomerResponse response;
    const absl::Status status = QueryCustomer(harness_.reader(), kTenant, request, response);
    if (!status.ok()) return status;
    return response;
  }

  Harness harness_{kNow};
};

TEST_F(CustomerQueryTest, TellsWhatIsKnownNow) {
  const Activity activities[] = {Converted("c", kMay1, Plan("pro", 900)), Used("c", kNow),
                                 OwnerAssigned("c", kMay1, "anna")};
  harness_.Record(activities);
  const auto response = Get("c");
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_TRUE(response->customer().active());
  EXPECT_EQ(response->customer().owner_id(), "anna");
  EXPECT_EQ(FromProto(response->customer().last_active_day()), Moment("2026-06-01"));
  ASSERT_EQ(response->timeline_size(), 2);
  EXPECT_EQ(response->timeline(0).kind_case(), Activity::kOwnerAssigned);
  EXPECT_EQ(response->timeline(0).customer_id(), "c");
  EXPECT_EQ(FromProto(response->timeline(0).received_at()), kNow);
  EXPECT_FALSE(response->has_score());
}

TEST_F(CustomerQueryTest, TellsWhatWasKnownThen) {
  const Activity activities[] = {SignedUp("c", kMay1), Converted("c", kMay1 + absl::Hours(48), Plan("pro", 900)),
                                 Cancelled("c", kMay1 + absl::Hours(96))};
  harness_.Record(activities);
  const auto trial = Get("c", kMay1 + absl::Hours(48));
  ASSERT_TRUE(trial.ok()) << trial.status();
  EXPECT_EQ(trial->customer().tenures_size(), 0);
  EXPECT_EQ(trial->timeline_size(), 1);
  const auto active = Get("c", kMay1 + absl::Hours(96));
  ASSERT_TRUE(active.ok()) << active.status();
  EXPECT_TRUE(active->customer().active());
  EXPECT_FALSE(active->customer().tenures(0).has_end());
  EXPECT_FALSE(Get("c")->customer().active());
}

TEST_F(CustomerQueryTest, TellsTheScoreOfNowOnly) {
  const Activity activity = Converted("c", kMay1, Plan("pro", 900));
  harness_.Record({&activity, 1});
  storage::v1::StoredScore stored;
  stored.mutable_score()->set_customer_id("c");
  stored.mutable_score()->set_band(v1::HEALTH_BAND_RED);
  store::Mutation mutation;
  mutation.partition = harness_.reader().PartitionOfCustomer(kTenant, "c");
  mutation.puts.push_back({ScoreKey("c"), stored.SerializeAsString(), absl::InfiniteDuration()});
  ASSERT_TRUE(harness_.store().Commit({&mutation, 1}).front().ok());
  EXPECT_EQ(Get("c")->score().band(), v1::HEALTH_BAND_RED);
  EXPECT_FALSE(Get("c", kNow - absl::Hours(1))->has_score());
}

TEST_F(CustomerQueryTest, ShowsTheLatestActivities) {
  std::vector<Activity> activities;
  for (int i = 0; i < 250; ++i) activities.push_back(Purchased("c", kMay1 + absl::Hours(i)));
  harness_.Record(activities);
  const auto response = Get("c");
  ASSERT_TRUE(response.ok()) << response.status();
  ASSERT_EQ(response->timeline_size(), 200);
  EXPECT_EQ(FromProto(response->timeline(0).occurred_at()), kMay1 + absl::Hours(249));
  EXPECT_EQ(response->customer().purchase_count(), 11);
}

TEST_F(CustomerQueryTest, SaysWhoIsNotKnown) {
  EXPECT_EQ(Get("").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Get("c").status().code(), absl::StatusCode::kNotFound);
  const Activity activity = Used("c", kMay1);
  harness_.Record({&activity, 1});
  EXPECT_TRUE(Get("c").ok());
  const absl::Status early = Get("c", kMay1 + absl::Hours(23)).status();
  EXPECT_EQ(early.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(early.message()), HasSubstr("at that moment"));
  harness_.Erase("c");
  EXPECT_EQ(Get("c").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace rapport::churn
