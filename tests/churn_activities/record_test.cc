// What activities come to in the record of their customer.
#include "services/churn/core/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/request/stable_bytes.h"
#include "common/time/interval.h"
#include "tests/churn_activities/activities.h"

namespace rapport::churn {
namespace {

using storage::v1::CustomerRecord;
using storage::v1::DailyCounts;
using testing::ElementsAre;
using testing::Pair;
using v1::Activity;

const absl::Time kStart = Moment("2026-01-01");

CustomerRecord RecordOf(const std::vector<Activity>& activities) {
  CustomerRecord record;
  for (const Activity& activity : activities) AddActivity(activity, record);
  return record;
}

std::map<int64_t, int64_t> ByDay(const DailyCounts& counts) {
  std::map<int64_t, int64_t> by_day;
  int64_t day = 0;
  for (int i = 0; i < counts.days_size(); ++i) by_day[day += counts.days(i)] = counts.counts(i);
  return by_day;
}

// Activities of one customer, each once.
std::vector<Activity> Distinct(uint32_t seed, int count) {
  std::map<std::string, Activity> by_id;
  for (Activity& activity : RandomActivities(seed, 1, count, kStart, 30)) {
    if (!activity.deleted()) by_id.try_emplace(activity.activity_id(), activity);
  }
  std::vector<Activity> distinct;
  for (auto& [id, activity] : by_id) distinct.push_back(std::move(activity));
  return distinct;
}

TEST(RecordTest, CountsUseByDay) {
  const CustomerRecord record = RecordOf(
      {Used("c", Moment("2026-01-05 23:59"), 3), Used("c", Moment("2026-01-03")), Used("c", Moment("2026-01-05")),
       Used("c", Moment("2026-01-04"), 7), LoggedIn("c", Moment("2026-01-04")),
       FeatureUsed("c", Moment("2026-01-04"), "export", 2), FeatureUsed("c", Moment("2026-01-06"), "archive")});
  const int64_t first = UtcDay(kStart);
  EXPECT_THAT(ByDay(record.used()), ElementsAre(Pair(first + 2, 1), Pair(first + 3, 7), Pair(first + 4, 4)));
  EXPECT_THAT(ByDay(record.logged_in()), ElementsAre(Pair(first + 3, 1)));
  ASSERT_EQ(record.features_size(), 2);
  EXPECT_EQ(record.features(0).feature(), "archive");
  EXPECT_THAT(ByDay(record.features(1).uses()), ElementsAre(Pair(first + 3, 2)));
  EXPECT_TRUE(record.timeline().empty());
  EXPECT_EQ(LastDay(record.used()), first + 4);
  EXPECT_EQ(LastDay(DailyCounts()), std::nullopt);
}

TEST(RecordTest, KeepsOthersByMomentKindAndId) {
  const absl::Time at = Moment("2026-01-05");
  const CustomerRecord record = RecordOf(
      {Cancelled("c", at), WithId(Renewed("c", at), "z"), WithId(Renewed("c", at), "y"), SignedUp("c", kStart)});
  std::vector<std::string> ids;
  for (const Activity& activity : record.timeline()) ids.push_back(activity.activity_id());
  EXPECT_THAT(ids, ElementsAre(SignedUp("c", kStart).activity_id(), "y", "z", Cancelled("c", at).activity_id()));
  EXPECT_EQ(record.timeline(0).customer_id(), "");
}

TEST(RecordTest, DependsOnTheSetOfActivitiesAlone) {
  std::mt19937 random(7);
  for (uint32_t seed = 0; seed < 20; ++seed) {
    std::vector<Activity> activities = Distinct(seed, 80);
    const std::string expected = StableBytes(RecordOf(activities));
    std::shuffle(activities.begin(), activities.end(), random);
    EXPECT_EQ(StableBytes(RecordOf(activities)), expected) << seed;
  }
}

TEST(RecordTest, TakingBackIsTheInverseOfAdding) {
  std::mt19937 random(8);
  for (uint32_t seed = 0; seed < 20; ++seed) {
    std::vector<Activity> activities = Distinct(seed, 60);
    std::shuffle(activities.begin(), activities.end(), random);
    const size_t half = activities.size() / 2;
    const std::vector<Activity> kept(activities.begin(), activities.begin() + half);
    CustomerRecord record = RecordOf(activities);
    std::shuffle(activities.begin() + half, activities.end(), random);
    for (size_t i = half; i < activities.size(); ++i) TakeBackActivity(activities[i], record);
    EXPECT_EQ(StableBytes(record), StableBytes(RecordOf(kept))) << seed;
    for (const Activity& activity : kept) TakeBackActivity(activity, record);
    EXPECT_TRUE(IsEmpty(record)) << record.DebugString();
    EXPECT_EQ(record.ByteSizeLong(), 0u);
  }
}

TEST(RecordTest, AsOfAMomentKnowsWhatWasBeforeIt) {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    const std::vector<Activity> activities = Distinct(seed, 80);
    const CustomerRecord record = RecordOf(activities);
    for (int hours = 0; hours <= 31 * 24; hours += 37) {
      const absl::Time moment = kStart + absl::Hours(hours);
      std::vector<Activity> before;
      for (const Activity& activity : activities) {
        const absl::Time at = FromProto(activity.occurred_at());
        const bool counts = IsKeptByDay(KindOf(activity)) ? StartOfUtcDay(UtcDay(at) + 1) <= moment : at < moment;
        if (counts) before.push_back(activity);
      }
      EXPECT_EQ(StableBytes(RecordAsOf(record, moment)), StableBytes(RecordOf(before))) << seed << " " << moment;
    }
  }
}

TEST(RecordTest, AsOfAMomentStaysErased) {
  CustomerRecord record;
  record.set_erased(true);
  EXPECT_TRUE(RecordAsOf(record, kStart).erased());
  EXPECT_TRUE(IsEmpty(record));
}

TEST(RecordTest, FoldsFeaturesPastThoseThatWereUsedFirst) {
  CustomerRecord record;
  // The later ones come first by name.
  for (int i = 0; i < 300; ++i) {
    AddActivity(FeatureUsed("c", kStart + absl::Hours(24 * (i / 10)), absl::StrCat("f", 999 - i)), record);
  }
  CustomerRecord folded = record;
  FoldFeatures(folded);
  ASSERT_EQ(folded.features_size(), kMostNamedFeatures + 1);
  EXPECT_EQ(folded.features(0).feature(), kOtherFeature);
  const int64_t first = UtcDay(kStart);
  EXPECT_THAT(ByDay(folded.features(0).uses()),
              ElementsAre(Pair(first + 25, 4), Pair(first + 26, 10), Pair(first + 27, 10), Pair(first + 28, 10),
                          Pair(first + 29, 10)));
  // Of the day that is cut, the first by name keep theirs.
  EXPECT_EQ(folded.features(1).feature(), "f740");

  for (int day = 20; day < 32; ++day) {
    const absl::Time moment = kStart + absl::Hours(24 * day);
    CustomerRecord then = RecordAsOf(record, moment);
    FoldFeatures(then);
    EXPECT_EQ(StableBytes(RecordAsOf(folded, moment)), StableBytes(then)) << day;
  }
}

TEST(RecordTest, LeavesFewFeaturesAsTheyAre) {
  CustomerRecord record;
  for (int i = 0; i < kMostNamedFeatures; ++i) AddActivity(FeatureUsed("c", kStart, absl::StrCat(i)), record);
  CustomerRecord folded = record;
  FoldFeatures(folded);
  EXPECT_EQ(StableBytes(folded), StableBytes(record));
}

TEST(RecordTest, HasRoomForSoMuch) {
  CustomerRecord record;
  for (int i = 0; i < kMostFeatures; ++i) record.add_features()->set_feature(absl::StrCat("f", 10'000 + i));
  EXPECT_TRUE(CheckRoom(FeatureUsed("c", kStart, "f10000"), record).ok());
  const absl::Status features = CheckRoom(FeatureUsed("c", kStart, "another"), record);
  EXPECT_EQ(features.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(features.message()), testing::HasSubstr("4096"));

  for (int i = 0; i < kMostTimeline; ++i) record.add_timeline();
  EXPECT_TRUE(CheckRoom(Used("c", kStart), record).ok());
  EXPECT_EQ(CheckRoom(Renewed("c", kStart), record).code(), absl::StatusCode::kFailedPrecondition);
}

TEST(RecordTest, KindFollowsFromTheTag) {
  EXPECT_EQ(KindOf(SignedUp("c", kStart)), v1::ACTIVITY_KIND_SIGNED_UP);
  EXPECT_EQ(KindOf(ConcernVoiced("c", kStart, "t")), v1::ACTIVITY_KIND_CONCERN_VOICED);
  EXPECT_EQ(KindOf(Deleted(Renewed("c", kStart), 1)), v1::ACTIVITY_KIND_UNSPECIFIED);
}

}  // namespace
}  // namespace rapport::churn
