#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_OPENING_HOURS_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_OPENING_HOURS_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

// The texts in which calendars state hours and dates.
namespace rapport::response_times {

// The minute of the day that `HH:MM` names, 0 to 1440 (`24:00`). Nothing for any other text.
std::optional<int> ParseMinuteOfDay(absl::string_view text);

// The date that `YYYY-MM-DD` names. Nothing for any other text, or for a day that the calendar does not have.
std::optional<absl::CivilDay> ParseDate(absl::string_view text);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_OPENING_HOURS_H_
