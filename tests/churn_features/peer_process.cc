#include "tests/churn_features/peer_process.h"

#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "tests/support/redis_server.h"

namespace rapport::churn {

RatingsProcess::RatingsProcess() {
  // Somebody else may take the port before the service does.
  for (int attempt = 0; attempt < 5; ++attempt) {
    port_ = test_support::FreePort();
    Spawn();
    if (AwaitAnswer()) return;
    Kill();
  }
  std::fprintf(stderr, "the ratings service does not start\n");
  std::abort();
}

RatingsProcess::~RatingsProcess() {
  Kill();
}

std::string RatingsProcess::address() const {
  return absl::StrCat("127.0.0.1:", port_);
}

void RatingsProcess::Spawn() const {
  const std::string listen = "--listen=" + address();
  const std::string store = absl::StrCat("--store=rocksdb:", dir_.path(), "/data");
  const std::string log = dir_.path() + "/output";
  pid_ = fork();
  if (pid_ != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int output = open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execl(RAPPORT_RATINGS_BINARY, RAPPORT_RATINGS_BINARY, listen.c_str(), "--metrics-listen=127.0.0.1:0", store.c_str(),
        "--drain-delay=0s", nullptr);
  _exit(127);
}

bool RatingsProcess::AwaitAnswer() {
  const auto channel = grpc::CreateChannel(address(), grpc::InsecureChannelCredentials());
  if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(60))) return false;
  stub_ = ratings::v1::RatingsService::NewStub(channel);
  return true;
}

void RatingsProcess::Kill() {
  End(SIGKILL);
}

void RatingsProcess::Stop() {
  End(SIGTERM);
}

void RatingsProcess::Freeze() {
  kill(pid_, SIGSTOP);
  // It may answer until all its threads have stopped.
  int status = 0;
  while (waitpid(pid_, &status, WUNTRACED) == pid_ && !WIFSTOPPED(status)) {
  }
}

void RatingsProcess::Thaw() {
  kill(pid_, SIGCONT);
}

void RatingsProcess::Start() {
  Spawn();
  if (AwaitAnswer()) return;
  std::fprintf(stderr, "the ratings service does not start again\n");
  std::abort();
}

void RatingsProcess::End(int signal) {
  if (pid_ <= 0) return;
  kill(pid_, signal);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace rapport::churn
