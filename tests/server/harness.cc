#include "tests/server/harness.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/server/access.h"

namespace rapport::server::testing {

bool LogLines::Has(absl::string_view text) const {
  absl::MutexLock lock(&mutex_);
  return std::any_of(lines_.begin(), lines_.end(),
                     [text](const std::string& line) { return absl::StrContains(line, text); });
}

ServerConfig TestConfig() {
  ServerConfig config;
  config.listen = "127.0.0.1:0";
  config.metrics_listen = "127.0.0.1:0";
  config.executor_threads = 2;
  config.stream_poll_interval = absl::Milliseconds(2);
  config.log_level = "debug";
  return config;
}

TestServer::TestServer(const ServerConfig& config) {
  absl::StatusOr<std::unique_ptr<Server>> created = Server::Create(config, "test", registry, log.Sink());
  if (!created.ok()) {
    ADD_FAILURE() << created.status();
    std::abort();
  }
  server = *std::move(created);
  service = std::make_unique<TestService>(server->rpc());
  server->AddService(service.get(), std::string(kServiceName));
  const absl::Status started = server->Start();
  EXPECT_TRUE(started.ok()) << started;
}

TestServer::~TestServer() {
  if (shutdown_.joinable()) shutdown_.join();
  server = nullptr;
}

std::shared_ptr<grpc::Channel> TestServer::Channel(const std::shared_ptr<grpc::ChannelCredentials>& credentials) const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", server->port()), credentials, arguments);
}

std::string TestServer::Http(const std::string& path) const {
  return HttpGet(server->metrics_port(), path);
}

void TestServer::StartShutdown() {
  shutdown_ = std::thread([this] { server->WaitUntilShutdown(); });
  server->RequestShutdown();
}

std::string HttpGet(int port, const std::string& path) {
  const int connection = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
    const std::string request = absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    char buffer[4096];
    ssize_t count = send(connection, request.data(), request.size(), MSG_NOSIGNAL);
    while (count > 0 && (count = recv(connection, buffer, sizeof(buffer), 0)) > 0) {
      answer.append(buffer, static_cast<size_t>(count));
    }
  }
  close(connection);
  return answer;
}

bool Eventually(const std::function<bool()>& condition) {
  const absl::Time end = absl::Now() + absl::Seconds(60);
  while (!condition()) {
    if (absl::Now() >= end) return false;
    absl::SleepFor(absl::Milliseconds(2));
  }
  return true;
}

std::string TempFolder() {
  std::string path = absl::StrCat(::testing::TempDir(), "/rapport-XXXXXX");
  EXPECT_NE(mkdtemp(path.data()), nullptr);
  return path;
}

void WriteFile(const std::string& path, absl::string_view content) {
  std::ofstream(path, std::ios::binary) << std::string(content);
}

std::string TokenEntry(absl::string_view name, absl::string_view token, absl::string_view tenant,
                       absl::string_view role) {
  return absl::StrCat(R"({"name":")", name, R"(","tokenSha256":")", TokenSha256(token), R"(","tenant":")", tenant,
                      R"(","roles":[")", role, R"("],"agentId":"agent-1"})");
}

grpc::Status CallAsync(v1::RatingsService::Stub& stub, grpc::ClientContext& context) {
  v1::RecordRatingResponse response;
  return stub.RecordRating(&context, {}, &response);
}

grpc::Status CallBlocking(v1::RatingsService::Stub& stub, grpc::ClientContext& context) {
  v1::RecordRatingsResponse response;
  return stub.RecordRatings(&context, {}, &response);
}

}  // namespace rapport::server::testing
