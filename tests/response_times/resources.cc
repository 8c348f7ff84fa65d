#include "tests/response_times/resources.h"

#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "common/time/interval.h"

namespace rapport::response_times {
namespace {

void SetHours(absl::string_view hours, google::protobuf::RepeatedPtrField<v1::OpenHours>& list) {
  for (const absl::string_view each : absl::StrSplit(hours, ' ', absl::SkipEmpty())) {
    const std::vector<std::string> edges = absl::StrSplit(each, '-');
    v1::OpenHours& open = *list.Add();
    open.set_opens_at(edges.at(0));
    open.set_closes_at(edges.at(1));
  }
}

google::protobuf::Timestamp Day(int month, int day) {
  return ToProto(absl::FromCivil(absl::CivilDay(2025, month, day), absl::UTCTimeZone()));
}

template <typename Resource>
Resource& Next(Resource version, google::protobuf::RepeatedPtrField<Resource>& list) {
  version.set_version(1);
  for (const Resource& each : list) {
    if constexpr (std::is_same_v<Resource, v1::SlaPolicy>) {
      if (each.policy_id() == version.policy_id()) version.set_version(each.version() + 1);
    } else {
      if (each.calendar_id() == version.calendar_id()) version.set_version(each.version() + 1);
    }
  }
  return *list.Add() = std::move(version);
}

}  // namespace

void Open(v1::DayOfWeek first, v1::DayOfWeek last, absl::string_view hours, v1::BusinessCalendar& calendar) {
  for (int day = first; day <= last; ++day) {
    v1::WeekdayHours& weekday = *calendar.add_week();
    weekday.set_day(static_cast<v1::DayOfWeek>(day));
    SetHours(hours, *weekday.mutable_hours());
  }
}

void AddHoliday(absl::string_view date, absl::string_view hours, v1::BusinessCalendar& calendar) {
  v1::Holiday& holiday = *calendar.add_holidays();
  holiday.set_date(std::string(date));
  SetHours(hours, *holiday.mutable_hours());
}

v1::BusinessCalendar MakeCalendar(absl::string_view id, absl::string_view time_zone) {
  v1::BusinessCalendar calendar;
  calendar.set_calendar_id(std::string(id));
  calendar.set_time_zone(std::string(time_zone));
  return calendar;
}

v1::SlaPolicy MakePolicy(absl::string_view id, int rank, absl::string_view calendar_id) {
  v1::SlaPolicy policy;
  policy.set_policy_id(std::string(id));
  policy.set_rank(rank);
  policy.set_calendar_id(std::string(calendar_id));
  return policy;
}

void AddTarget(v1::Metric metric, v1::Clock clock, absl::Duration within, v1::SlaPolicy& policy) {
  v1::ResponseTarget& target = *policy.add_targets();
  target.set_metric(metric);
  target.set_clock(clock);
  target.mutable_within()->set_seconds(absl::ToInt64Seconds(within));
}

storage::v1::Resources ManyResources() {
  storage::v1::Resources resources;
  auto& calendars = *resources.mutable_calendars();

  v1::BusinessCalendar berlin = MakeCalendar("berlin", "Europe/Berlin");
  Open(v1::DAY_OF_WEEK_MONDAY, v1::DAY_OF_WEEK_FRIDAY, "09:00-12:00 13:00-17:30", berlin);
  Open(v1::DAY_OF_WEEK_SUNDAY, v1::DAY_OF_WEEK_SUNDAY, "00:00-24:00", berlin);
  AddHoliday("2025-10-03", "", berlin);
  AddHoliday("2025-04-05", "10:00-14:00", berlin);
  berlin.set_is_default(true);
  Next(berlin, calendars);

  v1::BusinessCalendar york = MakeCalendar("new-york", "America/New_York");
  Open(v1::DAY_OF_WEEK_MONDAY, v1::DAY_OF_WEEK_SATURDAY, "08:00-20:00", york);
  Open(v1::DAY_OF_WEEK_SUNDAY, v1::DAY_OF_WEEK_SUNDAY, "00:30-01:15 01:30-02:30 02:45-03:15", york);
  Next(york, calendars);

  v1::BusinessCalendar howe = MakeCalendar("lord-howe", "Australia/Lord_Howe");
  Open(v1::DAY_OF_WEEK_MONDAY, v1::DAY_OF_WEEK_SUNDAY, "01:45-02:10 02:15-24:00", howe);
  Next(howe, calendars);

  // From October on Berlin also works on Saturdays, and not on Sundays; from November on New York is the default one.
  berlin.clear_week();
  Open(v1::DAY_OF_WEEK_MONDAY, v1::DAY_OF_WEEK_SATURDAY, "08:00-18:00", berlin);
  *berlin.mutable_effective_from() = Day(10, 1);
  Next(berlin, calendars);
  york.set_is_default(true);
  *york.mutable_effective_from() = Day(11, 1);
  Next(york, calendars);

  auto& policies = *resources.mutable_policies();
  v1::SlaPolicy gold = MakePolicy("gold", 1, "lord-howe");
  gold.add_tiers("gold");
  AddTarget(v1::METRIC_FIRST_RESPONSE_TIME, v1::CLOCK_BUSINESS, absl::Minutes(30), gold);
  AddTarget(v1::METRIC_NEXT_RESPONSE_TIME, v1::CLOCK_CALENDAR, absl::Hours(2), gold);
  AddTarget(v1::METRIC_FIRST_RESOLUTION_TIME, v1::CLOCK_CALENDAR, absl::Hours(20), gold);
  AddTarget(v1::METRIC_FULL_RESOLUTION_TIME, v1::CLOCK_BUSINESS, absl::Hours(36), gold);
  Next(gold, policies);

  v1::SlaPolicy urgent = MakePolicy("urgent", 2, "berlin");
  urgent.add_priorities(v1::PRIORITY_HIGH);
  urgent.add_priorities(v1::PRIORITY_URGENT);
  AddTarget(v1::METRIC_NEXT_RESPONSE_TIME, v1::CLOCK_BUSINESS, absl::Hours(4), urgent);
  AddTarget(v1::METRIC_FULL_RESOLUTION_TIME, v1::CLOCK_CALENDAR, absl::Hours(72), urgent);
  Next(urgent, policies);

  // Without a target, but with a calendar.
  v1::SlaPolicy chat = MakePolicy("chat", 3, "new-york");
  chat.add_channels(common::v1::CHANNEL_CHAT);
  Next(chat, policies);

  v1::SlaPolicy phone = MakePolicy("phone", 3, "");
  phone.add_channels(common::v1::CHANNEL_PHONE);
  AddTarget(v1::METRIC_FIRST_RESPONSE_TIME, v1::CLOCK_CALENDAR, absl::Minutes(5), phone);
  Next(phone, policies);

  urgent.mutable_targets(0)->mutable_within()->set_seconds(3600);
  *urgent.mutable_effective_from() = Day(4, 1);
  Next(urgent, policies);
  phone.set_retired(true);
  *phone.mutable_effective_from() = Day(10, 26);
  Next(phone, policies);
  return resources;
}

}  // namespace rapport::response_times
