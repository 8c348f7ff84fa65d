#ifndef RAPPORT_COMMON_SERVER_SERVER_H_
#define RAPPORT_COMMON_SERVER_SERVER_H_

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/metrics/registry.h"
#include "common/server/config.h"
#include "common/server/executor.h"
#include "common/server/log.h"
#include "common/server/rpc.h"

namespace grpc {
class Service;
}

namespace rapport::server {

// A service's process: gRPC server with health, reflection, TLS and authentication; metrics and probes over HTTP; logs;
// executor; orderly end. Call the functions in the order in which they stand, from one thread.
class Server {
 public:
  // `config` must be valid. `name` stands in logs ("ratings"). `registry` must outlive the server. `sink` takes the log
  // lines; without one they go to stderr.
  static absl::StatusOr<std::unique_ptr<Server>> Create(const ServerConfig& config, absl::string_view name,
                                                        metrics::Registry& registry, Logger::Sink sink = nullptr);
  // Drains first if that was not done.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  RpcRuntime& rpc();
  Executor& executor();
  Logger& log();
  // Whom the credentials name, in development mode `default`: for what must exist before the first call.
  std::set<std::string> tenants() const;

  // `service` must live until the server has drained. `full_name` ("rapport.ratings.v1.RatingsService") is its name in
  // health checks.
  void AddService(grpc::Service* service, std::string full_name);
  // Asked each second, on a thread of its own: it may block for a while. The server is ready while all are OK.
  void AddReadinessCheck(std::string name, std::function<absl::Status()> check);
  // POST `path` on the metrics port, from this machine, runs `work` and answers its text or its error. One command runs
  // at a time, and none after the server has drained: what `work` uses must live until then.
  void AddCommand(std::string path, std::function<absl::StatusOr<std::string>()> work);
  // Runs after the last RPC finished and the executor's tasks are done: flush and close. In the order of adding.
  void OnDrained(std::function<void()> callback);

  // An error names the address and the remedy.
  absl::Status Start();
  int port() const;
  int metrics_port() const;

  // Waits for SIGTERM, SIGINT or RequestShutdown, then drains: not ready; waits --drain-delay; refuses new calls and
  // ends streams; lets calls finish within --drain-timeout, then cancels them; OnDrained. A second signal ends the
  // process at once.
  void WaitUntilShutdown();
  // Lets WaitUntilShutdown go on as after a signal. From any thread.
  void RequestShutdown();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_SERVER_H_
