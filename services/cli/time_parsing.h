#ifndef RAPPORT_SERVICES_CLI_TIME_PARSING_H_
#define RAPPORT_SERVICES_CLI_TIME_PARSING_H_

#include <google/protobuf/timestamp.pb.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace rapport::cli {

absl::StatusOr<absl::TimeZone> LoadZone(absl::string_view name);

// Reads times as a source writes them. A local time that occurs twice when clocks go back means the first of the two;
// one that clocks skip is read with the offset before the change (02:30 becomes 03:30).
class TimeParser {
 public:
  // `format` is one of absl::ParseTime (in which `%Y%m%d` reads 20261031, too), `unix` (seconds), `unix_ms`, or empty:
  // RFC 3339, or `2026-10-31 14:05:00` with a space or a T, with or without seconds. `zone` is for times that carry no
  // offset.
  TimeParser(absl::string_view format, absl::TimeZone zone);

  // The error says what was expected. Times before 1970 and after 9999 are errors: they come of a wrong format.
  absl::StatusOr<absl::Time> Parse(absl::string_view text) const;

 private:
  std::string format_;
  absl::TimeZone zone_;
};

// Whether the services take it: from 1970 to 9999.
bool IsTaken(absl::Time time);

// To the millisecond, as the services keep times.
google::protobuf::Timestamp ToTimestamp(absl::Time time);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_TIME_PARSING_H_
