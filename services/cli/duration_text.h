#ifndef RAPPORT_SERVICES_CLI_DURATION_TEXT_H_
#define RAPPORT_SERVICES_CLI_DURATION_TEXT_H_

#include <google/protobuf/duration.pb.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace rapport::cli {

// A time as people read it, in its two largest units: `4.2s`, `5m 03s`, `1h 05m`, `3d 4h`.
std::string DurationText(absl::Duration duration);
std::string DurationText(const google::protobuf::Duration& duration);

// A round time without the units that are 0: `6h`, `30d`, `90s` is `1m 30s`.
std::string ShortDurationText(const google::protobuf::Duration& duration);

// Reads `90s`, `15m`, `1h30m`, `3d 4h` or `2w`. The error names `what`.
absl::StatusOr<google::protobuf::Duration> ParseDurationText(absl::string_view what, absl::string_view text);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_DURATION_TEXT_H_
