#include "tests/response_times/reference_calendar.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/time/interval.h"

namespace rapport::response_times::reference {
namespace {

constexpr Ms kMinute = 60'000;

template <typename Version>
bool InEffect(const Version& version, Ms moment) {
  return !version.has_effective_from() || ToMillis(version.effective_from()) <= moment;
}

// Versions stand in the order in which they were made: of those in effect the one made last holds.
const v1::BusinessCalendar* CalendarAt(const storage::v1::Resources& resources, const std::string& id, Ms moment) {
  const v1::BusinessCalendar* found = nullptr;
  for (const v1::BusinessCalendar& version : resources.calendars()) {
    if (version.calendar_id() == id && InEffect(version, moment)) found = &version;
  }
  return found;
}

const v1::SlaPolicy* PolicyAt(const storage::v1::Resources& resources, const std::string& id, Ms moment) {
  const v1::SlaPolicy* found = nullptr;
  for (const v1::SlaPolicy& version : resources.policies()) {
    if (version.policy_id() == id && InEffect(version, moment)) found = &version;
  }
  return found;
}

template <typename List, typename Value>
bool AnyOrHas(const List& list, const Value& value) {
  return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

bool Within(const google::protobuf::RepeatedPtrField<v1::OpenHours>& hours, const std::string& time) {
  return std::any_of(hours.begin(), hours.end(),
                     [&](const v1::OpenHours& each) { return each.opens_at() <= time && time < each.closes_at(); });
}

}  // namespace

Rules::Rules(storage::v1::Resources resources, Span horizon) : resources_(std::move(resources)), horizon_(horizon) {
  for (const v1::BusinessCalendar& calendar : resources_.calendars()) {
    std::vector<int32_t>& before = open_before_[calendar.calendar_id()];
    if (!before.empty()) continue;
    before.push_back(0);
    std::map<std::string, absl::CivilMinute> shown;
    for (Ms minute = horizon.start; minute < horizon.end; minute += kMinute) {
      before.push_back(before.back() + (IsOpen(calendar.calendar_id(), minute, shown) ? 1 : 0));
    }
  }
}

bool Rules::IsOpen(const std::string& calendar_id, Ms minute, std::map<std::string, absl::CivilMinute>& shown) const {
  const v1::BusinessCalendar* calendar = CalendarAt(resources_, calendar_id, minute);
  if (calendar == nullptr) return false;
  absl::TimeZone zone;
  absl::LoadTimeZone(calendar->time_zone(), &zone);
  absl::CivilMinute& local =
      shown.try_emplace(calendar->time_zone(), absl::CivilMinute(absl::CivilYear(0))).first->second;
  local = std::max(local, absl::ToCivilMinute(absl::FromUnixMillis(minute), zone));
  const std::string time = absl::StrFormat("%02d:%02d", local.hour(), local.minute());
  const absl::CivilDay day(local);
  for (const v1::Holiday& holiday : calendar->holidays()) {
    if (holiday.date() == absl::FormatCivilTime(day)) return Within(holiday.hours(), time);
  }
  const int weekday = 1 + static_cast<int>(absl::GetWeekday(day));
  for (const v1::WeekdayHours& hours : calendar->week()) {
    if (hours.day() == weekday) return Within(hours.hours(), time);
  }
  return false;
}

Terms Rules::At(Ms moment, v1::Priority priority, const std::string& tier, common::v1::Channel channel) const {
  Terms terms;
  for (const v1::SlaPolicy& each : resources_.policies()) {
    const v1::SlaPolicy* policy = PolicyAt(resources_, each.policy_id(), moment);
    if (policy != &each || policy->retired()) continue;
    const bool matches = AnyOrHas(policy->priorities(), priority) && AnyOrHas(policy->tiers(), tier) &&
                         AnyOrHas(policy->channels(), channel);
    if (!matches) continue;
    const auto before = [](const v1::SlaPolicy& a, const v1::SlaPolicy& b) {
      return std::pair(a.rank(), a.policy_id()) < std::pair(b.rank(), b.policy_id());
    };
    if (terms.policy == nullptr || before(*policy, *terms.policy)) terms.policy = policy;
  }
  if (terms.policy != nullptr) terms.calendar_id = terms.policy->calendar_id();
  if (!terms.calendar_id.empty()) return terms;
  Ms latest = -kForever - 1;
  for (const v1::BusinessCalendar& each : resources_.calendars()) {
    if (CalendarAt(resources_, each.calendar_id(), moment) != &each || !each.is_default()) continue;
    const Ms since = each.has_effective_from() ? ToMillis(each.effective_from()) : -kForever;
    if (since > latest) terms.calendar_id = each.calendar_id();
    latest = std::max(latest, since);
  }
  return terms;
}

Ms Rules::BusinessMs(const std::string& calendar_id, const Spans& spans) const {
  const std::vector<int32_t>& before = open_before_.at(calendar_id);
  // Open time from the beginning of the horizon until a moment.
  const auto until = [&](Ms moment) {
    if (moment < horizon_.start || moment > horizon_.end) {
      std::cerr << "the reference was asked about a moment beyond its horizon: " << moment << "\n";
      std::abort();
    }
    const size_t minute = (moment - horizon_.start) / kMinute;
    const bool open = minute + 1 < before.size() && before[minute + 1] > before[minute];
    return before[minute] * kMinute + (open ? (moment - horizon_.start) % kMinute : 0);
  };
  Ms sum = 0;
  for (const Span& span : spans) sum += until(span.end) - until(span.start);
  return sum;
}

}  // namespace rapport::response_times::reference
