// A whole server around the test service, for tests that need a process of its own.
#include <cstdio>

#include "common/server/flags.h"
#include "tests/server/harness.h"

int main(int argc, char** argv) {
  namespace server = rapport::server;
  server::ServerConfig config;
  const server::Program program = {.name = "example-server",
                                   .description = "Answers test calls.",
                                   .next_step = "call it.",
                                   .port = 50051,
                                   .metrics_port = 9464};
  if (const std::optional<int> exit_code = server::ParseServerFlags(argc, argv, program, config)) return *exit_code;

  rapport::metrics::Registry registry;
  absl::StatusOr<std::unique_ptr<server::Server>> created = server::Server::Create(config, "example", registry);
  if (!created.ok()) {
    std::fprintf(stderr, "example-server: %s\n", std::string(created.status().message()).c_str());
    return 1;
  }
  server::Server& running = **created;
  server::testing::TestService service(running.rpc());
  // A call is in flight until SIGTERM has been noticed.
  service.blocking = [&running](const server::Call&) {
    std::puts("called");
    std::fflush(stdout);
    return server::testing::Eventually([&running] { return running.rpc().draining(); })
               ? absl::OkStatus()
               : absl::DeadlineExceededError("no drain");
  };
  running.AddService(&service, std::string(server::testing::kServiceName));
  running.OnDrained([] { std::puts("drained"); });
  if (const absl::Status status = running.Start(); !status.ok()) {
    std::fprintf(stderr, "example-server: %s\n", std::string(status.message()).c_str());
    return 1;
  }
  std::printf("%d %d\n", running.port(), running.metrics_port());
  std::fflush(stdout);
  running.WaitUntilShutdown();
  return 0;
}
