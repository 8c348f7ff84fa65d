#ifndef RAPPORT_SERVICES_CLI_DAYS_H_
#define RAPPORT_SERVICES_CLI_DAYS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rapport/churn/v1/features.pb.h"

namespace rapport::cli {

// Whole days such as `90d` or `12w`; 0 for an empty text. The error names `flag`.
absl::StatusOr<int32_t> ParseDays(absl::string_view flag, absl::string_view text);

// --cut-off, a date in UTC, and --horizon; both may be empty.
absl::Status SetRecordedOutcomes(absl::string_view cut_off, absl::string_view horizon,
                                 churn::v1::RecordedOutcomes* outcomes);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_DAYS_H_
