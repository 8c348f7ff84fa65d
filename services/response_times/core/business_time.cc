#include "services/response_times/core/business_time.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/time/buckets.h"
#include "services/response_times/core/opening_hours.h"

namespace rapport::response_times {
namespace {

constexpr absl::Duration kLongestSearch = absl::Hours(24 * 3653);

absl::Weekday WeekdayOf(v1::DayOfWeek day) {
  return static_cast<absl::Weekday>(static_cast<int>(day) - 1);
}

absl::Status Damaged(const v1::BusinessCalendar& calendar, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("calendar \"", calendar.calendar_id(), "\", version ", calendar.version(), ": ", what));
}

// When a local date's clock first shows this minute, or skips it.
absl::Time MomentOf(absl::CivilDay date, int minute, const absl::TimeZone& zone) {
  return absl::FromCivil(absl::CivilMinute(date) + minute, zone);
}

}  // namespace

const BusinessTime::Day& BusinessTime::Week::HoursOf(absl::CivilDay date) const {
  if (!holidays.empty()) {
    const auto holiday = holidays.find(date);
    if (holiday != holidays.end()) return holiday->second;
  }
  return days[static_cast<size_t>(absl::GetWeekday(date))];
}

absl::StatusOr<BusinessTime::Week> BusinessTime::ParseWeek(const v1::BusinessCalendar& calendar) {
  Week week;
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(calendar.time_zone(), "time_zone");
  if (!zone.ok()) return Damaged(calendar, zone.status().message());
  week.zone = *zone;
  const auto parse = [](const google::protobuf::RepeatedPtrField<v1::OpenHours>& stated, Day& day) {
    for (const v1::OpenHours& hours : stated) {
      const auto opens = ParseMinuteOfDay(hours.opens_at());
      const auto closes = ParseMinuteOfDay(hours.closes_at());
      if (!opens || !closes || *opens >= *closes) return false;
      day.push_back({*opens, *closes});
    }
    std::sort(day.begin(), day.end(), [](const Hours& a, const Hours& b) { return a.opens < b.opens; });
    return true;
  };
  for (const v1::WeekdayHours& weekday : calendar.week()) {
    if (weekday.day() < v1::DAY_OF_WEEK_MONDAY || weekday.day() > v1::DAY_OF_WEEK_SUNDAY ||
        !parse(weekday.hours(), week.days[static_cast<size_t>(WeekdayOf(weekday.day()))])) {
      return Damaged(calendar, "the hours of the week do not parse");
    }
  }
  for (const v1::Holiday& holiday : calendar.holidays()) {
    const auto date = ParseDate(holiday.date());
    if (!date || !parse(holiday.hours(), week.holidays[*date])) {
      return Damaged(calendar, absl::StrCat("the holiday ", holiday.date(), " does not parse"));
    }
  }
  return week;
}

absl::StatusOr<BusinessTime> BusinessTime::Create(const std::vector<v1::BusinessCalendar>& versions) {
  BusinessTime time;
  for (const v1::BusinessCalendar& version : versions) {
    absl::StatusOr<Week> week = ParseWeek(version);
    if (!week.ok()) return week.status();
    time.calendar_id_ = version.calendar_id();
    time.timeline_.Add(EffectiveFrom(version), *std::move(week));
  }
  return time;
}

// Calls `visit` with each piece of open time between the two, in order, until it returns false.
template <typename Visit>
void BusinessTime::ForEachOpen(absl::Time start, absl::Time end, const Visit& visit) const {
  const auto& entries = timeline_.entries();
  for (size_t i = 0; i < entries.size(); ++i) {
    const Week& week = entries[i].version;
    const absl::Time from = std::max(start, entries[i].from);
    const absl::Time until = i + 1 < entries.size() ? std::min(end, entries[i + 1].from) : end;
    if (from >= until) continue;
    // Where clocks go back over midnight, the old day is shown again though the next one has begun.
    const absl::CivilDay last = absl::ToCivilDay(until, week.zone) + 1;
    for (absl::CivilDay date = absl::ToCivilDay(from, week.zone); date <= last; ++date) {
      for (const Hours& hours : week.HoursOf(date)) {
        const absl::Time opens = std::max(from, MomentOf(date, hours.opens, week.zone));
        if (opens >= until) break;
        const absl::Time closes = std::min(until, MomentOf(date, hours.closes, week.zone));
        if (opens < closes && !visit(opens, closes)) return;
      }
    }
  }
}

absl::Duration BusinessTime::Between(absl::Time start, absl::Time end) const {
  absl::Duration open;
  ForEachOpen(start, end, [&](absl::Time opens, absl::Time closes) {
    open += closes - opens;
    return true;
  });
  return open;
}

absl::Time BusinessTime::Due(absl::Time start, absl::Duration allowance) const {
  if (allowance <= absl::ZeroDuration()) return start;
  absl::Time due = absl::InfiniteFuture();
  ForEachOpen(start, start + kLongestSearch, [&](absl::Time opens, absl::Time closes) {
    if (closes - opens >= allowance) {
      due = opens + allowance;
      return false;
    }
    allowance -= closes - opens;
    return true;
  });
  return due;
}

}  // namespace rapport::response_times
