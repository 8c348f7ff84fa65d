#include "services/cli/days.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/cli/period.h"
#include "services/cli/time_parsing.h"

namespace rapport::cli {

absl::StatusOr<int32_t> ParseDays(absl::string_view flag, absl::string_view text) {
  if (text.empty()) return 0;
  constexpr int32_t kMost = 100000;
  int32_t count = 0;
  const bool weeks = text.back() == 'w';
  const bool number = absl::SimpleAtoi(text.substr(0, text.size() - 1), &count) && count > 0 && count <= kMost;
  if (!number || (text.back() != 'd' && !weeks)) {
    return absl::InvalidArgumentError(absl::StrCat(flag, " '", text, "' is not of the form 90d or 12w"));
  }
  return weeks ? 7 * count : count;
}

absl::Status SetRecordedOutcomes(absl::string_view cut_off, absl::string_view horizon,
                                 churn::v1::RecordedOutcomes* outcomes) {
  if (!cut_off.empty()) {
    const absl::StatusOr<absl::Time> time = ParseMoment("--cut-off", cut_off, absl::UTCTimeZone());
    if (!time.ok()) return time.status();
    *outcomes->mutable_cut_off() = ToTimestamp(*time);
  }
  const absl::StatusOr<int32_t> days = ParseDays("--horizon", horizon);
  if (days.ok()) outcomes->set_horizon_days(*days);
  return days.status();
}

}  // namespace rapport::cli
