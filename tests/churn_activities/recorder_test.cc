// Activities on their way into the store.
#include "services/churn/service/recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/request/stable_bytes.h"
#include "common/time/interval.h"
#include "services/churn/core/record.h"
#include "tests/churn_activities/activities.h"
#include "tests/churn_activities/service_harness.h"

namespace rapport::churn {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;
using v1::Activity;

const absl::Time kNow = Moment("2026-03-01 12:00");
const absl::Time kFeb1 = Moment("2026-02-01");

class RecorderTest : public testing::TestWithParam<const char*> {
 protected:
  v1::Outcome RecordOne(const Activity& activity) {
    const v1::ActivityResult result = harness_.TryRecord({&activity, 1}).front();
    EXPECT_EQ(result.status().code(), 0) << result.status().message();
    return result.outcome();
  }

  storage::v1::CustomerRecord RecordOf(const std::string& customer_id) {
    const auto records = harness_.reader().LoadRecords(kTenant, {customer_id});
    EXPECT_TRUE(records.ok()) << records.status();
    return records->front();
  }

  Activity Stored(const std::string& customer_id, const std::string& activity_id) {
    const auto activities = harness_.reader().LoadActivities(kTenant, customer_id, {activity_id});
    EXPECT_TRUE(activities.ok()) << activities.status();
    return activities->front();
  }

  Harness harness_{kNow, GetParam()};
};

TEST_P(RecorderTest, TellsWhatBecameOfEach) {
  const Activity first = WithId(Renewed("c", kFeb1), "a");
  const Activity bad = WithId(Renewed("c", kNow + absl::Hours(1)), "b");
  const Activity batch[] = {first, bad, first, Revised(first, 2), Revised(first, 1)};
  const std::vector<v1::ActivityResult> results = harness_.TryRecord(batch);
  EXPECT_EQ(results[0].outcome(), v1::OUTCOME_CREATED);
  EXPECT_EQ(results[1].outcome(), v1::OUTCOME_UNSPECIFIED);
  EXPECT_EQ(results[1].status().code(), static_cast<int>(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(results[1].status().message(), HasSubstr("occurred_at"));
  EXPECT_EQ(results[2].outcome(), v1::OUTCOME_DUPLICATE);
  EXPECT_EQ(results[3].outcome(), v1::OUTCOME_REPLACED);
  EXPECT_EQ(results[4].outcome(), v1::OUTCOME_SUPERSEDED);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(results[i].status().index(), i);
  EXPECT_EQ(RecordOf("c").timeline_size(), 1);
}

TEST_P(RecorderTest, KeepsWhenItTookAnActivityIn) {
  RecordOne(WithId(Used("c", kFeb1, 3), "a"));
  const Activity stored = Stored("c", "a");
  EXPECT_EQ(FromProto(stored.received_at()), kNow);
  EXPECT_EQ(FromProto(stored.occurred_at()), kFeb1);
  EXPECT_EQ(stored.used().quantity(), 3);
  EXPECT_EQ(stored.customer_id(), "c");
  harness_.SetNow(kNow + absl::Hours(1));
  EXPECT_EQ(RecordOne(WithId(Used("c", kFeb1, 3), "a")), v1::OUTCOME_DUPLICATE);
  EXPECT_EQ(FromProto(Stored("c", "a").received_at()), kNow);
}

TEST_P(RecorderTest, KeepsMomentsToTheMillisecond) {
  const absl::Duration fine = absl::Microseconds(250);
  for (const auto& make : {+[](absl::Duration more) { return CancelledFor("c", kFeb1 + more, kFeb1 + more, "price"); },
                           +[](absl::Duration more) { return Invoiced("c", kFeb1 + more, "i", 100, kNow + more); }}) {
    const std::string id = v1::ActivityKind_Name(KindOf(make(fine)));
    EXPECT_EQ(RecordOne(WithId(make(fine), id)), v1::OUTCOME_CREATED);
    EXPECT_EQ(RecordOne(WithId(make(2 * fine), id)), v1::OUTCOME_DUPLICATE) << "within the same millisecond";
    Activity expected = WithId(make(absl::ZeroDuration()), id);
    *expected.mutable_received_at() = ToProto(kNow);
    EXPECT_EQ(StableBytes(Stored("c", id)), StableBytes(expected));
  }
  const storage::v1::CustomerRecord record = RecordOf("c");
  EXPECT_EQ(record.timeline_size(), 2);
  for (const Activity& kept : record.timeline()) {
    EXPECT_EQ(kept.cancelled().effective_at().nanos() + kept.invoiced().due_at().nanos(), 0) << kept.ShortDebugString();
  }
}

TEST_P(RecorderTest, ACorrectionChangesKindAndMoment) {
  RecordOne(WithId(Used("c", kFeb1, 3), "a"));
  EXPECT_EQ(RecordOne(Revised(WithId(Converted("c", kFeb1 + absl::Hours(1), Plan("pro", 900)), "a"), 1)),
            v1::OUTCOME_REPLACED);
  EXPECT_FALSE(RecordOf("c").has_used());
  EXPECT_EQ(RecordOf("c").timeline_size(), 1);
  EXPECT_EQ(RecordOne(Revised(WithId(LoggedIn("c", kFeb1), "a"), 2)), v1::OUTCOME_REPLACED);
  EXPECT_EQ(RecordOf("c").timeline_size(), 0);
  EXPECT_TRUE(RecordOf("c").has_logged_in());
}

TEST_P(RecorderTest, WhatIsTakenOutDidNotHappen) {
  const Activity activity = WithId(Renewed("c", kFeb1), "a");
  EXPECT_EQ(RecordOne(Deleted(activity, 5)), v1::OUTCOME_CREATED);
  EXPECT_EQ(RecordOne(Revised(activity, 4)), v1::OUTCOME_SUPERSEDED);
  EXPECT_TRUE(IsEmpty(RecordOf("c")));
  EXPECT_EQ(RecordOne(Revised(activity, 6)), v1::OUTCOME_REPLACED);
  EXPECT_FALSE(IsEmpty(RecordOf("c")));
  EXPECT_EQ(RecordOne(Deleted(activity, 7)), v1::OUTCOME_REPLACED);
  EXPECT_TRUE(IsEmpty(RecordOf("c")));
}

TEST_P(RecorderTest, OfEqualRevisionsTheSameCountsInAnyOrder) {
  const Activity one = WithId(OwnerAssigned("c", kFeb1, "anna"), "a");
  const Activity other = WithId(OwnerAssigned("c", kFeb1, "bert"), "a");
  RecordOne(one);
  RecordOne(other);
  Activity mirrored_one = one;
  Activity mirrored_other = other;
  mirrored_one.set_customer_id("d");
  mirrored_other.set_customer_id("d");
  RecordOne(mirrored_other);
  RecordOne(mirrored_one);
  EXPECT_EQ(StableBytes(RecordOf("c")), StableBytes(RecordOf("d")));
}

TEST_P(RecorderTest, IdsThatAreTheSameWhenJoinedAreApart) {
  EXPECT_EQ(RecordOne(WithId(Used("ab", kFeb1), "c")), v1::OUTCOME_CREATED);
  EXPECT_EQ(RecordOne(WithId(Used("a", kFeb1), "bc")), v1::OUTCOME_CREATED);
}

TEST_P(RecorderTest, TenantsAreApart) {
  const Activity activity = Used("c", kFeb1);
  harness_.Record({&activity, 1}, "other");
  EXPECT_TRUE(IsEmpty(RecordOf("c")));
  EXPECT_EQ(RecordOne(activity), v1::OUTCOME_CREATED);
  const auto tenants = harness_.tenants().All();
  ASSERT_TRUE(tenants.ok());
  EXPECT_THAT(*tenants, UnorderedElementsAre(kTenant, "other"));
}

TEST_P(RecorderTest, RefusesMoreFeaturesThanACustomerMayHave) {
  std::vector<Activity> activities;
  activities.reserve(kMostFeatures);
  for (int i = 0; i < kMostFeatures; ++i) activities.push_back(FeatureUsed("c", kFeb1, absl::StrCat("f", i)));
  harness_.Record(activities);
  const Activity one_more = FeatureUsed("c", kFeb1, "one-more");
  const v1::ActivityResult refused = harness_.TryRecord({&one_more, 1}).front();
  EXPECT_EQ(refused.status().code(), static_cast<int>(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(Stored("c", one_more.activity_id()).kind_case(), Activity::KIND_NOT_SET);
  // Known ones go on, and a correction makes room for itself.
  EXPECT_EQ(RecordOne(WithId(FeatureUsed("c", kFeb1, "f7"), "again")), v1::OUTCOME_CREATED);
  Activity corrected = activities.front();
  corrected.mutable_feature_used()->set_feature("corrected");
  EXPECT_EQ(RecordOne(Revised(corrected, 1)), v1::OUTCOME_REPLACED);
  // Those that have a name of their own, and the others together.
  EXPECT_EQ(RecordOf("c").features_size(), kMostNamedFeatures + 1);
}

TEST_P(RecorderTest, ALongLifeGrowsByItsLastDay) {
  std::vector<Activity> activities;
  for (int day = 0; day < 1500; ++day) {
    activities.push_back(Used("c", kNow - absl::Hours(24 * day), day + 1));
    activities.push_back(LoggedIn("c", kNow - absl::Hours(24 * day)));
  }
  harness_.Record(activities);
  RecordOne(WithId(Used("c", kNow, 9), "last"));
  const storage::v1::CustomerRecord record = RecordOf("c");
  ASSERT_EQ(record.used().counts_size(), 1500);
  EXPECT_EQ(record.used().counts(1499), 10);
  EXPECT_EQ(record.used().counts(0), 1500);
  EXPECT_EQ(LastDay(record.used()), UtcDay(kNow));
}

TEST_P(RecorderTest, AClosedPathRefusesTheCall) {
  harness_.path().Close();
  const Activity activity = Used("c", kFeb1);
  v1::ActivityResult result;
  absl::Status status;
  harness_.recorder().Record(kTenant, absl::InfiniteFuture(), {&activity}, {&result},
                             [&](absl::Status finished) { status = std::move(finished); });
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
}

INSTANTIATE_TEST_SUITE_P(Engines, RecorderTest, testing::Values("rocksdb", "redis"),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace rapport::churn
