#include "common/time/buckets.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"

namespace rapport {
namespace {

using common::v1::Bucket;

// The first start of a local hour after `t`. Steps through real time: a repeated hour is a bucket of its own, and a
// change by half an hour leaves one shorter or longer bucket.
absl::Time NextHour(absl::Time t, absl::TimeZone zone) {
  const auto minute_of = [&](absl::Time u) { return zone.At(u).cs.minute() * 60 + zone.At(u).cs.second(); };
  const absl::Time in_an_hour = t + absl::Hours(1) - absl::Seconds(minute_of(t));
  const int past = minute_of(in_an_hour);
  if (past == 0) return in_an_hour;
  const absl::Time earlier = in_an_hour - absl::Seconds(past);
  if (earlier > t && minute_of(earlier) == 0) return earlier;
  return in_an_hour + absl::Seconds(3600 - past);
}

absl::Time StartOfHour(absl::Time t, absl::TimeZone zone) {
  const absl::TimeZone::CivilInfo info = zone.At(t);
  const absl::Time start = t - info.subsecond - absl::Seconds(info.cs.minute() * 60 + info.cs.second());
  // Clocks that changed inside this local hour: it began at the change.
  absl::TimeZone::CivilTransition change;
  if (zone.PrevTransition(t + absl::Nanoseconds(1), &change)) {
    const absl::Time changed_at = zone.At(change.to).pre;
    if (start < changed_at && changed_at <= t) return changed_at;
  }
  return start;
}

absl::CivilDay StartOfWeek(absl::CivilDay day) {
  return absl::GetWeekday(day) == absl::Weekday::monday ? day : absl::PrevWeekday(day, absl::Weekday::monday);
}

absl::Time StartOfBucket(absl::Time t, Bucket bucket, absl::TimeZone zone) {
  const absl::CivilDay day = absl::ToCivilDay(t, zone);
  switch (bucket) {
    case common::v1::BUCKET_HOUR:
      return StartOfHour(t, zone);
    case common::v1::BUCKET_WEEK:
      return absl::FromCivil(StartOfWeek(day), zone);
    case common::v1::BUCKET_MONTH:
      return absl::FromCivil(absl::CivilMonth(day), zone);
    default:
      return absl::FromCivil(day, zone);
  }
}

absl::Time EndOfBucket(absl::Time t, Bucket bucket, absl::TimeZone zone) {
  const absl::CivilDay day = absl::ToCivilDay(t, zone);
  switch (bucket) {
    case common::v1::BUCKET_HOUR:
      return NextHour(t, zone);
    case common::v1::BUCKET_WEEK:
      return absl::FromCivil(StartOfWeek(day) + 7, zone);
    case common::v1::BUCKET_MONTH:
      return absl::FromCivil(absl::CivilMonth(day) + 1, zone);
    default:
      return absl::FromCivil(day + 1, zone);
  }
}

bool IsAll(Bucket bucket) {
  return bucket == common::v1::BUCKET_ALL || bucket == common::v1::BUCKET_UNSPECIFIED;
}

}  // namespace

absl::StatusOr<absl::TimeZone> LoadZone(absl::string_view name, absl::string_view field) {
  absl::TimeZone zone;
  if (name.empty()) return absl::UTCTimeZone();
  if (!absl::LoadTimeZone(std::string(name), &zone)) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, ": \"", name, "\" is not a time zone here; use an IANA name such as Europe/Berlin"));
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
