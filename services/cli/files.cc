#include "services/cli/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace rapport::cli {
namespace {

absl::Status WriteAndSync(int descriptor, absl::string_view path, absl::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FileError(path);
    content.remove_prefix(static_cast<size_t>(written));
  }
  return fsync(descriptor) == 0 ? absl::OkStatus() : FileError(path);
}

}  // namespace

absl::Status FileError(absl::string_view path) {
  return absl::ErrnoToStatus(errno, path);
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return FileError(path);
  std::string content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (file.bad()) return FileError(path);
  return content;
}

absl::StatusOr<std::string> ReadFileOr(std::istream& in, const std::string& path) {
  if (path != "-") return ReadFile(path);
  return std::string{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

absl::Status ReplaceFile(const std::string& path, absl::string_view content) {
  struct stat existing = {};
  const mode_t mode = stat(path.c_str(), &existing) == 0 ? existing.st_mode & 07777 : 0600;
  std::string temporary = path + ".XXXXXX";
  const int descriptor = mkstemp(temporary.data());
  if (descriptor < 0) return FileError(temporary);
  absl::Status status = fchmod(descriptor, mode) == 0 ? absl::OkStatus() : FileError(temporary);
  status.Update(WriteAndSync(descriptor, temporary, content));
  close(descriptor);
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0) status = FileError(path);
  if (!status.ok()) unlink(temporary.c_str());
  return status;
}

}  // namespace rapport::cli
