#include "common/service/service_store.h"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/metrics/instrumented_store.h"
#include "common/store/open_store.h"
#include "common/store/rocksdb_store.h"

namespace rapport::service {
namespace {

// Named after the moment, so that names sort by age. Answers the name.
absl::StatusOr<std::string> WriteCheckpoint(store::Store& store, const std::string& parent, server::Logger& log) {
  const std::string folder =
      absl::StrCat(parent, "/", absl::FormatTime("%Y%m%dT%H%M%E3SZ", absl::Now(), absl::UTCTimeZone()));
  if (absl::Status status = store::CheckpointRocksDbStore(store, folder); !status.ok()) {
    log.Error(status.message());
    return status;
  }
  log.Info("checkpoint written", {{"folder", folder}});
  return folder;
}

}  // namespace

absl::StatusOr<std::unique_ptr<store::Store>> OpenServiceStore(const server::ServerConfig& config,
                                                               absl::string_view service, metrics::Registry& registry,
                                                               server::Server& server) {
  store::StoreOptions options;
  options.url = config.store;
  options.service = std::string(service);
  options.partitions = config.partitions;
  auto opened = store::OpenStore(options);
  if (!opened.ok()) return opened.status();
  const store::StoreInfo& info = (*opened)->info();
  if (config.require_safe_store && !info.unsafe.empty()) {
    return absl::FailedPreconditionError(absl::StrCat("--require-safe-store: ", absl::StrJoin(info.unsafe, "; ")));
  }
  for (const std::string& setting : info.unsafe) {
    server.log().Write(server::Severity::kWarning, absl::StrCat("acknowledged data could be lost: ", setting));
  }
  for (const std::string& setting : info.advice) {
    server.log().Write(server::Severity::kInfo, absl::StrCat("data could take less memory: ", setting));
  }
  if (!config.checkpoints.empty()) {
    server.AddCommand("/checkpoint", [&store = **opened, &log = server.log(), parent = config.checkpoints] {
      return WriteCheckpoint(store, parent, log);
    });
  }
  return metrics::InstrumentStore(*std::move(opened), registry);
}

write::WriteOptions WriteOptionsOf(const server::ServerConfig& config) {
  write::WriteOptions options;
  options.lanes = std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 8);
  options.max_queued_events = config.write_queue_events;
  options.max_queued_bytes = config.write_queue_bytes;
  options.max_batch_events = config.max_batch_events;
  options.max_batch_bytes = config.max_batch_bytes;
  options.linger = config.batch_linger;
  return options;
}

}  // namespace rapport::service
