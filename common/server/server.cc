#include "common/server/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/metrics/runtime_metrics.h"
#include "common/server/address.h"
#include "common/server/admin_http.h"
#include "common/server/listener.h"
#include "common/server/process_metrics.h"
#include "common/server/readiness.h"
#include "common/server/shutdown_signals.h"
#include "common/server/tls.h"

namespace rapport::server {
namespace {

constexpr absl::Duration kCheckPeriod = absl::Seconds(1);
constexpr absl::Duration kKeepaliveTime = absl::Minutes(1);
constexpr absl::Duration kKeepaliveTimeout = absl::Seconds(20);
constexpr absl::Duration kLeastPingInterval = absl::Seconds(10);
constexpr int kMaxMetadataBytes = 16 << 10;
// Read from a connection at a time. What was read is parsed at once: the less it is, the sooner the listener can cut
// it.
constexpr int kReadChunkBytes = 64 << 10;
constexpr int kMaxReflectionThreads = 16;  // each stream of reflection holds one

int Milliseconds(absl::Duration duration) {
  return static_cast<int>(std::clamp<int64_t>(absl::ToInt64Milliseconds(duration), 0, INT32_MAX));
}

// gRPC adds reflection to every server of a process that links it; this takes it out again.
class WithoutReflection final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments* /*arguments*/) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    std::erase_if(*plugins, [](const auto& plugin) { return plugin->name() == "proto_server_reflection"; });
  }
};

void SetLimits(grpc::ServerBuilder& builder, const ServerConfig& config) {
  builder.SetMaxReceiveMessageSize(static_cast<int>(config.max_message_bytes));
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, config.max_concurrent_streams);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(kKeepaliveTime));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(kKeepaliveTimeout));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, Milliseconds(kLeastPingInterval));
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, Milliseconds(config.handshake_timeout));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, Milliseconds(config.max_connection_idle));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, Milliseconds(config.max_connection_age));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, Milliseconds(config.drain_timeout));
  builder.AddChannelArgument(GRPC_ARG_TCP_MAX_READ_CHUNK_SIZE, kReadChunkBytes);
  grpc::ResourceQuota quota("server");
  quota.Resize(static_cast<size_t>(config.max_transport_bytes)).SetMaxThreads(kMaxReflectionThreads);
  builder.SetResourceQuota(quota);
}

RpcRuntime::Options RpcOptions(const ServerConfig& config) {
  return {.default_deadline = config.default_deadline,
          .stream_poll_interval = config.stream_poll_interval,
          .calls_per_second = config.tenant_calls_per_second,
          .events_per_second = config.tenant_events_per_second,
          .open_streams = config.tenant_open_streams};
}

}  // namespace

class Server::Impl {
 public:
  using Command = std::function<absl::StatusOr<std::string>()>;

  Impl(const ServerConfig& config, absl::string_view name, metrics::Registry& registry, Severity least,
       Logger::Sink sink)
      : config_(config),
        registry_(registry),
        log_(std::string(name), least, std::move(sink)),
        executor_({.threads = config.executor_threads,
                   .queue_capacity = static_cast<size_t>(config.executor_queue),
                   .max_wait = config.executor_max_wait}),
        ready_metric_(registry.GetGauge(metrics::kReady)) {}

  ~Impl() { Drain(); }

  absl::Status OpenAccess() {
    if (config_.development_mode()) {
      access_ = MakeDevelopmentAccess();
    } else {
      absl::StatusOr<std::unique_ptr<Access>> access = MakeFileAccess(config_.credentials, log_, registry_);
      if (!access.ok()) return access.status();
      access_ = *std::move(access);
    }
    absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> credentials = MakeServerCredentials(config_);
    if (!credentials.ok()) return credentials.status();
    credentials_ = *std::move(credentials);
    rpc_ = std::make_unique<RpcRuntime>(RpcOptions(config_), *access_, executor_, log_, registry_);
    return absl::OkStatus();
  }

  absl::Status Start() {
    ExposeMetrics();
    absl::StatusOr<std::unique_ptr<AdminHttp>> http = AdminHttp::Start(config_.metrics_listen, Routes());
    if (!http.ok()) return http.status();
    http_ = *std::move(http);
    if (absl::Status status = StartGrpc(); !status.ok()) return status;
    readiness_.Start(kCheckPeriod, [this](bool ready) { ShowReady(ready); });
    LogStart();
    return absl::OkStatus();
  }

  void Drain() {
    if (std::exchange(drained_, true)) return;
    if (grpc_ != nullptr) DrainGrpc();
    executor_.Shutdown();
    for (const std::function<void()>& callback : on_drained_) callback();
    EndCommands();
    if (grpc_ != nullptr) log_.Info("drained: what was accepted is stored and answered");
  }

  const ServerConfig config_;
  metrics::Registry& registry_;
  Logger log_;
  Executor executor_;
  std::unique_ptr<Access> access_;
  std::shared_ptr<grpc::ServerCredentials> credentials_;
  std::unique_ptr<RpcRuntime> rpc_;
  std::vector<std::pair<grpc::Service*, std::string>> services_;
  std::vector<std::function<void()>> on_drained_;
  std::vector<std::pair<std::string, Command>> commands_;
  Readiness readiness_;
  ShutdownSignals signals_;
  std::unique_ptr<AdminHttp> http_;
  std::unique_ptr<Listener> listener_;

 private:
  absl::Status StartGrpc() {
    absl::StatusOr<std::unique_ptr<Listener>> listener =
        Listener::Open({config_.listen, config_.max_connections, config_.memory_limit}, log_, registry_);
    if (!listener.ok()) return CannotListen(listener.status().message());
    listener_ = *std::move(listener);
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    SetLimits(builder, config_);
    if (!config_.reflection) builder.SetOption(std::make_unique<WithoutReflection>());
    acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, credentials_);
    for (const auto& [service, name] : services_) builder.RegisterService(service);
    grpc_ = builder.BuildAndStart();
    if (grpc_ == nullptr) return CannotListen("gRPC does not start, its line above says why");
    listener_->Start([this](int connection) {
      grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
      parameters.fd = connection;
      acceptor_->HandleNewConnection(&parameters);
    });
    return absl::OkStatus();
  }

  absl::Status CannotListen(absl::string_view why) const {
    return absl::UnavailableError(absl::StrCat("cannot listen on --listen=", config_.listen, " (", why,
                                               "): give another address, or stop what uses it"));
  }

  void DrainGrpc() {
    log_.Info("draining: not ready from now on");
    readiness_.Drain();
    ShowReady(false);
    absl::SleepFor(config_.drain_delay);
    rpc_->Drain();
    if (!rpc_->AwaitIdle(config_.drain_timeout)) {
      log_.Warning("calls still run at the end of --drain-timeout: they are cancelled");
    }
    listener_->Close();
    // What is left is cancelled, such as health watches, which never end by themselves.
    grpc_->Shutdown(absl::ToChronoTime(absl::Now()));
  }

  void ExposeMetrics() {
    registry_.GetGauge(metrics::kBuildInfo, {RAPPORT_VERSION}).Set(1);
    registry_.GetGauge(metrics::kExecutorCapacity).Set(config_.executor_queue);
    hooks_.push_back(ExposeProcessMetrics(registry_));
    hooks_.push_back(registry_.OnCollect([this, &queue = registry_.GetGauge(metrics::kExecutorQueue),
                                          &busy = registry_.GetGauge(metrics::kExecutorBusy),
                                          &full = registry_.GetCounter(metrics::kExecutorRefused, {"full"}),
                                          &waited = registry_.GetCounter(metrics::kExecutorRefused, {"waited"})] {
      queue.Set(static_cast<double>(executor_.queued()));
      busy.Set(executor_.busy());
      const Executor::Refusals refusals = executor_.refusals();
      full.Increment(static_cast<double>(refusals.full) - full.Value());
      waited.Increment(static_cast<double>(refusals.waited) - waited.Value());
    }));
  }

  AdminHttp::Page Run(const Command& command) {
    const std::unique_lock lock(command_mutex_, std::try_to_lock);
    if (!lock.owns_lock()) return {409, "a command runs already: wait for its end\n"};
    if (commands_ended_) return {503, "the server is ending: start it and ask again\n"};
    const absl::StatusOr<std::string> answer = command();
    if (!answer.ok()) return {500, absl::StrCat(answer.status().message(), "\n")};
    return {200, absl::StrCat(*answer, "\n")};
  }

  // Waits for the one that runs.
  void EndCommands() {
    const std::lock_guard lock(command_mutex_);
    commands_ended_ = true;
  }

  std::vector<AdminHttp::Route> Routes() {
    const auto readyz = [this]() -> AdminHttp::Page {
      std::string failures = readiness_.Explain();
      if (failures.empty()) return {200, "ready\n"};
      return {503, std::move(failures)};
    };
    const auto metrics = [this]() -> AdminHttp::Page { return {200, registry_.Serialize()}; };
    const std::string text = "text/plain; charset=utf-8";
    std::vector<AdminHttp::Route> routes = {{"/healthz", text,
                                             [] {
                                               return AdminHttp::Page{200, "alive\n"};
                                             }},
                                            {"/readyz", text, readyz},
                                            {"/metrics", "text/plain; version=0.0.4; charset=utf-8", metrics}};
    for (const auto& [path, command] : commands_) {
      routes.push_back({path, text, [this, &command = command] { return Run(command); }, /*command=*/true});
    }
    return routes;
  }

  void ShowReady(bool ready) {
    ready_metric_.Set(ready ? 1 : 0);
    grpc::HealthCheckServiceInterface& health = *grpc_->GetHealthCheckService();
    health.SetServingStatus("", ready);
    for (const auto& [service, name] : services_) health.SetServingStatus(name, ready);
    if (ready) {
      log_.Info("ready for calls");
    } else if (!drained_) {
      log_.Warning("not ready: see to what /readyz names", {{"detail", readiness_.Explain()}});
    }
  }

  void LogStart() {
    log_.Info("listening", {{"port", int64_t{listener_->port()}}, {"metrics_port", int64_t{http_->port()}}});
    if (config_.development_mode()) {
      log_.Warning("development mode: every caller on this machine may do everything; give --credentials to end that");
    } else if (config_.tls_cert.empty() && !IsLoopback(config_.listen)) {
      log_.Warning("tokens travel unencrypted: give --tls-cert and --tls-key unless a proxy encrypts the traffic");
    }
  }

  metrics::Gauge& ready_metric_;
  std::vector<metrics::CollectHook> hooks_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<grpc::Server> grpc_;
  bool drained_ = false;
  std::mutex command_mutex_;
  bool commands_ended_ = false;  // guarded by command_mutex_
};

absl::StatusOr<std::unique_ptr<Server>> Server::Create(const ServerConfig& config, absl::string_view name,
                                                       metrics::Registry& registry, Logger::Sink sink) {
  if (absl::Status status = config.Validate(); !status.ok()) return status;
  const Severity least = *ParseSeverity(config.log_level);
  auto impl = std::make_unique<Impl>(config, name, registry, least, std::move(sink));
  if (absl::Status status = impl->OpenAccess(); !status.ok()) return status;
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

RpcRuntime& Server::rpc() {
  return *impl_->rpc_;
}
Executor& Server::executor() {
  return impl_->executor_;
}
Logger& Server::log() {
  return impl_->log_;
}
std::set<std::string> Server::tenants() const {
  return impl_->access_->Tenants();
}

void Server::AddService(grpc::Service* service, std::string full_name) {
  impl_->services_.emplace_back(service, std::move(full_name));
}
void Server::AddReadinessCheck(std::string name, std::function<absl::Status()> check) {
  impl_->readiness_.Add(std::move(name), std::move(check));
}
void Server::AddCommand(std::string path, std::function<absl::StatusOr<std::string>()> work) {
  impl_->commands_.emplace_back(std::move(path), std::move(work));
}
void Server::OnDrained(std::function<void()> callback) {
  impl_->on_drained_.push_back(std::move(callback));
}

absl::Status Server::Start() {
  return impl_->Start();
}
int Server::port() const {
  return impl_->listener_->port();
}
int Server::metrics_port() const {
  return impl_->http_->port();
}

void Server::WaitUntilShutdown() {
  impl_->signals_.Wait();
  impl_->Drain();
}
void Server::RequestShutdown() {
  impl_->signals_.Request();
}

}  // namespace rapport::server
