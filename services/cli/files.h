#ifndef RAPPORT_SERVICES_CLI_FILES_H_
#define RAPPORT_SERVICES_CLI_FILES_H_

#include <istream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace rapport::cli {

absl::StatusOr<std::string> ReadFile(const std::string& path);
// The same, `-` being `in`.
absl::StatusOr<std::string> ReadFileOr(std::istream& in, const std::string& path);

// Replaces the file in one step, so that a reader sees the old or the new content and never a part. A new file gets
// mode 0600; one that exists keeps its mode.
absl::Status ReplaceFile(const std::string& path, absl::string_view content);

// "PATH: No such file or directory" for the errno of the call just failed.
absl::Status FileError(absl::string_view path);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_FILES_H_
