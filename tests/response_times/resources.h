#ifndef RAPPORT_TESTS_RESPONSE_TIMES_RESOURCES_H_
#define RAPPORT_TESTS_RESPONSE_TIMES_RESOURCES_H_

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/response_times/storage/v1/storage.pb.h"

// Calendars and policies for tests.
namespace rapport::response_times {

// Open at `hours`, such as `09:00-12:00 13:00-17:30`, on the days from `first` to `last`.
void Open(v1::DayOfWeek first, v1::DayOfWeek last, absl::string_view hours, v1::BusinessCalendar& calendar);
void AddHoliday(absl::string_view date, absl::string_view hours, v1::BusinessCalendar& calendar);
v1::BusinessCalendar MakeCalendar(absl::string_view id, absl::string_view time_zone);

v1::SlaPolicy MakePolicy(absl::string_view id, int rank, absl::string_view calendar_id);
void AddTarget(v1::Metric metric, v1::Clock clock, absl::Duration within, v1::SlaPolicy& policy);

// Calendars of several zones with split shifts, holidays and hours inside those that spring skips and autumn repeats;
// one changes, and so does the default one. Policies by priority, tier and channel, one changed, one retired.
storage::v1::Resources ManyResources();

}  // namespace rapport::response_times

#endif  // RAPPORT_TESTS_RESPONSE_TIMES_RESOURCES_H_
