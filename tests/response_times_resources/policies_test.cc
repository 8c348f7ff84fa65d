#include "services/response_times/core/policies.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/response_times_resources/calendars.h"

namespace rapport::response_times {
namespace {

using common::v1::CHANNEL_CHAT;
using common::v1::CHANNEL_EMAIL;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

v1::SlaPolicy Policy(const std::string& id, int rank) {
  v1::SlaPolicy policy;
  policy.set_policy_id(id);
  policy.set_rank(rank);
  return policy;
}

v1::BusinessCalendar Default(const std::string& id, bool is_default = true) {
  v1::BusinessCalendar calendar = Calendar(id, "UTC", Weekdays(), {{"09:00", "17:00"}});
  calendar.set_is_default(is_default);
  return calendar;
}

std::shared_ptr<const Policies> Make(std::vector<v1::SlaPolicy> policies,
                                     std::vector<v1::BusinessCalendar> calendars = {}) {
  storage::v1::Resources resources;
  for (auto& each : policies) *resources.add_policies() = std::move(each);
  for (auto& each : calendars) *resources.add_calendars() = std::move(each);
  auto made = Policies::Create(std::move(resources));
  EXPECT_TRUE(made.ok()) << made.status();
  return *std::move(made);
}

std::string Holding(const Policies& policies, absl::Time t, v1::Priority priority = v1::PRIORITY_NORMAL,
                    absl::string_view tier = "", common::v1::Channel channel = CHANNEL_EMAIL) {
  const v1::SlaPolicy* policy = policies.PolicyAt(t, priority, tier, channel);
  return policy == nullptr ? "none" : policy->policy_id();
}

std::string CalendarOf(const Policies& policies, absl::Time t, const v1::SlaPolicy* policy = nullptr) {
  const BusinessTime* calendar = policies.CalendarAt(t, policy);
  return calendar == nullptr ? "none" : calendar->calendar_id();
}

TEST(PoliciesTest, MatchesByPriorityTierAndChannel) {
  v1::SlaPolicy urgent = Policy("urgent", 1);
  urgent.add_priorities(v1::PRIORITY_URGENT);
  urgent.add_priorities(v1::PRIORITY_HIGH);
  v1::SlaPolicy gold = Policy("gold", 2);
  gold.add_tiers("gold");
  v1::SlaPolicy chat = Policy("chat", 3);
  chat.add_channels(CHANNEL_CHAT);
  const auto policies = Make({chat, gold, urgent});
  EXPECT_EQ(Holding(*policies, kNow, v1::PRIORITY_HIGH, "gold", CHANNEL_CHAT), "urgent");
  EXPECT_EQ(Holding(*policies, kNow, v1::PRIORITY_LOW, "gold", CHANNEL_CHAT), "gold");
  EXPECT_EQ(Holding(*policies, kNow, v1::PRIORITY_LOW, "silver", CHANNEL_CHAT), "chat");
  EXPECT_EQ(Holding(*policies, kNow, v1::PRIORITY_UNSPECIFIED, "", CHANNEL_EMAIL), "none");
}

TEST(PoliciesTest, TakesTheSmallestRankThenTheFirstId) {
  const auto policies = Make({Policy("c", 5), Policy("b", 5), Policy("a", 7)});
  EXPECT_EQ(Holding(*policies, kNow), "b");
}

TEST(PoliciesTest, AClockRunsUnderTheVersionInEffectThen) {
  v1::SlaPolicy later = From(kNow, Policy("a", 9));
  v1::SlaPolicy retired = From(kNow + absl::Hours(1), Policy("a", 1));
  retired.set_retired(true);
  const auto policies = Make({From(kNow - absl::Hours(1), Policy("a", 1)), later, retired, Policy("b", 5)});
  EXPECT_EQ(Holding(*policies, kNow - absl::Hours(2)), "b");
  EXPECT_EQ(Holding(*policies, kNow - absl::Milliseconds(1)), "a");
  EXPECT_EQ(Holding(*policies, kNow), "b");
  EXPECT_EQ(Holding(*policies, kNow + absl::Hours(1)), "b");
  EXPECT_EQ(policies->PolicyAt(kNow, v1::PRIORITY_LOW, "", CHANNEL_EMAIL)->rank(), 5);
}

TEST(PoliciesTest, UsesThePolicysCalendarElseTheDefault) {
  v1::SlaPolicy with = Policy("with", 1);
  with.set_calendar_id("night");
  const v1::SlaPolicy without = Policy("without", 1);
  const auto policies = Make({}, {Default("day"), Default("night", false)});
  EXPECT_EQ(CalendarOf(*policies, kNow, &with), "night");
  EXPECT_EQ(CalendarOf(*policies, kNow, &without), "day");
  EXPECT_EQ(CalendarOf(*policies, kNow), "day");
  EXPECT_EQ(CalendarOf(*Make({}, {Default("night", false)}), kNow), "none");
}

TEST(PoliciesTest, TheLatestDefaultCalendarHolds) {
  const auto policies = Make(
      {}, {Default("b"), Default("a"), From(kNow, Default("c")), From(kNow + absl::Hours(1), Default("c", false))});
  EXPECT_EQ(CalendarOf(*policies, kNow - absl::Milliseconds(1)), "a");
  EXPECT_EQ(CalendarOf(*policies, kNow), "c");
  EXPECT_EQ(CalendarOf(*policies, kNow + absl::Hours(1)), "a");
}

TEST(PoliciesTest, KnowsCalendarsById) {
  const auto policies = Make({}, {Default("day")});
  ASSERT_NE(policies->Calendar("day"), nullptr);
  EXPECT_EQ(policies->Calendar("night"), nullptr);
}

TEST(PoliciesTest, RefusesDamagedCalendars) {
  storage::v1::Resources resources;
  *resources.add_calendars() = Calendar("c", "Nowhere", Weekdays(), {});
  EXPECT_EQ(Policies::Create(resources).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace rapport::response_times
