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

// Writes what `store` holds now, every answered commit included, to the new `folder`, which opens as a store of its
// own. Commits go on meanwhile. Files are linked where both folders are on one disk, and copied otherwise. `store` must
// come from OpenRocksDbStore.
absl::Status CheckpointRocksDbStore(Store& store, const std::string& folder);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_ROCKSDB_STORE_H_
