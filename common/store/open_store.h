#ifndef RAPPORT_COMMON_STORE_OPEN_STORE_H_
#define RAPPORT_COMMON_STORE_OPEN_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/store/store.h"

namespace rapport::store {

struct StoreOptions {
  std::string url;            // rocksdb:PATH, redis://..., redis+sentinel://... or redis+cluster://...; see README.md
  std::string service;        // whose data it is, such as "ratings"; of [a-z_]
  uint32_t partitions = 4;    // 1 to 1024; fixed when data is first written
  int redis_connections = 4;  // calls that talk to a Redis server at the same time; more wait for a free one
  absl::Duration redis_timeout = absl::Seconds(5);  // how long a Redis server may be silent
  int64_t stream_retention = 10'000;                // commits of a partition whose stream entries are kept at least
  std::function<absl::Time()> clock = absl::Now;    // decides on expiry in RocksDB; Redis has its own
};

// Opens, and when it is empty sets up, the store that the URL names. Errors say what to do: INVALID_ARGUMENT for bad
// options, FAILED_PRECONDITION for data of another kind or a folder that cannot be used, UNAVAILABLE when Redis cannot
// be reached.
absl::StatusOr<std::unique_ptr<Store>> OpenStore(const StoreOptions& options);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_OPEN_STORE_H_
