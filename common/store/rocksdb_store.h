#ifndef RAPPORT_COMMON_STORE_ROCKSDB_STORE_H_
#define RAPPORT_COMMON_STORE_ROCKSDB_STORE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/store/open_store.h"
#include "common/store/store.h"

namespace rapport::store {

// The embedded store, in `folder`, which is made when its parent exists. One process at a time.
absl::StatusOr<std::unique_ptr<Store>> OpenRocksDbStore(const std::string& folder, const StoreOptions& options);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_ROCKSDB_STORE_H_
