// Preloaded into the services of a soak run: RocksDB's block cache gets 16 MiB, whatever it is asked for. Otherwise it
// fills for longer than a run lasts, and is not to be told from a leak. This stands before RocksDB's function in the
// search order of symbols.
#include <rocksdb/cache.h>

#include <cstddef>
#include <memory>
#include <utility>

namespace ROCKSDB_NAMESPACE {

std::shared_ptr<Cache> NewLRUCache(size_t, int num_shard_bits, bool strict_capacity_limit, double high_pri_pool_ratio,
                                   std::shared_ptr<MemoryAllocator> memory_allocator, bool use_adaptive_mutex,
                                   CacheMetadataChargePolicy metadata_charge_policy, double low_pri_pool_ratio) {
  LRUCacheOptions options(size_t{16} << 20, num_shard_bits, strict_capacity_limit, high_pri_pool_ratio,
                          std::move(memory_allocator), use_adaptive_mutex, metadata_charge_policy, low_pri_pool_ratio);
  return NewLRUCache(options);
}

}  // namespace ROCKSDB_NAMESPACE
