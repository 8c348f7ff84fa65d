#include <google/protobuf/wrappers.pb.h>
#include <grpcpp/generic/generic_stub.h>

#include <cstdio>
#include <cstdlib>
#include <future>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/metrics/runtime_metrics.h"
#include "tests/server/harness.h"

namespace rapport::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using namespace testing;  // NOLINT(google-build-using-namespace): the harness is this file's vocabulary

// The wrappers have the wire form of health requests and answers: one field, numbered 1.
using HealthStub = grpc::TemplatedGenericStub<google::protobuf::StringValue, google::protobuf::Int32Value>;

constexpr int kServing = 1;

grpc::Status CallUnary(const TestServer& server, const std::string& method, const std::string& argument, int* answer) {
  google::protobuf::StringValue request;
  request.set_value(argument);
  google::protobuf::Int32Value response;
  grpc::ClientContext context;
  std::promise<grpc::Status> done;
  HealthStub stub(server.Channel());
  stub.UnaryCall(&context, method, {}, &request, &response,
                 [&](const grpc::Status& status) { done.set_value(status); });
  const grpc::Status status = done.get_future().get();
  *answer = response.value();
  return status;
}

// The health of a service; minus the status code when the call fails.
int Health(const TestServer& server, const std::string& service) {
  int answer = 0;
  const grpc::Status status = CallUnary(server, "/grpc.health.v1.Health/Check", service, &answer);
  return status.ok() ? answer : -status.error_code();
}

TEST(OperationsTest, ShowsHealthOfTheServerAndOfEachService) {
  const TestServer server;
  EXPECT_EQ(Health(server, ""), kServing);
  EXPECT_EQ(Health(server, std::string(kServiceName)), kServing);
  EXPECT_EQ(Health(server, "rapport.Unknown"), -grpc::StatusCode::NOT_FOUND);
}

TEST(OperationsTest, FollowsTheReadinessChecks) {
  std::atomic<bool> store_works = false;
  metrics::Registry registry;
  LogLines log;
  const std::unique_ptr<Server> server = *Server::Create(TestConfig(), "test", registry, log.Sink());
  server->AddReadinessCheck("store", [&] {
    return store_works ? absl::OkStatus() : absl::UnavailableError("cannot reach redis://localhost: start it");
  });
  TestService service(server->rpc());
  server->AddService(&service, std::string(kServiceName));
  const absl::Status started = server->Start();
  ASSERT_TRUE(started.ok()) << started;
  const auto readyz = [&] { return HttpGet(server->metrics_port(), "/readyz"); };
  EXPECT_THAT(readyz(), AllOf(StartsWith("HTTP/1.1 503"),
                              HasSubstr("store: UNAVAILABLE: cannot reach redis://localhost: start it\n")));
  EXPECT_THAT(registry.Serialize(), HasSubstr("rapport_ready 0"));
  store_works = true;
  EXPECT_TRUE(Eventually([&] { return absl::StartsWith(readyz(), "HTTP/1.1 200"); }));
  EXPECT_THAT(registry.Serialize(), HasSubstr("rapport_ready 1"));
  EXPECT_THAT(HttpGet(server->metrics_port(), "/healthz"), StartsWith("HTTP/1.1 200"));
  server->RequestShutdown();
  server->WaitUntilShutdown();
}

TEST(OperationsTest, ReflectsItsServicesOnlyWhenAsked) {
  const std::string method = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
  int ignored = 0;
  ServerConfig config = TestConfig();
  config.reflection = true;
  EXPECT_TRUE(CallUnary(TestServer(config), method, "host", &ignored).ok());
  EXPECT_THAT(CallUnary(TestServer(), method, "host", &ignored), HasCode(grpc::StatusCode::UNIMPLEMENTED));
}

TEST(OperationsTest, NamesTheAddressThatIsTaken) {
  const TestServer first;
  for (const bool taken_by_metrics : {false, true}) {
    ServerConfig config = TestConfig();
    (taken_by_metrics ? config.metrics_listen : config.listen) = absl::StrCat("127.0.0.1:", first.server->port());
    metrics::Registry registry;
    LogLines log;
    const std::unique_ptr<Server> second = *Server::Create(config, "test", registry, log.Sink());
    EXPECT_THAT(std::string(second->Start().message()),
                AllOf(HasSubstr(taken_by_metrics ? "--metrics-listen=127.0.0.1:" : "--listen=127.0.0.1:"),
                      HasSubstr("give another address")));
  }
}

TEST(OperationsTest, WritesMetricsThatPromtoolAccepts) {
  const TestServer server;
  const auto stub = server.Stub();
  grpc::ClientContext context;
  ASSERT_TRUE(CallAsync(*stub, context).ok());
  const std::string answer = server.Http("/metrics");
  ASSERT_THAT(answer, StartsWith("HTTP/1.1 200"));
  const std::string text = answer.substr(answer.find("\r\n\r\n") + 4);
  const std::string folder = TempFolder();
  WriteFile(folder + "/metrics", text);
  const std::string command = absl::StrCat("promtool check metrics <", folder, "/metrics >", folder, "/problems 2>&1");
  EXPECT_EQ(std::system(command.c_str()), 0) << "see " << folder << "/problems";
  EXPECT_THAT(text, AllOf(HasSubstr("rapport_build_info{version=\""), HasSubstr("process_resident_memory_bytes "),
                          HasSubstr("process_cpu_seconds_total "), HasSubstr("process_open_fds "),
                          HasSubstr("process_start_time_seconds "), Not(HasSubstr(" Nan"))));
}

TEST(OperationsTest, LogsThatDevelopmentModeIsOpen) {
  const TestServer server;
  EXPECT_TRUE(server.log.Has("development mode: every caller on this machine may do everything"));
}

}  // namespace
}  // namespace rapport::server
