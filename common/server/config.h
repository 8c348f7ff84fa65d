#ifndef RAPPORT_COMMON_SERVER_CONFIG_H_
#define RAPPORT_COMMON_SERVER_CONFIG_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace rapport::server {

// The settings of a server, each named as its flag (see flags.cc for what they mean to the user).
struct ServerConfig {
  std::string listen = "127.0.0.1:50051";         // port 0: any free one
  std::string metrics_listen = "127.0.0.1:9464";  // port 0: any free one

  std::string store = "rocksdb:./data";  // rocksdb:PATH, or the URL of a Redis server
  uint32_t partitions = 4;
  bool require_safe_store = false;
  std::string checkpoints;  // folder; empty: none can be asked for

  std::string credentials;    // file; empty: development mode
  std::string tls_cert;       // PEM file; empty: no TLS
  std::string tls_key;        // PEM file
  std::string tls_client_ca;  // PEM file; not empty: clients must show a certificate that it signed
  bool reflection = false;

  int64_t max_message_bytes = int64_t{4} << 20;
  int max_concurrent_streams = 100;  // per connection
  int max_connections = 10'000;
  int64_t max_transport_bytes = int64_t{256} << 20;
  int64_t memory_limit = 0;  // 0: that of the container, or of the machine
  int executor_threads = 16;
  int executor_queue = 1024;
  absl::Duration executor_max_wait = absl::Seconds(1);
  int64_t write_queue_events = 50'000;
  int64_t write_queue_bytes = int64_t{64} << 20;
  int64_t max_batch_events = 2'000;  // of one commit
  int64_t max_batch_bytes = int64_t{4} << 20;
  absl::Duration batch_linger = absl::ZeroDuration();
  double tenant_calls_per_second = 50'000;      // 0: no limit
  double tenant_events_per_second = 1'000'000;  // 0: no limit
  int tenant_open_streams = 1'000;              // 0: no limit
  absl::Duration default_deadline = absl::Seconds(30);
  absl::Duration stream_poll_interval = absl::Milliseconds(100);

  absl::Duration drain_delay = absl::ZeroDuration();
  absl::Duration drain_timeout = absl::Seconds(20);
  absl::Duration handshake_timeout = absl::Seconds(20);
  absl::Duration max_connection_idle = absl::Minutes(10);  // InfiniteDuration: no limit
  absl::Duration max_connection_age = absl::Minutes(30);   // InfiniteDuration: no limit
  std::string log_level = "info";

  // No credentials file: every caller on this machine may do everything.
  bool development_mode() const { return credentials.empty(); }

  // INVALID_ARGUMENT names the flag, its value and the remedy.
  absl::Status Validate() const;
};

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_CONFIG_H_
