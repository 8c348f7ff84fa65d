#include "common/server/config.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/server/address.h"
#include "common/server/log.h"

namespace rapport::server {
namespace {

absl::Status Fault(absl::string_view flag, absl::string_view value, absl::string_view remedy) {
  return absl::InvalidArgumentError(absl::StrCat(flag, " is '", value, "': ", remedy));
}

absl::Status CheckAddress(const ServerConfig& config, absl::string_view flag, absl::string_view value) {
  if (!ParseAddress(value).has_value()) {
    return Fault(flag, value, "give HOST:PORT with a port from 0 to 65535, such as 127.0.0.1:50051");
  }
  if (config.development_mode() && !IsLoopback(value)) {
    return Fault(flag, value,
                 "without --credentials everybody may do everything, so only this machine may connect: give "
                 "127.0.0.1:PORT, or a --credentials file");
  }
  return absl::OkStatus();
}

absl::Status CheckTls(const ServerConfig& config) {
  if (config.tls_cert.empty() != config.tls_key.empty()) {
    const bool no_key = config.tls_key.empty();
    return Fault(no_key ? "--tls-key" : "--tls-cert", "", "--tls-cert and --tls-key go together: give both or neither");
  }
  if (!config.tls_client_ca.empty() && config.tls_cert.empty()) {
    return Fault("--tls-client-ca", config.tls_client_ca,
                 "client certificates need TLS: give --tls-cert and --tls-key too");
  }
  return absl::OkStatus();
}

struct Bounds {
  absl::string_view flag;
  double value;
  double least;
  double most;
};

absl::Status CheckNumbers(const ServerConfig& config) {
  const Bounds all[] = {
      {"--partitions", static_cast<double>(config.partitions), 1, 4096},
      {"--max-message-bytes", static_cast<double>(config.max_message_bytes), 1 << 10, 1 << 30},
      {"--max-concurrent-streams", static_cast<double>(config.max_concurrent_streams), 1, 1e6},
      {"--max-connections", static_cast<double>(config.max_connections), 1, 1e6},
      {"--max-transport-bytes", static_cast<double>(config.max_transport_bytes), 16 << 20, 1e13},
      {"--executor-threads", static_cast<double>(config.executor_threads), 1, 1024},
      {"--executor-queue", static_cast<double>(config.executor_queue), 1, 1e6},
      {"--write-queue-events", static_cast<double>(config.write_queue_events), 1, 1e8},
      {"--write-queue-bytes", static_cast<double>(config.write_queue_bytes), 1 << 10, 1e12},
      {"--max-batch-events", static_cast<double>(config.max_batch_events), 1, 1e5},
      {"--max-batch-bytes", static_cast<double>(config.max_batch_bytes), 1 << 10, 1 << 28},
      {"--tenant-calls-per-second", config.tenant_calls_per_second, 0, 1e9},
      {"--tenant-events-per-second", config.tenant_events_per_second, 0, 1e9},
      {"--memory-limit", static_cast<double>(config.memory_limit), 0, 1e15},
      {"--tenant-open-streams", static_cast<double>(config.tenant_open_streams), 0, 1e6},
  };
  for (const Bounds& bounds : all) {
    // Negated so that NaN is refused.
    if (!(bounds.value >= bounds.least && bounds.value <= bounds.most)) {
      return Fault(bounds.flag, absl::StrCat(bounds.value),
                   absl::StrCat("give a number from ", bounds.least, " to ", bounds.most));
    }
  }
  return absl::OkStatus();
}

struct TimeBounds {
  absl::string_view flag;
  absl::Duration value;
  absl::Duration least;
  absl::Duration most;
};

absl::Status CheckTimes(const ServerConfig& config) {
  const TimeBounds all[] = {
      {"--batch-linger", config.batch_linger, absl::ZeroDuration(), absl::Seconds(1)},
      {"--executor-max-wait", config.executor_max_wait, absl::Milliseconds(1), absl::Hours(1)},
      {"--default-deadline", config.default_deadline, absl::Milliseconds(1), absl::Hours(1)},
      {"--stream-poll-interval", config.stream_poll_interval, absl::Milliseconds(1), absl::Minutes(1)},
      {"--drain-delay", config.drain_delay, absl::ZeroDuration(), absl::Minutes(10)},
      {"--drain-timeout", config.drain_timeout, absl::ZeroDuration(), absl::Minutes(10)},
      {"--handshake-timeout", config.handshake_timeout, absl::Milliseconds(100), absl::Minutes(10)},
      {"--max-connection-idle", config.max_connection_idle, absl::Milliseconds(100), absl::InfiniteDuration()},
      {"--max-connection-age", config.max_connection_age, absl::Seconds(1), absl::InfiniteDuration()},
  };
  for (const TimeBounds& bounds : all) {
    if (bounds.value < bounds.least || bounds.value > bounds.most) {
      return Fault(bounds.flag, absl::FormatDuration(bounds.value),
                   absl::StrCat("give a time from ", absl::FormatDuration(bounds.least), " to ",
                                absl::FormatDuration(bounds.most)));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ServerConfig::Validate() const {
  const absl::Status checks[] = {CheckAddress(*this, "--listen", listen),
                                 CheckAddress(*this, "--metrics-listen", metrics_listen),
                                 CheckTls(*this),
                                 CheckNumbers(*this),
                                 CheckTimes(*this),
                                 ParseSeverity(log_level).status()};
  for (const absl::Status& check : checks) {
    if (!check.ok()) return check;
  }
  if (write_queue_bytes < max_message_bytes) {
    return Fault("--write-queue-bytes", absl::StrCat(write_queue_bytes),
                 absl::StrCat("not even one message of --max-message-bytes would fit: give ", max_message_bytes,
                              " or more, better several times as much"));
  }
  if (store.empty()) return Fault("--store", store, "give rocksdb:PATH or redis://HOST:PORT");
  if (!checkpoints.empty() && !absl::StartsWith(store, "rocksdb:")) {
    return Fault("--checkpoints", checkpoints,
                 "only --store=rocksdb:PATH has checkpoints; back up Redis by its own means");
  }
  return absl::OkStatus();
}

}  // namespace rapport::server
