#ifndef RAPPORT_SERVICES_CLI_EXPORT_H_
#define RAPPORT_SERVICES_CLI_EXPORT_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/cli/filters.h"
#include "services/cli/period.h"
#include "services/cli/session.h"

namespace rapport::cli {

struct ExportOptions {
  PeriodOptions period;
  FilterOptions filter;
  // Empty means standard output.
  std::string output_file;
  std::string format = "csv";
  absl::Duration retry_delay = absl::Milliseconds(250);
};

// Writes all ratings of a period. The output file appears when it is complete.
absl::StatusOr<int> Export(Session& session, const ExportOptions& options);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_EXPORT_H_
