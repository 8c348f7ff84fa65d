#include "services/response_times/core/resource_validation.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/request/fields.h"
#include "common/time/buckets.h"
#include "common/time/interval.h"
#include "services/response_times/core/moments.h"
#include "services/response_times/core/opening_hours.h"

namespace rapport::response_times {
namespace {

using HourList = google::protobuf::RepeatedPtrField<v1::OpenHours>;

constexpr size_t kMostIdBytes = 64;
constexpr size_t kMostNameBytes = 128;
constexpr size_t kMostTierBytes = 64;
constexpr int kMostHoursPerDay = 16;
constexpr int kMostHolidays = 1000;
constexpr int kMostTiers = 100;
constexpr int kMinutesPerDay = 24 * 60;
constexpr absl::Duration kLongestTarget = absl::Hours(24 * 365);

absl::Status ValidateResourceId(absl::string_view field, absl::string_view id) {
  const bool good = std::all_of(id.begin(), id.end(), [](unsigned char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
  });
  if (good && !id.empty() && id.size() <= kMostIdBytes) return absl::OkStatus();
  return Invalid(field, Shown(id), absl::StrCat("is no id here; use 1 to ", kMostIdBytes, " of a-z, 0-9 and -"));
}

template <typename Resource>
absl::Status ValidateVersion(const Resource& resource) {
  absl::Status status;
  if (resource.has_effective_from()) status.Update(ValidateDated("effective_from", resource.effective_from()));
  if (resource.version() < 0) {
    status.Update(Invalid("version", absl::StrCat(resource.version()),
                          "is negative; give the version that the change is based on, or 0"));
  }
  return status;
}

absl::Status ValidateHours(absl::string_view field, const HourList& hours) {
  if (hours.size() > kMostHoursPerDay) {
    return Invalid(field, absl::StrCat(hours.size(), " stretches"),
                   absl::StrCat("are too many; use at most ", kMostHoursPerDay, " a day"));
  }
  std::vector<std::tuple<int, int, int>> stretches;  // opens, closes, position
  for (int i = 0; i < hours.size(); ++i) {
    const std::string at = absl::StrCat(field, "[", i, "]");
    const std::optional<int> opens = ParseMinuteOfDay(hours[i].opens_at());
    const std::optional<int> closes = ParseMinuteOfDay(hours[i].closes_at());
    if (!opens || *opens == kMinutesPerDay) {
      return Invalid(absl::StrCat(at, ".opens_at"), Shown(hours[i].opens_at()),
                     "is no time of a day; use HH:MM from 00:00 to 23:59");
    }
    if (!closes) {
      return Invalid(absl::StrCat(at, ".closes_at"), Shown(hours[i].closes_at()),
                     "is no end of hours; use HH:MM up to 24:00");
    }
    if (*closes <= *opens) {
      return Invalid(absl::StrCat(at, ".closes_at"), Shown(hours[i].closes_at()),
                     absl::StrCat("is not later than opens_at, ", Shown(hours[i].opens_at()),
                                  "; end hours past midnight at 24:00 and go on with the next day from 00:00"));
    }
    stretches.emplace_back(*opens, *closes, i);
  }
  std::sort(stretches.begin(), stretches.end());
  for (size_t i = 1; i < stretches.size(); ++i) {
    const auto& [opens, unused_closes, position] = stretches[i];
    const auto& [unused_opens, closes, before] = stretches[i - 1];
    if (opens < closes) {
      return Invalid(absl::StrCat(field, "[", position, "].opens_at"), Shown(hours[position].opens_at()),
                     absl::StrCat("overlaps ", field, "[", before, "], which closes at ",
                                  Shown(hours[before].closes_at()), "; make one stretch of both or part them"));
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateWeek(const v1::BusinessCalendar& calendar) {
  std::set<v1::DayOfWeek> days;
  bool open = false;
  for (int i = 0; i < calendar.week_size(); ++i) {
    const v1::WeekdayHours& weekday = calendar.week(i);
    const std::string at = absl::StrCat("week[", i, "]");
    if (weekday.day() == v1::DAY_OF_WEEK_UNSPECIFIED || !v1::DayOfWeek_IsValid(weekday.day())) {
      return Invalid(absl::StrCat(at, ".day"), absl::StrCat(static_cast<int>(weekday.day())),
                     "is no day; use DAY_OF_WEEK_MONDAY to DAY_OF_WEEK_SUNDAY");
    }
    if (!days.insert(weekday.day()).second) {
      return Invalid(absl::StrCat(at, ".day"), v1::DayOfWeek_Name(weekday.day()),
                     "comes twice; put all its hours into one entry");
    }
    absl::Status valid = ValidateHours(absl::StrCat(at, ".hours"), weekday.hours());
    if (!valid.ok()) return valid;
    open = open || !weekday.hours().empty();
  }
  if (open) return absl::OkStatus();
  return Invalid("week", "no hours;", "open on at least one day of the week");
}

absl::Status ValidateHolidays(const v1::BusinessCalendar& calendar) {
  if (calendar.holidays_size() > kMostHolidays) {
    return Invalid("holidays", absl::StrCat(calendar.holidays_size(), " dates"),
                   absl::StrCat("are too many; use at most ", kMostHolidays));
  }
  std::set<absl::CivilDay> dates;
  for (int i = 0; i < calendar.holidays_size(); ++i) {
    const v1::Holiday& holiday = calendar.holidays(i);
    const std::string at = absl::StrCat("holidays[", i, "]");
    const std::optional<absl::CivilDay> date = ParseDate(holiday.date());
    if (!date) return Invalid(absl::StrCat(at, ".date"), Shown(holiday.date()), "is no date; use YYYY-MM-DD");
    if (!dates.insert(*date).second) {
      return Invalid(absl::StrCat(at, ".date"), Shown(holiday.date()), "comes twice; put all its hours into one entry");
    }
    absl::Status valid = ValidateText(absl::StrCat(at, ".display_name"), holiday.display_name(), kMostNameBytes);
    valid.Update(ValidateHours(absl::StrCat(at, ".hours"), holiday.hours()));
    if (!valid.ok()) return valid;
  }
  return absl::OkStatus();
}

template <typename List, typename IsKnown>
absl::Status ValidateChoices(absl::string_view field, const List& choices, const IsKnown& is_known) {
  for (int i = 0; i < choices.size(); ++i) {
    if (choices.Get(i) == 0 || !is_known(choices.Get(i))) {
      return Invalid(absl::StrCat(field, "[", i, "]"), absl::StrCat(choices.Get(i)),
                     absl::StrCat("is none; name those that the policy is for, or leave `", field, "` empty for any"));
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateTiers(const v1::SlaPolicy& policy) {
  if (policy.tiers_size() > kMostTiers) {
    return Invalid("tiers", absl::StrCat(policy.tiers_size(), " tiers"),
                   absl::StrCat("are too many; use at most ", kMostTiers));
  }
  for (int i = 0; i < policy.tiers_size(); ++i) {
    const std::string at = absl::StrCat("tiers[", i, "]");
    if (policy.tiers(i).empty()) return Invalid(at, "\"\"", "is none; leave `tiers` empty for any");
    absl::Status valid = ValidateText(at, policy.tiers(i), kMostTierBytes);
    if (!valid.ok()) return valid;
  }
  return absl::OkStatus();
}

bool IsPromised(v1::Metric metric) {
  return metric >= v1::METRIC_FIRST_RESPONSE_TIME && metric <= v1::METRIC_FULL_RESOLUTION_TIME;
}

absl::Status ValidateWithin(absl::string_view field, const google::protobuf::Duration& within) {
  const bool proper = within.seconds() >= 0 && within.nanos() >= 0 && within.nanos() <= 999'999'999 &&
                      within.seconds() <= kLongestTarget / absl::Seconds(1);
  const absl::Duration time = FromProto(within);
  if (proper && time >= absl::Milliseconds(1) && time <= kLongestTarget) return absl::OkStatus();
  return Invalid(field, absl::StrCat(within.seconds(), " s ", within.nanos(), " ns"),
                 "is no time to promise; use 1 ms to 365 days");
}

// The latest version of each calendar decides.
bool AnyDefaultCalendar(const storage::v1::Resources& known) {
  std::set<std::string> defaults;
  for (const v1::BusinessCalendar& version : known.calendars()) {
    if (version.is_default()) {
      defaults.insert(version.calendar_id());
    } else {
      defaults.erase(version.calendar_id());
    }
  }
  return !defaults.empty();
}

absl::Status ValidateTargets(const v1::SlaPolicy& policy, const storage::v1::Resources& known) {
  std::set<v1::Metric> metrics;
  for (int i = 0; i < policy.targets_size(); ++i) {
    const v1::ResponseTarget& target = policy.targets(i);
    const std::string at = absl::StrCat("targets[", i, "]");
    if (!IsPromised(target.metric())) {
      return Invalid(absl::StrCat(at, ".metric"), absl::StrCat(static_cast<int>(target.metric())),
                     "cannot be promised; use METRIC_FIRST_RESPONSE_TIME, _NEXT_RESPONSE_TIME, "
                     "_FIRST_RESOLUTION_TIME or _FULL_RESOLUTION_TIME");
    }
    if (!metrics.insert(target.metric()).second) {
      return Invalid(absl::StrCat(at, ".metric"), v1::Metric_Name(target.metric()),
                     "comes twice; keep one target for it");
    }
    if (!v1::Clock_IsValid(target.clock())) {
      return Invalid(absl::StrCat(at, ".clock"), absl::StrCat(static_cast<int>(target.clock())),
                     "is no clock; use CLOCK_CALENDAR or CLOCK_BUSINESS");
    }
    if (target.clock() == v1::CLOCK_BUSINESS && policy.calendar_id().empty() && !AnyDefaultCalendar(known)) {
      return Invalid(absl::StrCat(at, ".clock"), "CLOCK_BUSINESS",
                     "needs a calendar; name one in `calendar_id`, or make one the default");
    }
    absl::Status valid = ValidateWithin(absl::StrCat(at, ".within"), target.within());
    if (!valid.ok()) return valid;
  }
  return absl::OkStatus();
}

absl::Status ValidateCalendarOf(const v1::SlaPolicy& policy, const storage::v1::Resources& known) {
  const auto& calendars = known.calendars();
  const bool good = policy.calendar_id().empty() ||
                    std::any_of(calendars.begin(), calendars.end(), [&](const v1::BusinessCalendar& calendar) {
                      return calendar.calendar_id() == policy.calendar_id();
                    });
  if (good) return absl::OkStatus();
  return Invalid("calendar_id", Shown(policy.calendar_id()),
                 "is no calendar here; create it first, or leave it out for the default one");
}

}  // namespace

absl::Status Validate(const v1::BusinessCalendar& calendar, const storage::v1::Resources&) {
  absl::Status status = ValidateResourceId("calendar_id", calendar.calendar_id());
  status.Update(ValidateText("display_name", calendar.display_name(), kMostNameBytes));
  if (calendar.time_zone().empty()) {
    status.Update(Invalid("time_zone", "missing;", "give the IANA name of the zone, such as Europe/Berlin"));
  }
  status.Update(LoadZone(calendar.time_zone(), "time_zone").status());
  status.Update(ValidateWeek(calendar));
  status.Update(ValidateHolidays(calendar));
  status.Update(ValidateVersion(calendar));
  return status;
}

absl::Status Validate(const v1::SlaPolicy& policy, const storage::v1::Resources& known) {
  absl::Status status = ValidateResourceId("policy_id", policy.policy_id());
  status.Update(ValidateText("display_name", policy.display_name(), kMostNameBytes));
  status.Update(ValidateChoices("priorities", policy.priorities(), v1::Priority_IsValid));
  status.Update(ValidateTiers(policy));
  status.Update(ValidateChoices("channels", policy.channels(), common::v1::Channel_IsValid));
  status.Update(ValidateCalendarOf(policy, known));
  status.Update(ValidateTargets(policy, known));
  status.Update(ValidateVersion(policy));
  return status;
}

}  // namespace rapport::response_times
