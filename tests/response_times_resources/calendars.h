#ifndef RAPPORT_TESTS_RESPONSE_TIMES_RESOURCES_CALENDARS_H_
#define RAPPORT_TESTS_RESPONSE_TIMES_RESOURCES_CALENDARS_H_

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/time/interval.h"
#include "rapport/response_times/v1/resources.pb.h"
#include "services/response_times/core/business_time.h"

namespace rapport::response_times {

using HourList = std::vector<std::pair<std::string, std::string>>;

// A calendar that is open on the days named, all with the same hours.
inline v1::BusinessCalendar Calendar(const std::string& id, const std::string& zone,
                                     const std::vector<v1::DayOfWeek>& days, const HourList& hours) {
  v1::BusinessCalendar calendar;
  calendar.set_calendar_id(id);
  calendar.set_time_zone(zone);
  for (const v1::DayOfWeek day : days) {
    v1::WeekdayHours& weekday = *calendar.add_week();
    weekday.set_day(day);
    for (const auto& [opens, closes] : hours) {
      v1::OpenHours& added = *weekday.add_hours();
      added.set_opens_at(opens);
      added.set_closes_at(closes);
    }
  }
  return calendar;
}

inline std::vector<v1::DayOfWeek> Weekdays() {
  return {v1::DAY_OF_WEEK_MONDAY, v1::DAY_OF_WEEK_TUESDAY, v1::DAY_OF_WEEK_WEDNESDAY, v1::DAY_OF_WEEK_THURSDAY,
          v1::DAY_OF_WEEK_FRIDAY};
}
inline std::vector<v1::DayOfWeek> EveryDay() {
  std::vector<v1::DayOfWeek> days = Weekdays();
  days.push_back(v1::DAY_OF_WEEK_SATURDAY);
  days.push_back(v1::DAY_OF_WEEK_SUNDAY);
  return days;
}

inline void AddHoliday(const std::string& date, const HourList& hours, v1::BusinessCalendar& calendar) {
  v1::Holiday& holiday = *calendar.add_holidays();
  holiday.set_date(date);
  for (const auto& [opens, closes] : hours) {
    v1::OpenHours& added = *holiday.add_hours();
    added.set_opens_at(opens);
    added.set_closes_at(closes);
  }
}

template <typename Resource>
Resource From(absl::Time t, Resource resource) {
  *resource.mutable_effective_from() = ToProto(t);
  return resource;
}

inline BusinessTime Open(const std::vector<v1::BusinessCalendar>& versions) {
  absl::StatusOr<BusinessTime> time = BusinessTime::Create(versions);
  EXPECT_TRUE(time.ok()) << time.status();
  return *std::move(time);
}

}  // namespace rapport::response_times

#endif  // RAPPORT_TESTS_RESPONSE_TIMES_RESOURCES_CALENDARS_H_
