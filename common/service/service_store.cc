#include "common/service/service_store.h"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/metrics/instrumented_store.h"
#include "common/store/open_store.h"

namespace rapport::service {

absl::StatusOr<std::unique_ptr<store::Store>> OpenServiceStore(const server::ServerConfig& config,
                                                               absl::string_view service, metrics::Registry& registry,
                                                               server::Logger& log) {
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
    log.Write(server::Severity::kWarning, absl::StrCat("acknowledged data could be lost: ", setting));
  }
  for (const std::string& setting : info.advice) {
    log.Write(server::Severity::kInfo, absl::StrCat("data could take less memory: ", setting));
  }
  return metrics::InstrumentStore(*std::move(opened), registry);
}

write::WriteOptions WriteOptionsOf(const server::ServerConfig& config) {
  write::WriteOptions options;
  options.lanes = std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 8);
  options.max_queued_events = config.write_queue_events;
  options.max_batch_events = config.max_batch_events;
  options.max_batch_bytes = config.max_batch_bytes;
  options.linger = config.batch_linger;
  return options;
}

}  // namespace rapport::service
