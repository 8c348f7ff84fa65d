#include "services/cli/period.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "services/cli/time_parsing.h"

namespace rapport::cli {
namespace {

struct Range {
  absl::Time start;
  absl::Time end;
};

absl::Time NextHour(absl::Time now, absl::TimeZone zone) {
  return absl::FromCivil(absl::ToCivilHour(now, zone) + 1, zone);
}

absl::StatusOr<Range> FromTo(const PeriodOptions& options, absl::TimeZone zone, absl::Time now) {
  if (options.from.empty()) return absl::InvalidArgumentError("--to needs --from");
  const absl::StatusOr<absl::Time> start = ParseMoment("--from", options.from, zone);
  if (!start.ok()) return start.status();
  if (options.to.empty()) return Range{*start, NextHour(now, zone)};
  const absl::StatusOr<absl::Time> end = ParseMoment("--to", options.to, zone);
  if (!end.ok()) return end.status();
  return Range{*start, *end};
}

// The count and the unit (h or d) of a text such as 12h, 30d or 4w.
struct Span {
  int count = 0;
  char unit = 'd';
};

absl::StatusOr<Span> ParseSpan(absl::string_view flag, absl::string_view text) {
  Span span;
  const bool number = text.size() >= 2 && absl::SimpleAtoi(text.substr(0, text.size() - 1), &span.count);
  if (!number || span.count < 1 || span.count > 100000 || !absl::StrContains("hdw", text.back())) {
    return absl::InvalidArgumentError(absl::StrCat(flag, " '", text, "' is not of the form 12h, 30d or 4w"));
  }
  if (text.back() == 'w') return Span{7 * span.count, 'd'};
  return Span{span.count, text.back()};
}

absl::StatusOr<Range> Last(absl::string_view text, absl::TimeZone zone, absl::Time now) {
  const absl::StatusOr<Span> span = ParseSpan("--last", text);
  if (!span.ok()) return span.status();
  const absl::Time next_hour = NextHour(now, zone);
  if (span->unit == 'h') return Range{next_hour - absl::Hours(span->count), next_hour};
  const absl::CivilDay tomorrow = absl::ToCivilDay(now, zone) + 1;
  return Range{absl::FromCivil(tomorrow - span->count, zone), absl::FromCivil(tomorrow, zone)};
}

absl::StatusOr<Range> Next(absl::string_view text, absl::TimeZone zone, absl::Time now) {
  const absl::StatusOr<Span> span = ParseSpan("--next", text);
  if (!span.ok()) return span.status();
  const absl::Time this_hour = absl::FromCivil(absl::ToCivilHour(now, zone), zone);
  if (span->unit == 'h') return Range{this_hour, this_hour + absl::Hours(span->count)};
  const absl::CivilDay today = absl::ToCivilDay(now, zone);
  return Range{absl::FromCivil(today, zone), absl::FromCivil(today + span->count, zone)};
}

absl::StatusOr<Range> Month(absl::string_view text, absl::TimeZone zone) {
  absl::CivilMonth month;
  if (!absl::ParseCivilTime(text, &month)) {
    return absl::InvalidArgumentError(absl::StrCat("--month '", text, "' is not of the form 2026-10"));
  }
  return Range{absl::FromCivil(month, zone), absl::FromCivil(month + 1, zone)};
}

absl::StatusOr<Range> Resolve(const PeriodOptions& options, absl::TimeZone zone, absl::Time now) {
  const int ways = (options.from.empty() && options.to.empty() ? 0 : 1) +
                   (options.last.empty() && options.next.empty() ? 0 : 1) + (options.month.empty() ? 0 : 1);
  if (ways > 1)
    return absl::InvalidArgumentError("--from/--to, --last or --next, and --month exclude one another; give one");
  if (!options.month.empty()) return Month(options.month, zone);
  if (!options.from.empty() || !options.to.empty()) return FromTo(options, zone, now);
  if (options.next.empty()) return Last(options.last.empty() ? "30d" : options.last, zone, now);
  absl::StatusOr<Range> next = Next(options.next, zone, now);
  if (options.last.empty() || !next.ok()) return next;
  absl::StatusOr<Range> last = Last(options.last, zone, now);
  if (!last.ok()) return last;
  return Range{last->start, next->end};
}

}  // namespace

absl::StatusOr<absl::Time> ParseMoment(absl::string_view flag, absl::string_view text, absl::TimeZone zone) {
  absl::Time time;
  if (absl::ParseTime("%Y-%m-%d", text, zone, &time, nullptr) && IsTaken(time)) return time;
  const absl::StatusOr<absl::Time> parsed = TimeParser("", zone).Parse(text);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        flag, " '", text,
        "' is neither a date such as 2026-10-01 nor a time such as 2026-10-01T14:00:00Z, from 1970 to 9999"));
  }
  return *parsed;
}

absl::StatusOr<common::v1::TimeRange> ResolvePeriod(const PeriodOptions& options, absl::Time now) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  const absl::StatusOr<Range> range = Resolve(options, *zone, now);
  if (!range.ok()) return range.status();
  if (range->start >= range->end) {
    return absl::InvalidArgumentError("the period is empty: --to is the first moment not included, later than --from");
  }
  if (!IsTaken(range->start) || !IsTaken(range->end - absl::Milliseconds(1))) {
    return absl::InvalidArgumentError(
        "the period begins before 1970 or ends after 9999; give a shorter --last or --next, or a nearer --month");
  }
  common::v1::TimeRange result;
  *result.mutable_start() = ToTimestamp(range->start);
  *result.mutable_end() = ToTimestamp(range->end);
  return result;
}

}  // namespace rapport::cli
