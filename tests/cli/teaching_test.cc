// What teaches the commands of churn is true.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <wordexp.h>

#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/cli/command_runner.h"
#include "tests/cli/fake_churn_service.h"

namespace rapport::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int kWrongCommandLine = 2;

const std::vector<std::string>& Commands() {
  static const auto* commands = new std::vector<std::string>{"activities import",
                                                             "activities record",
                                                             "churn report",
                                                             "churn query",
                                                             "churn retention",
                                                             "churn conversion",
                                                             "churn forecast",
                                                             "churn at-risk",
                                                             "churn watch",
                                                             "churn sweep",
                                                             "churn score",
                                                             "churn explain",
                                                             "churn health-rules get",
                                                             "churn health-rules set",
                                                             "churn health-rules reset",
                                                             "churn search",
                                                             "churn customer",
                                                             "churn features",
                                                             "churn erase",
                                                             "churn evaluate",
                                                             "churn train",
                                                             "churn trainings",
                                                             "churn cancel-training",
                                                             "churn models",
                                                             "churn model",
                                                             "churn activate",
                                                             "churn rollback",
                                                             "churn shadow",
                                                             "churn export-model",
                                                             "churn drift",
                                                             "churn export-training-data",
                                                             "churn bgnbd fit"};
  return *commands;
}

// Where a shell would go on with something else, or the text with a comment.
size_t EndOfCommand(absl::string_view line) {
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\'') quoted = !quoted;
    for (const absl::string_view end : {"  ", " >", " &&", " |"}) {
      if (!quoted && absl::StartsWith(line.substr(i), end)) return i;
    }
  }
  return line.size();
}

// The commands of a text, a line each; one that goes on over several lines is one.
std::vector<std::string> CommandsIn(std::string text, const std::string& group) {
  std::vector<std::string> commands;
  for (size_t at = text.find("\\\n"); at != std::string::npos; at = text.find("\\\n")) {
    text.erase(at, text.find_first_not_of(' ', at + 2) - at);
  }
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    const size_t begin = line.find_first_not_of(' ');
    if (begin == absl::string_view::npos) continue;
    line.remove_prefix(begin);
    if (!absl::StartsWith(line, absl::StrCat("rapport ", group, " "))) continue;
    line.remove_prefix(line.find(' ') + 1);
    commands.emplace_back(line.substr(0, EndOfCommand(line)));
  }
  return commands;
}

std::vector<std::string> Words(const std::string& command) {
  wordexp_t words = {};
  EXPECT_EQ(wordexp(command.c_str(), &words, WRDE_NOCMD), 0) << command;
  std::vector<std::string> result(words.we_wordv, words.we_wordv + words.we_wordc);
  wordfree(&words);
  return result;
}

// Runs it against a server that knows nothing: whatever comes of it, the command line is right.
void ExpectRightCommandLine(const std::string& command, FakeChurnServer& server) {
  // It would not end, and would leave files.
  if (absl::StartsWith(command, "churn watch") || absl::StrContains(command, "-file=")) return;
  std::vector<std::string> arguments = Words(command);
  arguments.insert(arguments.begin(), "--server=" + server.address());
  const CommandResult result = RunCommand(arguments);
  EXPECT_NE(result.exit_code, kWrongCommandLine) << command << "\n" << result.err;
}

TEST(TeachingTest, EachCommandTeachesWithAnExampleThatIsRight) {
  FakeChurnServer server;
  server.service().answers["TrainModelResponse"] = {"training { state: TRAINING_STATE_FAILED error { code: 9 } }"};
  for (const std::string& command : Commands()) {
    std::vector<std::string> arguments = absl::StrSplit(command, ' ');
    arguments.emplace_back("--help");
    const CommandResult result = RunCommand(arguments);
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_THAT(result.out, AllOf(HasSubstr("Examples:"), HasSubstr("rapport " + command)));
    for (const std::string& example : CommandsIn(result.out, arguments.front())) {
      ExpectRightCommandLine(example, server);
    }
  }
}

TEST(TeachingTest, TheReadmeIsRight) {
  FakeChurnServer server;
  server.service().answers["TrainModelResponse"] = {"training { state: TRAINING_STATE_FAILED error { code: 9 } }"};
  const std::string readme = FileContent(CLI_README);
  for (const char* group : {"activities", "churn"}) {
    const std::vector<std::string> commands = CommandsIn(readme, group);
    EXPECT_GE(commands.size(), 3);
    for (const std::string& command : commands) ExpectRightCommandLine(command, server);
  }
}

}  // namespace
}  // namespace rapport::cli
