#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "services/response_times/core/resource_validation.h"
#include "services/response_times/core/resource_versions.h"
#include "tests/response_times_resources/calendars.h"

namespace rapport::response_times {
namespace {

using storage::v1::Resources;

const absl::Time kNow = absl::FromUnixMillis(1'700'000'000'123);

v1::BusinessCalendar Office() {
  return Calendar("office", "Europe/Berlin", Weekdays(), {{"08:00", "12:00"}, {"13:00", "24:00"}});
}

v1::SlaPolicy Gold() {
  v1::SlaPolicy policy;
  policy.set_policy_id("gold");
  v1::ResponseTarget& target = *policy.add_targets();
  target.set_metric(v1::METRIC_FIRST_RESPONSE_TIME);
  target.mutable_within()->set_seconds(3600);
  return policy;
}

template <typename Resource>
void ExpectRefused(const Resource& good, const std::function<void(Resource&)>& change, const std::string& what,
                   const Resources& known = {}) {
  Resource changed = good;
  change(changed);
  const absl::Status status = Validate(changed, known);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << changed.DebugString();
  EXPECT_EQ(status.message().substr(0, what.size()), what) << status;
}

void RefuseCalendar(const std::function<void(v1::BusinessCalendar&)>& change, const std::string& what) {
  ExpectRefused<v1::BusinessCalendar>(Office(), change, what);
}

void RefusePolicy(const std::function<void(v1::SlaPolicy&)>& change, const std::string& what) {
  ExpectRefused<v1::SlaPolicy>(Gold(), change, what);
}

TEST(CalendarValidationTest, AcceptsSplitShiftsHolidaysAndClosedDays) {
  v1::BusinessCalendar calendar = Office();
  AddHoliday("2024-12-24", {{"08:00", "12:00"}}, calendar);
  AddHoliday("2024-12-25", {}, calendar);
  calendar.add_week()->set_day(v1::DAY_OF_WEEK_SUNDAY);
  EXPECT_TRUE(Validate(calendar, {}).ok()) << Validate(calendar, {});
}

TEST(CalendarValidationTest, NamesWhatIsWrong) {
  RefuseCalendar([](auto& c) { c.clear_calendar_id(); }, "calendar_id: \"\"");
  RefuseCalendar([](auto& c) { c.set_calendar_id("Office"); }, "calendar_id: \"Office\"");
  RefuseCalendar([](auto& c) { c.set_calendar_id(std::string(65, 'a')); }, "calendar_id: \"aaa");
  RefuseCalendar([](auto& c) { c.set_display_name(std::string(129, 'a')); }, "display_name: ");
  RefuseCalendar([](auto& c) { c.clear_time_zone(); }, "time_zone: missing");
  RefuseCalendar([](auto& c) { c.set_time_zone("Europe/Bärlin"); }, "time_zone: ");
  RefuseCalendar([](auto& c) { c.set_time_zone("Mars/Olympus"); }, "time_zone: \"Mars/Olympus\"");
  RefuseCalendar([](auto& c) { c.set_version(-1); }, "version: -1");
  RefuseCalendar([](auto& c) { c.mutable_effective_from()->set_seconds(-1); }, "effective_from: 1969");
}

TEST(CalendarValidationTest, RefusesHoursThatAreNone) {
  const auto hours = [](v1::BusinessCalendar& c) { return c.mutable_week(1)->mutable_hours(0); };
  RefuseCalendar([&](auto& c) { hours(c)->set_opens_at("24:00"); }, "week[1].hours[0].opens_at: \"24:00\"");
  RefuseCalendar([&](auto& c) { hours(c)->set_opens_at("8:00"); }, "week[1].hours[0].opens_at: \"8:00\"");
  RefuseCalendar([&](auto& c) { hours(c)->set_closes_at("24:01"); }, "week[1].hours[0].closes_at: \"24:01\"");
  RefuseCalendar([&](auto& c) { hours(c)->set_closes_at("08:00"); }, "week[1].hours[0].closes_at: \"08:00\"");
  RefuseCalendar([&](auto& c) { hours(c)->set_closes_at("07:00"); }, "week[1].hours[0].closes_at: \"07:00\"");
  RefuseCalendar([&](auto& c) { hours(c)->set_closes_at("13:01"); }, "week[1].hours[1].opens_at: \"13:00\" overlaps");
  RefuseCalendar([&](auto& c) { *c.mutable_week(1)->add_hours() = c.week(1).hours(0); }, "week[1].hours[2].opens_at");
}

TEST(CalendarValidationTest, RefusesDaysTwiceOrNone) {
  RefuseCalendar([](auto& c) { c.mutable_week(0)->set_day(v1::DAY_OF_WEEK_UNSPECIFIED); }, "week[0].day: 0");
  RefuseCalendar([](auto& c) { c.mutable_week(0)->set_day(static_cast<v1::DayOfWeek>(8)); }, "week[0].day: 8");
  RefuseCalendar([](auto& c) { c.mutable_week(1)->set_day(v1::DAY_OF_WEEK_MONDAY); },
                 "week[1].day: DAY_OF_WEEK_MONDAY comes twice");
}

TEST(CalendarValidationTest, RefusesACalendarThatNeverOpens) {
  RefuseCalendar([](auto& c) { c.clear_week(); }, "week: no hours");
  RefuseCalendar(
      [](auto& c) {
        for (auto& day : *c.mutable_week()) day.clear_hours();
      },
      "week: no hours");
}

TEST(CalendarValidationTest, RefusesHolidaysThatAreNone) {
  RefuseCalendar([](auto& c) { AddHoliday("2023-02-29", {}, c); }, "holidays[0].date: \"2023-02-29\"");
  RefuseCalendar([](auto& c) { AddHoliday("", {}, c); }, "holidays[0].date: \"\"");
  RefuseCalendar(
      [](auto& c) {
        AddHoliday("2024-05-01", {}, c);
        AddHoliday("2024-05-01", {}, c);
      },
      "holidays[1].date: \"2024-05-01\" comes twice");
  RefuseCalendar(
      [](auto& c) {
        AddHoliday("2024-05-01", {{"10:00", "09:00"}}, c);
      },
      "holidays[0].hours[0].closes_at: \"09:00\"");
  RefuseCalendar(
      [](auto& c) {
        for (int i = 0; i < 1001; ++i) AddHoliday("2024-05-01", {}, c);
      },
      "holidays: 1001 dates");
}

TEST(PolicyValidationTest, AcceptsAPolicyWithoutCalendar) {
  EXPECT_TRUE(Validate(Gold(), {}).ok()) << Validate(Gold(), {});
}

TEST(PolicyValidationTest, NamesWhatIsWrong) {
  RefusePolicy([](auto& p) { p.set_policy_id("a/b"); }, "policy_id: \"a/b\"");
  RefusePolicy([](auto& p) { p.set_display_name(std::string(129, 'a')); }, "display_name: ");
  RefusePolicy([](auto& p) { p.add_priorities(v1::PRIORITY_UNSPECIFIED); }, "priorities[0]: 0");
  RefusePolicy([](auto& p) { p.add_priorities(static_cast<v1::Priority>(9)); }, "priorities[0]: 9");
  RefusePolicy([](auto& p) { p.add_channels(static_cast<common::v1::Channel>(99)); }, "channels[0]: 99");
  RefusePolicy([](auto& p) { p.add_tiers(""); }, "tiers[0]: \"\"");
  RefusePolicy([](auto& p) { p.add_tiers(std::string(65, 'a')); }, "tiers[0]: ");
  RefusePolicy([](auto& p) { p.set_calendar_id("office"); }, "calendar_id: \"office\"");
  RefusePolicy([](auto& p) { p.mutable_targets(0)->set_metric(v1::METRIC_ON_HOLD_TIME); }, "targets[0].metric: 6");
  RefusePolicy([](auto& p) { p.mutable_targets(0)->clear_metric(); }, "targets[0].metric: 0");
  RefusePolicy([](auto& p) { *p.add_targets() = p.targets(0); },
               "targets[1].metric: METRIC_FIRST_RESPONSE_TIME comes twice");
  RefusePolicy([](auto& p) { p.mutable_targets(0)->set_clock(static_cast<v1::Clock>(7)); }, "targets[0].clock: 7");
  RefusePolicy([](auto& p) { p.mutable_targets(0)->clear_within(); }, "targets[0].within: 0 s 0 ns");
  RefusePolicy([](auto& p) { p.mutable_targets(0)->mutable_within()->set_seconds(-5); }, "targets[0].within: -5 s");
  RefusePolicy([](auto& p) { p.mutable_targets(0)->mutable_within()->set_nanos(-5); }, "targets[0].within: 3600 s -5");
  RefusePolicy([](auto& p) { p.mutable_targets(0)->mutable_within()->set_seconds(365 * 86'400 + 1); },
               "targets[0].within: 31536001 s");
}

TEST(PolicyValidationTest, BusinessTargetsNeedACalendar) {
  v1::SlaPolicy policy = Gold();
  policy.mutable_targets(0)->set_clock(v1::CLOCK_BUSINESS);
  Resources known;
  *known.add_calendars() = Office();
  ExpectRefused<v1::SlaPolicy>(
      policy, [](auto&) {}, "targets[0].clock: CLOCK_BUSINESS needs a calendar", known);
  v1::SlaPolicy named = policy;
  named.set_calendar_id("office");
  EXPECT_TRUE(Validate(named, known).ok()) << Validate(named, known);
  known.mutable_calendars(0)->set_is_default(true);
  EXPECT_TRUE(Validate(policy, known).ok()) << Validate(policy, known);
}

TEST(ResourceVersionsTest, CreatingTheSameAgainChangesNothing) {
  Resources resources;
  const auto created = Create(Office(), resources);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->version(), 1);
  EXPECT_FALSE(created->has_effective_from());
  const auto again = Create(Office(), resources);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->DebugString(), created->DebugString());
  EXPECT_EQ(resources.calendars_size(), 1);
}

TEST(ResourceVersionsTest, CreatingAnotherUnderTheSameIdIsRefused) {
  Resources resources;
  ASSERT_TRUE(Create(Gold(), resources).ok());
  v1::SlaPolicy other = Gold();
  other.set_rank(5);
  EXPECT_EQ(Create(other, resources).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(resources.policies_size(), 1);
}

TEST(ResourceVersionsTest, RefusesWhatIsNotValid) {
  Resources resources;
  EXPECT_EQ(Create(v1::SlaPolicy(), resources).status().code(), absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(Create(Gold(), resources).ok());
  v1::SlaPolicy bad = Gold();
  bad.mutable_targets(0)->clear_within();
  EXPECT_EQ(Update(bad, kNow, resources).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ResourceVersionsTest, AnUpdateIsInEffectFromNowOn) {
  Resources resources;
  ASSERT_TRUE(Create(Gold(), resources).ok());
  v1::SlaPolicy changed = Gold();
  changed.set_rank(5);
  changed.set_version(1);
  const auto updated = Update(changed, kNow, resources);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->version(), 2);
  EXPECT_EQ(FromProto(updated->effective_from()), kNow);
  EXPECT_EQ(resources.policies_size(), 2);
}

TEST(ResourceVersionsTest, TheSameUpdateAgainChangesNothing) {
  Resources resources;
  ASSERT_TRUE(Create(Gold(), resources).ok());
  for (const bool planned : {false, true}) {
    for (const int base : {0, planned ? 2 : 1}) {
      v1::SlaPolicy changed = Gold();
      changed.set_rank(planned ? 6 : 5);
      changed.set_version(base);
      if (planned) *changed.mutable_effective_from() = ToProto(kNow + absl::Seconds(1));
      const auto updated = Update(changed, kNow, resources);
      ASSERT_TRUE(updated.ok()) << updated.status();
      const auto again = Update(changed, kNow + absl::Hours(1), resources);
      ASSERT_TRUE(again.ok()) << again.status();
      EXPECT_EQ(again->DebugString(), updated->DebugString());
    }
  }
  EXPECT_EQ(resources.policies_size(), 3);
}

TEST(ResourceVersionsTest, ThePastIsNotRewritten) {
  Resources resources;
  ASSERT_TRUE(Create(Gold(), resources).ok());
  v1::SlaPolicy changed = From(kNow - absl::Milliseconds(1), Gold());
  changed.set_rank(5);
  const auto updated = Update(changed, kNow, resources);
  EXPECT_EQ(updated.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(updated.status().message().substr(0, 14), "effective_from");
}

TEST(ResourceVersionsTest, AnUpdateOfAnOldVersionIsRefused) {
  Resources resources;
  ASSERT_TRUE(Create(Gold(), resources).ok());
  v1::SlaPolicy changed = Gold();
  for (const int rank : {5, 6}) {
    changed.set_rank(rank);
    ASSERT_TRUE(Update(changed, kNow, resources).ok());
  }
  changed.set_rank(7);
  changed.set_version(2);
  EXPECT_EQ(Update(changed, kNow, resources).status().code(), absl::StatusCode::kFailedPrecondition);
  changed.set_policy_id("silver");
  EXPECT_EQ(Update(changed, kNow, resources).status().code(), absl::StatusCode::kNotFound);
}

TEST(ResourceVersionsTest, KeepsABoundedNumber) {
  Resources resources;
  ASSERT_TRUE(Create(Gold(), resources).ok());
  v1::SlaPolicy changed = Gold();
  for (int rank = 1; rank < 1000; ++rank) {
    changed.set_rank(rank);
    ASSERT_TRUE(Update(changed, kNow, resources).ok());
  }
  changed.set_rank(0);
  EXPECT_EQ(Update(changed, kNow, resources).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(ResourceVersionsTest, GetsAllVersionsTheLatestFirst) {
  Resources resources;
  ASSERT_TRUE(Create(Office(), resources).ok());
  v1::BusinessCalendar changed = Office();
  changed.set_display_name("Office hours");
  ASSERT_TRUE(Update(changed, kNow, resources).ok());
  v1::GetBusinessCalendarRequest request;
  request.set_calendar_id("office");
  v1::GetBusinessCalendarResponse response;
  ASSERT_TRUE(Get(resources, request, response).ok());
  ASSERT_EQ(response.versions_size(), 2);
  EXPECT_EQ(response.versions(0).version(), 2);
  EXPECT_EQ(response.versions(1).version(), 1);
  request.set_calendar_id("home");
  EXPECT_EQ(Get(resources, request, response).code(), absl::StatusCode::kNotFound);
}

TEST(ResourceVersionsTest, ListsTheLatestOfEach) {
  Resources resources;
  const auto add = [&](const std::string& id, int rank) {
    v1::SlaPolicy policy = Gold();
    policy.set_policy_id(id);
    policy.set_rank(rank);
    ASSERT_TRUE(Create(policy, resources).ok());
  };
  add("c", 1);
  add("b", 2);
  add("a", 2);
  v1::SlaPolicy changed = Gold();
  changed.set_policy_id("c");
  changed.set_rank(9);
  ASSERT_TRUE(Update(changed, kNow, resources).ok());
  v1::ListSlaPoliciesResponse response;
  List(resources, response);
  std::vector<std::string> ids;
  for (const v1::SlaPolicy& policy : response.policies()) ids.push_back(policy.policy_id());
  EXPECT_THAT(ids, testing::ElementsAre("a", "b", "c"));
  EXPECT_EQ(response.policies(2).version(), 2);
}

}  // namespace
}  // namespace rapport::response_times
