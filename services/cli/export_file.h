#ifndef RAPPORT_SERVICES_CLI_EXPORT_FILE_H_
#define RAPPORT_SERVICES_CLI_EXPORT_FILE_H_

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/cli/event_sender.h"
#include "services/cli/progress.h"
#include "services/cli/session.h"

namespace rapport::cli {

// The flags of every export.
struct ExportFileOptions {
  // Empty means standard output.
  std::string output_file;
  std::string format = "csv";
  absl::Duration retry_delay = absl::Milliseconds(250);

  bool csv() const { return format == "csv"; }
};

// Gives `write` the output file, which appears when it is complete, or standard output. `write` returns how many items
// it wrote; `noun` is what people call them.
absl::StatusOr<int> WriteExport(Session& session, const ExportFileOptions& options, absl::string_view noun,
                                const std::function<absl::StatusOr<int64_t>(std::ostream& out, Progress& progress,
                                                                            const RetryPolicy& retry)>& write);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_EXPORT_FILE_H_
