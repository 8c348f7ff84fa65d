#include "common/server/flags.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "common/server/arenas.h"
#include "common/server/flag_group.h"
#include "common/server/shutdown_signals.h"

namespace rapport::server {
namespace {

constexpr int kUsageError = 2;

std::string Footer(const Program& program) {
  return absl::StrCat(
      "Example:\n  ", program.name, " --store=rocksdb:./data/", program.name,
      "\n    listens on this machine only and lets every caller in, to try things out.\n  ", program.name,
      " --listen=0.0.0.0:", program.port,
      " --credentials=credentials.json --tls-cert=cert.pem --tls-key=key.pem\n    serves others.\n\n"
      "A TIME is a number and a unit: 200us, 5ms, 30s, 10m, 1h.\n"
      "Each flag is also read from the environment (--drain-delay from RAPPORT_DRAIN_DELAY) and from the "
      "--config file;\nthe command line wins over the file, and that over the environment.\n\nNext: ",
      program.next_step);
}

}  // namespace

void AddServerFlags(CLI::App& app, ServerConfig& config) {
  FlagGroup(app, "Addresses")
      .Add("--listen", config.listen, "HOST:PORT for gRPC; port 0 takes any free one")
      .Add("--metrics-listen", config.metrics_listen, "HOST:PORT for /metrics, /healthz and /readyz over HTTP")
      .Add("--reflection", config.reflection, "Tell clients the services and messages (gRPC server reflection)");
  FlagGroup(app, "Store")
      .Add("--store", config.store,
           "rocksdb:PATH keeps data in a folder, redis://HOST:PORT in Redis, redis+sentinel://HOST:PORT,.../MASTER and "
           "redis+cluster://HOST:PORT,... in Redis with failover")
      .Add("--partitions", config.partitions,
           "Slices of the data, fixed when it is first written: as many as nodes it may ever spread over; each costs "
           "speed")
      .Add("--require-safe-store", config.require_safe_store,
           "Do not start when settings of the store could lose acknowledged data")
      .Add("--checkpoints", config.checkpoints,
           "Folder, best on the disk of the rocksdb store, for the copies of it that POST /checkpoint on "
           "--metrics-listen writes");
  FlagGroup(app, "Access")
      .Add("--credentials", config.credentials,
           "JSON file of tokens, certificates, tenants and roles, reloaded on change; without it everybody on this "
           "machine may do everything")
      .Add("--tls-cert", config.tls_cert, "PEM file with the server's certificate chain, reloaded on change")
      .Add("--tls-key", config.tls_key, "PEM file with the certificate's private key, reloaded on change")
      .Add("--tls-client-ca", config.tls_client_ca, "PEM file; clients must show a certificate that it signed (mTLS)");
  FlagGroup(app, "Limits")
      .Add("--max-message-bytes", config.max_message_bytes, "Largest message taken from a client")
      .Add("--max-transport-bytes", config.max_transport_bytes,
           "Memory for messages on their way in and out, of all callers; beyond it calls are refused and connections "
           "closed")
      .Add("--memory-limit", config.memory_limit,
           "Bytes that the process may hold; before it holds more, connections that only send are cut; 0: the limit of "
           "its container, else the memory of the machine")
      .Add("--max-connections", config.max_connections, "Connections at a time; more are closed at once")
      .Add("--max-concurrent-streams", config.max_concurrent_streams,
           "Calls at a time on one connection, open streams included; further ones wait with the caller")
      .Add("--executor-threads", config.executor_threads, "Threads for calls that wait for the store")
      .Add("--executor-queue", config.executor_queue,
           "Calls that may wait for such a thread, of one tenant at most eight times what is left; more are refused")
      .Add("--executor-max-wait", config.executor_max_wait,
           "Longest such wait; a tenth of it once a tenant's calls have queued for that long without a break")
      .Add("--tenant-calls-per-second", config.tenant_calls_per_second, "Calls of one tenant; 0: no limit")
      .Add("--tenant-events-per-second", config.tenant_events_per_second, "Events of one tenant; 0: no limit")
      .Add("--tenant-open-streams", config.tenant_open_streams,
           "Watches, exports and ingest streams of one tenant at a time; 0: no limit")
      .Add("--default-deadline", config.default_deadline, "Deadline of calls that come without one")
      .Add("--handshake-timeout", config.handshake_timeout,
           "Close connections that have not said in this time that they speak TLS and HTTP/2")
      .Add("--max-connection-idle", config.max_connection_idle,
           "Close connections on which there was no call for this time; inf: never")
      .Add("--max-connection-age", config.max_connection_age,
           "Ask clients to connect anew after this time, so that load spreads; inf: never")
      .Add("--stream-poll-interval", config.stream_poll_interval, "How often a waiting stream looks for news");
  FlagGroup(app, "Writes")
      .Add("--write-queue-events", config.write_queue_events,
           "Events that may wait to be stored, shared out among the tenants; more are refused")
      .Add("--write-queue-bytes", config.write_queue_bytes, "Their bytes as sent; more are refused")
      .Add("--max-batch-events", config.max_batch_events, "Most events stored in one commit")
      .Add("--max-batch-bytes", config.max_batch_bytes, "Most bytes of events stored in one commit")
      .Add("--batch-linger", config.batch_linger, "Wait this long for more events before a commit");
  FlagGroup(app, "Shutdown and logs")
      .Add("--drain-delay", config.drain_delay, "After SIGTERM: stay open but not ready, until balancers have noticed")
      .Add("--drain-timeout", config.drain_timeout, "Then: time for running calls to finish before they are cancelled")
      .Add("--log-level", config.log_level, "Least severity logged: debug, info, warning or error");
}

std::optional<int> ParseServerFlags(int argc, char** argv, const Program& program, ServerConfig& config,
                                    const std::function<void(CLI::App&)>& add_flags) {
  BlockShutdownSignals();
  LimitArenas();
  config.listen = absl::StrCat("127.0.0.1:", program.port);
  config.metrics_listen = absl::StrCat("127.0.0.1:", program.metrics_port);

  CLI::App app(program.description, program.name);
  app.set_help_flag("-h,--help", "Print this help and end");
  app.set_version_flag("--version", absl::StrCat(program.name, " " RAPPORT_VERSION), "Print the version and end");
  app.set_config("--config", "", "Read flags from this INI or TOML file (listen = \"127.0.0.1:50051\")");
  AddServerFlags(app, config);
  if (add_flags) add_flags(app);
  app.footer(Footer(program));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageError;
  }
  if (const absl::Status status = config.Validate(); !status.ok()) {
    std::cerr << program.name << ": " << status.message() << "\n";
    return kUsageError;
  }
  return std::nullopt;
}

}  // namespace rapport::server
