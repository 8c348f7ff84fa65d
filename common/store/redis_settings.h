#ifndef RAPPORT_COMMON_STORE_REDIS_SETTINGS_H_
#define RAPPORT_COMMON_STORE_REDIS_SETTINGS_H_

#include "absl/status/status.h"
#include "common/store/redis_connection.h"
#include "common/store/store.h"

namespace rapport::store {

// FAILED_PRECONDITION when the server is older than 6.2.
absl::Status CheckRedisVersion(RedisPool& pool);

// Adds to `info` the settings of the server that endanger data or waste memory, and those that it does not let us see.
absl::Status CheckRedisSettings(RedisPool& pool, StoreInfo& info);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_REDIS_SETTINGS_H_
