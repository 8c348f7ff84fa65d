#include "services/cli/duration_text.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/time/interval.h"

namespace rapport::cli {
namespace {

constexpr absl::Duration kDay = absl::Hours(24);

// `duration` to the nearest whole `unit`.
int64_t Rounded(absl::Duration duration, absl::Duration unit) {
  return (duration + unit / 2) / unit;
}

}  // namespace

std::string DurationText(absl::Duration duration) {
  if (duration < absl::ZeroDuration()) return absl::StrCat("-", DurationText(-duration));
  if (duration < absl::Milliseconds(9950)) {
    return absl::StrFormat("%gs", static_cast<double>(Rounded(duration, absl::Milliseconds(100))) / 10);
  }
  const int64_t seconds = Rounded(duration, absl::Seconds(1));
  if (seconds < 60) return absl::StrCat(seconds, "s");
  if (seconds < 3600) return absl::StrFormat("%dm %02ds", seconds / 60, seconds % 60);
  const int64_t minutes = Rounded(duration, absl::Minutes(1));
  if (minutes < 1440) return absl::StrFormat("%dh %02dm", minutes / 60, minutes % 60);
  const int64_t hours = Rounded(duration, absl::Hours(1));
  return absl::StrFormat("%dd %dh", hours / 24, hours % 24);
}

std::string DurationText(const google::protobuf::Duration& duration) {
  return DurationText(FromProto(duration));
}

std::string ShortDurationText(const google::protobuf::Duration& duration) {
  absl::Duration rest = FromProto(duration);
  std::vector<std::string> parts;
  const std::pair<absl::Duration, const char*> units[] = {
      {kDay, "d"}, {absl::Hours(1), "h"}, {absl::Minutes(1), "m"}, {absl::Seconds(1), "s"}};
  for (const auto& [unit, sign] : units) {
    if (const int64_t count = absl::IDivDuration(rest, unit, &rest); count > 0) {
      parts.push_back(absl::StrCat(count, sign));
    }
  }
  if (rest > absl::ZeroDuration() || parts.empty()) parts.push_back(absl::FormatDuration(rest));
  return absl::StrJoin(parts, " ");
}

absl::StatusOr<google::protobuf::Duration> ParseDurationText(absl::string_view what, absl::string_view text) {
  const absl::Status error =
      absl::InvalidArgumentError(absl::StrCat(what, " '", text, "' is not a time such as 90s, 15m, 1h30m, 3d or 2w"));
  absl::Duration sum;
  absl::string_view rest = absl::StripAsciiWhitespace(text);
  if (rest.empty()) return error;
  while (!rest.empty()) {
    const size_t digits = rest.find_first_not_of("0123456789.");
    double count = 0;
    if (digits == absl::string_view::npos || !absl::SimpleAtod(rest.substr(0, digits), &count)) return error;
    rest.remove_prefix(digits);
    const size_t letters = std::min(rest.find_first_of("0123456789. "), rest.size());
    const absl::string_view unit = rest.substr(0, letters);
    absl::Duration one;
    if (unit == "w") {
      one = 7 * kDay;
    } else if (unit == "d") {
      one = kDay;
    } else if (!absl::ParseDuration(absl::StrCat("1", unit), &one)) {
      return error;
    }
    sum += count * one;
    rest = absl::StripLeadingAsciiWhitespace(rest.substr(letters));
  }
  if (sum > 36500 * kDay) return error;
  return ToProto(sum);
}

}  // namespace rapport::cli
