#ifndef RAPPORT_COMMON_STORE_REDIS_SETTINGS_H_
#define RAPPORT_COMMON_STORE_REDIS_SETTINGS_H_

#include "absl/status/status.h"
#include "common/store/redis_client.h"
#include "common/store/store.h"

namespace rapport::store {

// FAILED_PRECONDITION when a server is older than 6.2. Those that are away are passed over.
absl::Status CheckRedisVersion(const RedisClient& client);

// Adds to `info` the settings of the servers that endanger data or waste memory, and those that they do not let us see.
absl::Status CheckRedisSettings(const RedisClient& client, StoreInfo& info);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_REDIS_SETTINGS_H_
