#ifndef RAPPORT_SERVICES_CLI_EXPORT_H_
#define RAPPORT_SERVICES_CLI_EXPORT_H_

#include "absl/status/statusor.h"
#include "services/cli/export_file.h"
#include "services/cli/filters.h"
#include "services/cli/period.h"
#include "services/cli/session.h"

namespace rapport::cli {

struct ExportOptions : ExportFileOptions {
  PeriodOptions period;
  FilterOptions filter;
};

// Writes all ratings of a period.
absl::StatusOr<int> Export(Session& session, const ExportOptions& options);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_EXPORT_H_
