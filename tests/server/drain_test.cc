#include <google/protobuf/wrappers.pb.h>
#include <grpcpp/generic/generic_stub.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <future>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "tests/server/harness.h"

namespace rapport::server {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace testing;  // NOLINT(google-build-using-namespace): the harness is this file's vocabulary

TEST(DrainTest, FinishesCallsInFlightAndRefusesNewOnes) {
  TestServer server;
  RpcRuntime::Done held;
  absl::Notification arrived;
  server.service->async = [&](const Call&, RpcRuntime::Done done) {
    held = std::move(done);
    arrived.Notify();
  };
  std::atomic<bool> finished = false;
  bool finished_before_drained = false;
  server.server->OnDrained([&] { finished_before_drained = finished; });
  const auto stub = server.Stub();
  auto in_flight = std::async(std::launch::async, [&] {
    grpc::ClientContext context;
    return CallAsync(*stub, context);
  });
  arrived.WaitForNotification();
  server.StartShutdown();
  ASSERT_TRUE(Eventually([&] { return server.server->rpc().draining(); }));
  grpc::ClientContext late;
  EXPECT_THAT(CallBlocking(*stub, late), HasCode(grpc::StatusCode::UNAVAILABLE));
  EXPECT_THAT(server.Http("/readyz"), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(server.Http("/healthz"), StartsWith("HTTP/1.1 200"));
  finished = true;
  held(absl::OkStatus());
  EXPECT_TRUE(in_flight.get().ok());
  server.AwaitShutdown();
  EXPECT_TRUE(finished_before_drained);
  EXPECT_TRUE(server.log.Has("what was accepted is stored and answered"));
}

TEST(DrainTest, AnswersCallsDuringTheDelayWhileNotReady) {
  ServerConfig config = TestConfig();
  config.drain_delay = absl::Seconds(3);
  TestServer server(config);
  const auto stub = server.Stub();
  server.StartShutdown();
  ASSERT_TRUE(Eventually([&] { return absl::StartsWith(server.Http("/readyz"), "HTTP/1.1 503"); }));
  EXPECT_FALSE(server.server->rpc().draining());
  grpc::ClientContext context;
  EXPECT_TRUE(CallAsync(*stub, context).ok());
}

TEST(DrainTest, CancelsWhatOutlastsTheTimeout) {
  ServerConfig config = TestConfig();
  config.drain_timeout = absl::Milliseconds(20);
  absl::Notification release;
  TestServer server(config);
  server.service->blocking = [&](const Call&) {
    release.WaitForNotification();
    return absl::OkStatus();
  };
  auto stuck = std::async(std::launch::async, [stub = server.Stub()] {
    grpc::ClientContext context;
    return CallBlocking(*stub, context);
  });
  ASSERT_TRUE(Eventually([&] { return server.server->executor().busy() == 1; }));
  server.StartShutdown();
  EXPECT_FALSE(stuck.get().ok());
  EXPECT_TRUE(server.log.Has("--drain-timeout"));
  release.Notify();
}

// A health watch that counts what it hears.
class HealthWatch final : public grpc::ClientBidiReactor<google::protobuf::StringValue, google::protobuf::Int32Value> {
 public:
  explicit HealthWatch(const std::shared_ptr<grpc::Channel>& channel) : stub_(channel) {
    stub_.PrepareBidiStreamingCall(&context_, "/grpc.health.v1.Health/Watch", {}, this);
    StartWriteLast(&request_, {});
    StartRead(&response_);
    StartCall();
  }
  void OnReadDone(bool ok) override {
    if (!ok) return;
    absl::MutexLock lock(&mutex_);
    heard_.push_back(response_.value());
    StartRead(&response_);
  }
  void OnDone(const grpc::Status&) override { done_.Notify(); }

  std::vector<int> heard() {
    absl::MutexLock lock(&mutex_);
    return heard_;
  }
  void AwaitDone() { done_.WaitForNotification(); }

 private:
  grpc::TemplatedGenericStub<google::protobuf::StringValue, google::protobuf::Int32Value> stub_;
  grpc::ClientContext context_;
  google::protobuf::StringValue request_;
  google::protobuf::Int32Value response_;
  absl::Notification done_;
  absl::Mutex mutex_;
  std::vector<int> heard_ ABSL_GUARDED_BY(mutex_);
};

TEST(DrainTest, TellsHealthWatchesAndDoesNotWaitForThem) {
  TestServer server;
  const auto channel = server.Channel();
  HealthWatch watch(channel);
  ASSERT_TRUE(Eventually([&] { return watch.heard() == std::vector<int>{1}; }));
  server.StartShutdown();
  watch.AwaitDone();
  server.AwaitShutdown();
  EXPECT_EQ(watch.heard().back(), 2);
  EXPECT_FALSE(server.log.Has("--drain-timeout"));
}

// The example server as a process of its own.
class ExampleServer {
 public:
  explicit ExampleServer(const std::vector<std::string>& flags) {
    int output[2];
    EXPECT_EQ(pipe(output), 0);
    std::vector<char*> arguments = {const_cast<char*>(RAPPORT_EXAMPLE_SERVER)};
    for (const std::string& flag : flags) arguments.push_back(const_cast<char*>(flag.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, output[0]);
    EXPECT_EQ(posix_spawn(&pid_, RAPPORT_EXAMPLE_SERVER, &actions, nullptr, arguments.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(output[1]);
    output_ = fdopen(output[0], "r");
  }
  ~ExampleServer() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    std::fclose(output_);
  }

  void Signal(int number) const { kill(pid_, number); }
  // The wait status of the ended process.
  int Wait() {
    int status = 0;
    waitpid(std::exchange(pid_, 0), &status, 0);
    return status;
  }
  std::string ReadLine() {
    char line[256] = "";
    return std::fgets(line, sizeof(line), output_) == nullptr ? "" : line;
  }

 private:
  pid_t pid_ = 0;
  std::FILE* output_ = nullptr;
};

const std::vector<std::string> kFreePorts = {"--listen=127.0.0.1:0", "--metrics-listen=127.0.0.1:0"};

TEST(SignalTest, DrainsOnSigtermWithoutLosingTheCallInFlight) {
  ExampleServer server(kFreePorts);
  int port = 0;
  int metrics_port = 0;
  ASSERT_EQ(std::sscanf(server.ReadLine().c_str(), "%d %d", &port, &metrics_port), 2);
  EXPECT_THAT(HttpGet(metrics_port, "/readyz"), StartsWith("HTTP/1.1 200"));
  auto in_flight = std::async(std::launch::async, [port] {
    const auto stub = v1::RatingsService::NewStub(
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    return CallBlocking(*stub, context);
  });
  ASSERT_EQ(server.ReadLine(), "called\n");
  server.Signal(SIGTERM);
  const grpc::Status status = in_flight.get();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(server.ReadLine(), "drained\n");
  const int ended = server.Wait();
  EXPECT_TRUE(WIFEXITED(ended));
  EXPECT_EQ(WEXITSTATUS(ended), 0);
}

TEST(SignalTest, EndsAtOnceOnASecondSignal) {
  std::vector<std::string> flags = kFreePorts;
  flags.emplace_back("--drain-delay=10m");
  ExampleServer server(flags);
  int port = 0;
  int metrics_port = 0;
  ASSERT_EQ(std::sscanf(server.ReadLine().c_str(), "%d %d", &port, &metrics_port), 2);
  server.Signal(SIGINT);
  ASSERT_TRUE(Eventually([&] { return absl::StartsWith(HttpGet(metrics_port, "/readyz"), "HTTP/1.1 503"); }));
  server.Signal(SIGINT);
  const int ended = server.Wait();
  EXPECT_TRUE(WIFSIGNALED(ended));
  EXPECT_EQ(WTERMSIG(ended), SIGINT);
}

}  // namespace
}  // namespace rapport::server
