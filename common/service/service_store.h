#ifndef RAPPORT_COMMON_SERVICE_SERVICE_STORE_H_
#define RAPPORT_COMMON_SERVICE_SERVICE_STORE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/metrics/registry.h"
#include "common/server/config.h"
#include "common/server/server.h"
#include "common/store/store.h"
#include "common/write/write_path.h"

namespace rapport::service {

// Opens the store that the config names for the data of `service`, with its operations measured. Settings under which
// data could be lost are logged one by one, as is what would save memory; with --require-safe-store the former are
// FAILED_PRECONDITION. With --checkpoints the server gets the command /checkpoint.
absl::StatusOr<std::unique_ptr<store::Store>> OpenServiceStore(const server::ServerConfig& config,
                                                               absl::string_view service, metrics::Registry& registry,
                                                               server::Server& server);

write::WriteOptions WriteOptionsOf(const server::ServerConfig& config);

}  // namespace rapport::service

#endif  // RAPPORT_COMMON_SERVICE_SERVICE_STORE_H_
