#include "tests/cli/command_runner.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "services/cli/command_line.h"

namespace rapport::cli {

CommandResult RunCommand(const std::vector<std::string>& arguments, const CommandInput& input) {
  std::istringstream in(input.text);
  std::ostringstream out;
  std::ostringstream err;
  Environment environment{in, out, err, input.is_terminal, input.is_terminal, [] {
                            return absl::FromCivil(absl::CivilSecond(2026, 10, 31, 14, 5, 0), absl::UTCTimeZone());
                          }};
  CommandResult result;
  result.exit_code = Run(arguments, environment);
  result.out = out.str();
  result.err = err.str();
  return result;
}

TemporaryFile::TemporaryFile(const std::string& content) {
  folder_ = (std::filesystem::temp_directory_path() / "rapport-cli-XXXXXX").string();
  if (mkdtemp(folder_.data()) == nullptr) abort();
  path_ = Sibling("file");
  std::ofstream(path_, std::ios::binary) << content;
}

TemporaryFile::~TemporaryFile() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string TemporaryFile::Sibling(const std::string& name) const {
  return folder_ + "/" + name;
}

std::string FileContent(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace rapport::cli
