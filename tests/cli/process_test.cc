#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include "tests/cli/fake_ratings_service.h"

namespace rapport::cli {
namespace {

using ::testing::HasSubstr;

// The program itself, its output and errors read through pipes, or through a terminal.
class Process {
 public:
  explicit Process(std::vector<std::string> arguments, bool on_terminal = false) {
    arguments.insert(arguments.begin(), RAPPORT_BINARY);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    std::array<int, 2> out = {-1, -1};
    std::array<int, 2> err = {-1, -1};
    if (pipe2(out.data(), O_CLOEXEC) != 0) abort();
    if (on_terminal) {
      err[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
      if (err[0] < 0 || grantpt(err[0]) != 0 || unlockpt(err[0]) != 0) abort();
      err[1] = open(ptsname(err[0]), O_RDWR | O_NOCTTY | O_CLOEXEC);
    } else if (pipe2(err.data(), O_CLOEXEC) != 0) {
      abort();
    }
    pid_ = fork();
    if (pid_ == 0) {
      dup2(out[1], STDOUT_FILENO);
      dup2(err[1], STDERR_FILENO);
      execv(RAPPORT_BINARY, argv.data());
      _exit(127);
    }
    close(out[1]);
    close(err[1]);
    out_ = out[0];
    err_ = err[0];
  }
  ~Process() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(out_);
    close(err_);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Blocks until the output holds `text` or ends.
  std::string ReadOutUntil(const std::string& text) { return ReadUntil(out_, text); }
  std::string ReadErr() { return ReadUntil(err_, ""); }

  void Signal(int signal) const { kill(pid_, signal); }

  int Wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  static std::string ReadUntil(int descriptor, const std::string& text) {
    std::string content;
    std::array<char, 4096> buffer;
    while (text.empty() || content.find(text) == std::string::npos) {
      const ssize_t count = read(descriptor, buffer.data(), buffer.size());
      if (count <= 0) break;
      content.append(buffer.data(), static_cast<size_t>(count));
    }
    return content;
  }

  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
};

TEST(ProcessTest, WatchEndsOnInterruptionWithTheTokenToGoOnWith) {
  FakeServer server;
  ratings::v1::WatchRatingsResponse message;
  message.mutable_rating()->set_rating_id("T-1");
  message.set_resume_token("after-T-1");
  server.service().watch_messages.push_back(message);
  for (const int signal : {SIGINT, SIGTERM}) {
    Process process({"--server=" + server.address(), "ratings", "watch"});
    ASSERT_THAT(process.ReadOutUntil("\n"), HasSubstr("T-1"));
    process.Signal(signal);
    EXPECT_THAT(process.ReadErr(), HasSubstr("resume with --resume-token=after-T-1\n"));
    EXPECT_EQ(process.Wait(), 0);
  }
}

TEST(ProcessTest, ProgressIsForTerminalsOnly) {
  FakeServer server;
  const std::vector<std::string> import = {"--server=" + server.address(),
                                           "ratings",
                                           "import",
                                           "/dev/stdin",
                                           "--scale=CSAT_5",
                                           "--map=rating_id=a,customer_id=b,score=c,occurred_at=d"};
  std::array<int, 2> input = {-1, -1};
  for (const bool on_terminal : {true, false}) {
    ASSERT_EQ(pipe(input.data()), 0);
    const std::string rows = "a,b,c,d\n1,2,3,2026-10-31T14:05:00Z\n";
    ASSERT_EQ(write(input[1], rows.data(), rows.size()), static_cast<ssize_t>(rows.size()));
    close(input[1]);
    const int standard_input = dup(STDIN_FILENO);
    dup2(input[0], STDIN_FILENO);
    close(input[0]);
    Process process(import, on_terminal);
    dup2(standard_input, STDIN_FILENO);
    close(standard_input);
    EXPECT_THAT(process.ReadOutUntil("rejected"), HasSubstr("read"));
    const std::string errors = process.ReadErr();
    if (on_terminal) {
      EXPECT_THAT(errors, HasSubstr("1 rows"));
    } else {
      EXPECT_EQ(errors, "");
    }
    EXPECT_EQ(process.Wait(), 0);
  }
}

TEST(ProcessTest, HelpNeedsNoServer) {
  Process process({"--help"});
  EXPECT_THAT(process.ReadOutUntil("Exit codes"), HasSubstr("RAPPORT_SERVER"));
  EXPECT_EQ(process.Wait(), 0);
}

}  // namespace
}  // namespace rapport::cli
