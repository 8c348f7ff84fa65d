#include "deploy/local/example/example_lives.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/time/interval.h"
#include "deploy/local/example/example_month.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/churn/core/customer_row.h"
#include "services/churn/core/record.h"

namespace rapport::example {
namespace {

using churn::v1::Activity;

constexpr uint64_t kSeed = 2013;
const absl::CivilDay kEnd(2026, 8, 1);
constexpr int kDays = 60;

const std::vector<Activity>& Activities() {
  static const auto* const activities = new std::vector<Activity>(ActivitiesOfCustomers(kSeed, kEnd, kDays));
  return *activities;
}

std::pair<std::string, std::string> IdOf(const Activity& activity) {
  return {activity.customer_id(), activity.activity_id()};
}

TEST(ExampleLivesTest, AreWhatTheServiceTakes) {
  for (const Activity& activity : Activities()) {
    const absl::Status valid = churn::ValidateActivity(activity, absl::FromCivil(kEnd, absl::UTCTimeZone()));
    ASSERT_TRUE(valid.ok()) << valid << '\n' << activity.DebugString();
  }
}

TEST(ExampleLivesTest, GiveEachActivityAnIdOfItsOwn) {
  std::set<std::pair<std::string, std::string>> ids;
  for (const Activity& activity : Activities()) {
    EXPECT_TRUE(ids.insert(IdOf(activity)).second) << activity.DebugString();
  }
}

TEST(ExampleLivesTest, GoOnTheNextDaysAsTheyWere) {
  const absl::CivilDay later = kEnd + 3;
  const absl::Time end = absl::FromCivil(kEnd, absl::UTCTimeZone());
  std::map<std::pair<std::string, std::string>, const Activity*> before;
  for (const Activity& activity : Activities()) before[IdOf(activity)] = &activity;
  size_t common = 0;
  for (const Activity& activity : ActivitiesOfCustomers(kSeed, later, kDays + 3)) {
    if (FromProto(activity.occurred_at()) >= end) continue;
    ++common;
    const auto found = before.find(IdOf(activity));
    ASSERT_NE(found, before.end()) << activity.DebugString();
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(*found->second, activity)) << activity.DebugString();
  }
  EXPECT_EQ(common, before.size());
}

// Share lost within four weeks, of the active, by whether an answer took more than a day in the month before.
TEST(ExampleLivesTest, LoseMoreOfThoseWhoWaited) {
  const absl::CivilDay cut_off = kEnd - 28;
  std::set<std::string> waited;
  for (absl::CivilDay day = cut_off - 14; day < cut_off; ++day) {
    for (const Conversation& conversation : ConversationsOfDay(kSeed, day)) {
      if (conversation.first_reply_at - conversation.opened_at > absl::Hours(24))
        waited.insert(conversation.customer_id);
    }
  }
  std::map<std::string, churn::storage::v1::CustomerRecord> records;
  for (const Activity& activity : Activities()) churn::AddActivity(activity, records[activity.customer_id()]);
  const int64_t start = absl::ToUnixMillis(absl::FromCivil(cut_off, absl::UTCTimeZone()));
  const int64_t end = absl::ToUnixMillis(absl::FromCivil(kEnd, absl::UTCTimeZone()));
  double active[2] = {0, 0};
  double lost[2] = {0, 0};
  for (const auto& [id, record] : records) {
    const auto row = churn::RowOf(id, record);
    if (!churn::ActiveAt(row, start)) continue;
    const bool has_waited = waited.contains(id);
    ++active[has_waited];
    if (!churn::ActiveAt(row, end)) ++lost[has_waited];
  }
  const double waited_share = lost[1] / active[1];
  const double other_share = lost[0] / active[0];
  const double pooled = (lost[0] + lost[1]) / (active[0] + active[1]);
  const double error = std::sqrt(pooled * (1 - pooled) * (1 / active[0] + 1 / active[1]));
  EXPECT_GT(active[0] + active[1], 400);
  EXPECT_GT(waited_share - other_share, 3 * error) << waited_share << " against " << other_share;
}

}  // namespace
}  // namespace rapport::example
