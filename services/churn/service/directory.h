#ifndef RAPPORT_SERVICES_CHURN_SERVICE_DIRECTORY_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_DIRECTORY_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/store/store.h"
#include "rapport/churn/storage/v1/storage.pb.h"
#include "services/churn/service/reader.h"

namespace rapport::churn {

// The rows of all customers of all tenants, held in memory and read again from the store piece by piece when something
// in a piece has changed: a look at tiny tables tells which. So a question over all customers costs time in proportion
// to their number, not to that of their activities. Thread-safe; blocks on the store.
class Directory {
 public:
  // `reader` must outlive the directory.
  explicit Directory(Reader& reader);
  ~Directory();

  // Calls `visit` with the row of every customer as of this call's begin: by partition, in no order within one. The row
  // lives for the call only. Unknown tenants have none. `visit` must not call the directory.
  absl::Status ForEach(absl::string_view tenant, absl::FunctionRef<void(const storage::v1::CustomerRow&)> visit);

  // The same for one partition, by customer id.
  absl::Status ForEachInPartition(absl::string_view tenant, uint32_t partition,
                                  absl::FunctionRef<void(const storage::v1::CustomerRow&)> visit);

 private:
  struct Piece;
  struct Shard;

  Reader& reader_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<Shard>> shards_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_DIRECTORY_H_
