#include "services/cli/time_parsing.h"

#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/time/interval.h"

namespace rapport::cli {
namespace {

constexpr double kMillisOfYear10000 = 253402300800e3;

bool ParseUnix(absl::string_view text, double millis_per_unit, absl::Time* time) {
  double value = 0;
  if (!absl::SimpleAtod(text, &value)) return false;
  const double millis = value * millis_per_unit;
  if (!(std::abs(millis) < kMillisOfYear10000)) return false;
  *time = absl::FromUnixMillis(std::llround(millis));
  return true;
}

bool ParseCommon(absl::string_view text, absl::TimeZone zone, absl::Time* time) {
  for (const char* format : {"%Y-%m-%d%ET%H:%M:%E*S%Ez", "%Y-%m-%d %H:%M:%E*S%Ez", "%Y-%m-%d%ET%H:%M:%E*S",
                             "%Y-%m-%d %H:%M:%E*S", "%Y-%m-%d%ET%H:%M", "%Y-%m-%d %H:%M"}) {
    if (absl::ParseTime(format, text, zone, time, nullptr)) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<absl::TimeZone> LoadZone(absl::string_view name) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(name, &zone)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--time-zone '", name, "' is not known here; give an IANA name such as Europe/Berlin or UTC"));
  }
  return zone;
}

TimeParser::TimeParser(absl::string_view format, absl::TimeZone zone)
    // A year takes every digit that follows, unless it is said to have four.
    : format_(absl::StrReplaceAll(format, {{"%Y%", "%E4Y%"}})), zone_(zone) {}

absl::StatusOr<absl::Time> TimeParser::Parse(absl::string_view text) const {
  text = absl::StripAsciiWhitespace(text);
  absl::Time time;
  bool parsed = false;
  if (format_.empty()) {
    parsed = ParseCommon(text, zone_, &time);
  } else if (format_ == "unix") {
    parsed = ParseUnix(text, 1000, &time);
  } else if (format_ == "unix_ms") {
    parsed = ParseUnix(text, 1, &time);
  } else {
    parsed = absl::ParseTime(format_, text, zone_, &time, nullptr);
  }
  if (!parsed) {
    return absl::InvalidArgumentError(
        absl::StrCat("time '", text, "' does not match ",
                     format_.empty() ? "2026-10-31T14:05:00Z or 2026-10-31 14:05:00; name its format with --time-format"
                                     : absl::StrCat("--time-format=", format_)));
  }
  if (!IsTaken(time)) {
    return absl::InvalidArgumentError(
        absl::StrCat("time '", text, "' lies before 1970 or after 9999; check --time-format"));
  }
  return time;
}

bool IsTaken(absl::Time time) {
  return absl::UnixEpoch() <= time && time < absl::FromUnixMillis(static_cast<int64_t>(kMillisOfYear10000));
}

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  return ToMillisecond(ToProto(time));
}

}  // namespace rapport::cli
