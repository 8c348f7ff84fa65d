#ifndef RAPPORT_TESTS_CLI_COMMAND_RUNNER_H_
#define RAPPORT_TESTS_CLI_COMMAND_RUNNER_H_

#include <string>
#include <vector>

namespace rapport::cli {

struct CommandResult {
  int exit_code = 0;
  std::string out;
  std::string err;
};

// What stands on the other side of the command's streams.
struct CommandInput {
  std::string text;
  bool is_terminal = false;
};

// Runs one command in this process; the clock stands at 2026-10-31 14:05 UTC.
CommandResult RunCommand(const std::vector<std::string>& arguments, const CommandInput& input = {});

// A file in a folder of its own, both removed with the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& path() const { return path_; }
  // A path beside it.
  std::string Sibling(const std::string& name) const;

 private:
  std::string folder_;
  std::string path_;
};

std::string FileContent(const std::string& path);

}  // namespace rapport::cli

#endif  // RAPPORT_TESTS_CLI_COMMAND_RUNNER_H_
