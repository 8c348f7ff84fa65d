// The yardstick of unary calls: the same runtime, RPC, messages, authorisation, limits and metrics as rapport-ratings,
// with nothing behind.
#include <iostream>
#include <optional>

#include "common/metrics/registry.h"
#include "common/server/flags.h"
#include "common/server/rpc.h"
#include "common/server/server.h"
#include "rapport/ratings/v1/ratings_service.grpc.pb.h"

namespace {

using namespace rapport;

constexpr server::RpcSpec kRecordRating{"RecordRating", {access::v1::ROLE_INGEST}};

class EmptyService final : public ratings::v1::RatingsService::CallbackService {
 public:
  explicit EmptyService(server::RpcRuntime& runtime) : runtime_(runtime) {}

  grpc::ServerUnaryReactor* RecordRating(grpc::CallbackServerContext* context, const ratings::v1::RecordRatingRequest*,
                                         ratings::v1::RecordRatingResponse*) override {
    return runtime_.Async(context, kRecordRating,
                          [](const server::Call&, server::RpcRuntime::Done done) { done(absl::OkStatus()); });
  }

 private:
  server::RpcRuntime& runtime_;
};

}  // namespace

int main(int argc, char** argv) {
  server::ServerConfig config;
  const server::Program program{.name = "empty_server",
                                .description = "Answers RecordRating at once: what the server runtime alone costs.",
                                .next_step = "Measure it: tests/benchmark/run",
                                .port = 50099,
                                .metrics_port = 9499};
  if (const std::optional<int> exit_code = server::ParseServerFlags(argc, argv, program, config)) return *exit_code;
  metrics::Registry registry;
  auto server = server::Server::Create(config, "empty", registry);
  if (!server.ok()) {
    std::cerr << server.status().message() << "\n";
    return 1;
  }
  EmptyService service((*server)->rpc());
  (*server)->AddService(&service, "empty");
  const absl::Status started = (*server)->Start();
  if (!started.ok()) {
    std::cerr << started.message() << "\n";
    return 1;
  }
  (*server)->WaitUntilShutdown();
  return 0;
}
