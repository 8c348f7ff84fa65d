#include "common/server/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <functional>

#include "common/server/address.h"
#include "common/server/flags.h"
#include "tests/server/harness.h"

namespace rapport::server {
namespace {

using ::testing::HasSubstr;

constexpr const char* kFlags[] = {"--listen",
                                  "--metrics-listen",
                                  "--reflection",
                                  "--store",
                                  "--partitions",
                                  "--require-safe-store",
                                  "--credentials",
                                  "--tls-cert",
                                  "--tls-key",
                                  "--tls-client-ca",
                                  "--max-message-bytes",
                                  "--max-transport-bytes",
                                  "--memory-limit",
                                  "--max-connections",
                                  "--max-concurrent-streams",
                                  "--executor-threads",
                                  "--executor-queue",
                                  "--executor-max-wait",
                                  "--tenant-calls-per-second",
                                  "--tenant-events-per-second",
                                  "--tenant-open-streams",
                                  "--default-deadline",
                                  "--handshake-timeout",
                                  "--max-connection-idle",
                                  "--max-connection-age",
                                  "--stream-poll-interval",
                                  "--write-queue-events",
                                  "--write-queue-bytes",
                                  "--max-batch-events",
                                  "--max-batch-bytes",
                                  "--batch-linger",
                                  "--drain-delay",
                                  "--drain-timeout",
                                  "--log-level",
                                  "--config",
                                  "--version"};

std::optional<int> Parse(std::vector<std::string> flags, ServerConfig& config) {
  flags.insert(flags.begin(), "rapport-test");
  std::vector<char*> arguments;
  for (std::string& flag : flags) arguments.push_back(flag.data());
  const Program program = {.name = "rapport-test",
                           .description = "Tests flags.",
                           .next_step = "look at the figures.",
                           .port = 1234,
                           .metrics_port = 5678};
  return ParseServerFlags(static_cast<int>(arguments.size()), arguments.data(), program, config);
}

TEST(ConfigTest, IsValidAsItStands) {
  EXPECT_TRUE(ServerConfig().Validate().ok());
}

TEST(ConfigTest, NamesFlagValueAndRemedy) {
  struct Case {
    std::function<void(ServerConfig&)> change;
    const char* text;
  };
  const Case cases[] = {
      {[](ServerConfig& c) { c.listen = "nonsense"; }, "--listen is 'nonsense': give HOST:PORT"},
      {[](ServerConfig& c) { c.listen = "127.0.0.1:70000"; }, "--listen is '127.0.0.1:70000'"},
      {[](ServerConfig& c) { c.listen = "0.0.0.0:1"; }, "--listen is '0.0.0.0:1': without --credentials everybody"},
      {[](ServerConfig& c) { c.metrics_listen = "[::]:1"; }, "--metrics-listen is '[::]:1': without --credentials"},
      {[](ServerConfig& c) { c.store = ""; }, "--store is '': give rocksdb:PATH"},
      {[](ServerConfig& c) { c.partitions = 0; }, "--partitions is '0': give a number from 1 to 4096"},
      {[](ServerConfig& c) { c.tls_cert = "cert.pem"; }, "--tls-key is '': --tls-cert and --tls-key go together"},
      {[](ServerConfig& c) { c.tls_key = "key.pem"; }, "--tls-cert is '': --tls-cert and --tls-key go together"},
      {[](ServerConfig& c) { c.tls_client_ca = "ca.pem"; }, "--tls-client-ca is 'ca.pem': client certificates need"},
      {[](ServerConfig& c) { c.max_message_bytes = 0; }, "--max-message-bytes is '0'"},
      {[](ServerConfig& c) { c.executor_threads = 0; }, "--executor-threads is '0'"},
      {[](ServerConfig& c) { c.executor_max_wait = absl::ZeroDuration(); }, "--executor-max-wait is '0'"},
      {[](ServerConfig& c) { c.max_connections = 0; }, "--max-connections is '0'"},
      {[](ServerConfig& c) { c.handshake_timeout = absl::ZeroDuration(); }, "--handshake-timeout is '0'"},
      {[](ServerConfig& c) { c.write_queue_bytes = c.max_message_bytes - 1; }, "not even one message of --max-message"},
      {[](ServerConfig& c) { c.tenant_calls_per_second = std::numeric_limits<double>::quiet_NaN(); },
       "--tenant-calls-per-second is 'nan'"},
      {[](ServerConfig& c) { c.drain_timeout = -absl::Seconds(1); }, "--drain-timeout is '-1s': give a time from 0"},
      {[](ServerConfig& c) { c.log_level = "loud"; }, "--log-level is 'loud': give debug, info, warning or error"},
  };
  for (const Case& test : cases) {
    ServerConfig config;
    test.change(config);
    EXPECT_THAT(std::string(config.Validate().message()), HasSubstr(test.text));
  }
}

TEST(ConfigTest, MayListenEverywhereWithCredentials) {
  ServerConfig config;
  config.listen = "0.0.0.0:50051";
  config.metrics_listen = "[::]:9464";
  config.credentials = "credentials.json";
  EXPECT_TRUE(config.Validate().ok()) << config.Validate();
}

TEST(AddressTest, KnowsLoopback) {
  for (const char* address : {"127.0.0.1:1", "127.9.9.9:1", "localhost:1", "[::1]:1"}) {
    EXPECT_TRUE(IsLoopback(address)) << address;
  }
  for (const char* address : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "127.evil.example:1", "127.0.0.1", ""}) {
    EXPECT_FALSE(IsLoopback(address)) << address;
  }
}

TEST(FlagsTest, HelpTellsOfEveryFlagAndWhatToDoNext) {
  ServerConfig config;
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(Parse({"--help"}, config), 0);
  const std::string help = ::testing::internal::GetCapturedStdout();
  for (const char* flag : kFlags) EXPECT_THAT(help, HasSubstr(flag));
  for (const char* text :
       {"Tests flags.", "Example:", "Next: look at the figures.", "127.0.0.1:1234", "RAPPORT_LISTEN"}) {
    EXPECT_THAT(help, HasSubstr(text));
  }
}

TEST(FlagsTest, ReadsCommandLineBeforeFileBeforeEnvironment) {
  const std::string file = testing::TempFolder() + "/flags.ini";
  testing::WriteFile(file, "partitions = 2\nexecutor-queue = 3\ndrain-delay = \"4s\"\nreflection = true\n");
  setenv("RAPPORT_PARTITIONS", "5", 1);
  setenv("RAPPORT_EXECUTOR_QUEUE", "5", 1);
  setenv("RAPPORT_EXECUTOR_THREADS", "6", 1);
  ServerConfig config;
  EXPECT_EQ(Parse({"--config=" + file, "--partitions=7"}, config), std::nullopt);
  unsetenv("RAPPORT_PARTITIONS");
  unsetenv("RAPPORT_EXECUTOR_QUEUE");
  unsetenv("RAPPORT_EXECUTOR_THREADS");
  EXPECT_EQ(config.partitions, 7u);
  EXPECT_EQ(config.executor_queue, 3);
  EXPECT_EQ(config.executor_threads, 6);
  EXPECT_EQ(config.drain_delay, absl::Seconds(4));
  EXPECT_TRUE(config.reflection);
  EXPECT_EQ(config.listen, "127.0.0.1:1234");
}

TEST(FlagsTest, RefusesWhatItDoesNotUnderstand) {
  const std::pair<std::string, std::string> cases[] = {{"--no-such-flag", "--no-such-flag"},
                                                       {"--drain-delay=5", "give a number and a unit"},
                                                       {"--partitions=many", "--partitions"},
                                                       {"--listen=0.0.0.0:1", "rapport-test: --listen is '0.0.0.0:1'"}};
  for (const auto& [flag, text] : cases) {
    ServerConfig config;
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(Parse({flag}, config), 2) << flag;
    EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr(text));
  }
}

}  // namespace
}  // namespace rapport::server
