#ifndef RAPPORT_COMMON_STORE_REDIS_STORE_H_
#define RAPPORT_COMMON_STORE_REDIS_STORE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "common/store/open_store.h"
#include "common/store/store.h"

namespace rapport::store {

// The store on Redis 6.2 or later: one server, one watched by Sentinels, or a cluster. Ignores SIGPIPE in the whole
// process, which a server that goes away would otherwise end.
absl::StatusOr<std::unique_ptr<Store>> OpenRedisStore(const StoreOptions& options);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_REDIS_STORE_H_
