#include "common/time/buckets.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"

namespace rapport {
namespace {

using common::v1::Bucket;

constexpr size_t kMostZoneNameBytes = 64;

// How far the local clock is into its hour.
absl::Duration IntoHour(absl::Time t, absl::TimeZone zone) {
  const absl::TimeZone::CivilInfo info = zone.At(t);
  return absl::Minutes(info.cs.minute()) + absl::Seconds(info.cs.second()) + info.subsecond;
}

absl::Time TimeOf(const absl::TimeZone::CivilTransition& change, absl::TimeZone zone) {
  return zone.At(change.to).trans;
}

// Hours begin when the local clock shows a full hour, by real time, so that a repeated hour is a bucket of its own; and
// when clocks change by a part of an hour, which leaves shorter buckets around the change.
absl::Time NextHour(absl::Time t, absl::TimeZone zone) {
  const absl::Time next = t + absl::Hours(1) - IntoHour(t, zone);
  absl::TimeZone::CivilTransition change;
  if (IntoHour(next, zone) == absl::ZeroDuration() || !zone.NextTransition(t, &change)) return next;
  return TimeOf(change, zone);
}

absl::Time StartOfHour(absl::Time t, absl::TimeZone zone) {
  const absl::Time start = t - IntoHour(t, zone);
  absl::TimeZone::CivilTransition change;
  if (IntoHour(start, zone) == absl::ZeroDuration() || !zone.PrevTransition(t + absl::Nanoseconds(1), &change)) {
    return start;
  }
  return TimeOf(change, zone);
}

absl::CivilDay StartOfWeek(absl::CivilDay day) {
  return absl::GetWeekday(day) == absl::Weekday::monday ? day : absl::PrevWeekday(day, absl::Weekday::monday);
}

// The first day of the day, week or month that lies `steps` after that of `day`.
absl::CivilDay FirstDay(absl::CivilDay day, Bucket bucket, int64_t steps) {
  switch (bucket) {
    case common::v1::BUCKET_WEEK:
      return StartOfWeek(day) + 7 * steps;
    case common::v1::BUCKET_MONTH:
      return absl::CivilDay(absl::CivilMonth(day) + steps);
    default:
      return day + steps;
  }
}

// The first day of the day, week or month that holds `t`. Where clocks go back over midnight, what repeats of the old
// day belongs to the new one, which had begun.
absl::CivilDay FirstDayOf(absl::Time t, Bucket bucket, absl::TimeZone zone) {
  const absl::CivilDay day = absl::ToCivilDay(t, zone);
  const absl::CivilDay next = FirstDay(day, bucket, 1);
  return absl::FromCivil(next, zone) <= t ? next : FirstDay(day, bucket, 0);
}

absl::Time StartOfBucket(absl::Time t, Bucket bucket, absl::TimeZone zone) {
  if (bucket == common::v1::BUCKET_HOUR) return StartOfHour(t, zone);
  return absl::FromCivil(FirstDayOf(t, bucket, zone), zone);
}

absl::Time EndOfBucket(absl::Time t, Bucket bucket, absl::TimeZone zone) {
  if (bucket == common::v1::BUCKET_HOUR) return NextHour(t, zone);
  return absl::FromCivil(FirstDay(FirstDayOf(t, bucket, zone), bucket, 1), zone);
}

bool IsAll(Bucket bucket) {
  return bucket == common::v1::BUCKET_ALL || bucket == common::v1::BUCKET_UNSPECIFIED;
}

// Whether it looks like a name of the IANA database: the loader would also open any path.
bool IsZoneName(absl::string_view name) {
  return name.size() <= kMostZoneNameBytes && absl::ascii_isalpha(name.front()) && name != "localtime" &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return absl::ascii_isalnum(c) || absl::StrContains("_+-/", c); });
}

}  // namespace

absl::StatusOr<absl::TimeZone> LoadZone(absl::string_view name, absl::string_view field) {
  absl::TimeZone zone;
  if (name.empty()) return absl::UTCTimeZone();
  if (!IsZoneName(name) || !absl::LoadTimeZone(std::string(name), &zone)) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, ": \"", absl::CHexEscape(name.substr(0, kMostZoneNameBytes)),
                     "\" is not a time zone here; use an IANA name such as Europe/Berlin"));
  }
  return zone;
}

absl::StatusOr<std::vector<Interval>> CutIntoBuckets(const Interval& range, Bucket bucket, absl::TimeZone zone,
                                                     int most) {
  if (IsAll(bucket)) return std::vector<Interval>{range};
  std::vector<Interval> buckets;
  for (absl::Time start = range.start; start < range.end;) {
    if (buckets.size() >= static_cast<size_t>(most)) {
      return absl::InvalidArgumentError(absl::StrCat("bucket: ", common::v1::Bucket_Name(bucket),
                                                     " cuts the range into more than ", most,
                                                     " pieces; use a coarser bucket or a shorter range"));
    }
    const absl::Time end = std::min(EndOfBucket(start, bucket, zone), range.end);
    buckets.push_back({start, end});
    start = end;
  }
  return buckets;
}

Interval PreviousBucket(const Interval& range, Bucket bucket, absl::TimeZone zone) {
  if (IsAll(bucket)) return PreviousPeriod(range, zone);
  const absl::Time end = StartOfBucket(range.start, bucket, zone);
  return {StartOfBucket(end - absl::Milliseconds(1), bucket, zone), end};
}

Interval PreviousPeriod(const Interval& range, absl::TimeZone zone) {
  const absl::CivilDay first = absl::ToCivilDay(range.start, zone);
  const absl::CivilDay last = absl::ToCivilDay(range.end, zone);
  const bool whole_days = absl::FromCivil(first, zone) == range.start && absl::FromCivil(last, zone) == range.end;
  if (!whole_days) return {range.start - (range.end - range.start), range.start};
  if (first.day() == 1 && last.day() == 1) {
    const absl::CivilMonth first_month(first);
    return {absl::FromCivil(first_month - (absl::CivilMonth(last) - first_month), zone), range.start};
  }
  return {absl::FromCivil(first - (last - first), zone), range.start};
}

}  // namespace rapport
