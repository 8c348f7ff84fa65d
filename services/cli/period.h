#ifndef RAPPORT_SERVICES_CLI_PERIOD_H_
#define RAPPORT_SERVICES_CLI_PERIOD_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/common/v1/common.pb.h"

namespace rapport::cli {

// A period as people name it: --from and --to, or --last or --next or both, or --month.
struct PeriodOptions {
  std::string from{};
  std::string to{};
  std::string last{};
  std::string next{};
  std::string month{};
  std::string time_zone = "UTC";

  bool given() const { return !from.empty() || !to.empty() || !last.empty() || !next.empty() || !month.empty(); }
};

// Dates begin at midnight of the zone. `to` is the first moment not included, and now (rounded up to the next hour)
// when left out. --last=30d is today and the 29 days before it, --last=12h this hour and the 11 before it, --last=2w
// the same as 14d. --next=7d is today and the 6 days after it; with --last both, today counted once in each. Nothing
// given means --last=30d.
absl::StatusOr<common::v1::TimeRange> ResolvePeriod(const PeriodOptions& options, absl::Time now);

// A date, which means its midnight, or a time. The error names `flag`.
absl::StatusOr<absl::Time> ParseMoment(absl::string_view flag, absl::string_view text, absl::TimeZone zone);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_PERIOD_H_
