#include "common/store/redis_store.h"
namespace rapport::store {
absl::StatusOr<std::unique_ptr<Store>> OpenRedisStore(const StoreOptions&) {
  return absl::UnimplementedError("redis");
}
}  // namespace rapport::store
