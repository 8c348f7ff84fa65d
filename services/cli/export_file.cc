#include "services/cli/export_file.h"

#include <cerrno>
#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "services/cli/files.h"
#include "services/cli/text.h"

namespace rapport::cli {

absl::StatusOr<int> WriteExport(Session& session, const ExportFileOptions& options, absl::string_view noun,
                                const std::function<absl::StatusOr<int64_t>(std::ostream& out, Progress& progress,
                                                                            const RetryPolicy& retry)>& write) {
  Progress progress(session.environment.err, session.progress && session.environment.err_is_terminal, 0);
  RetryPolicy retry;
  retry.delay = options.retry_delay;
  retry.on_wait = [&](absl::string_view reason, absl::Duration delay) {
    progress.Note(absl::StrCat(reason, "; trying again in ", absl::FormatDuration(delay)));
  };
  if (options.output_file.empty()) {
    const absl::StatusOr<int64_t> count = write(session.environment.out, progress, retry);
    if (!count.ok()) return count.status();
    return kDone;
  }
  const std::string partial = options.output_file + ".part";
  errno = 0;
  std::ofstream file(partial, std::ios::binary | std::ios::trunc);
  if (!file) return FileError(partial);
  absl::StatusOr<int64_t> count = write(file, progress, retry);
  errno = 0;
  file.close();
  if (count.ok() && (!file || std::rename(partial.c_str(), options.output_file.c_str()) != 0)) {
    count = FileError(options.output_file);
  }
  if (!count.ok()) {
    std::remove(partial.c_str());
    return count.status();
  }
  progress.Note(absl::StrCat("wrote ", Grouped(*count), " ", noun, " to ", options.output_file));
  return kDone;
}

}  // namespace rapport::cli
