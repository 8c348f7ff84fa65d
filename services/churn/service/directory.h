#ifndef RAPPORT_SERVICES_CHURN_SERVICE_DIRECTORY_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_DIRECTORY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/store/counter_log.h"
#include "rapport/churn/storage/v1/storage.pb.h"
#include "services/churn/service/reader.h"

namespace rapport::churn {

// The rows of all customers of all tenants, held in memory and read again from the store piece by piece when something
// in a piece has changed: a look at tiny tables tells which. So a question over all customers costs time in proportion
// to their number, not to that of their activities. Thread-safe; blocks on the store. Whoever reads keeps what they
// read alive, so that readers wait for nobody but for those who load the pieces that they miss.
class Directory {
 public:
  // `reader` must outlive the directory.
  explicit Directory(Reader& reader);
  ~Directory();

  // Calls `visit` with the row of every customer as of this call's begin: by partition, in no order within one. The row
  // lives for the call only. Unknown tenants have none. DATA_LOSS for bytes that are no rows.
  absl::Status ForEach(absl::string_view tenant, absl::FunctionRef<void(const storage::v1::CustomerRow&)> visit);

  // The same for one partition, by customer id.
  absl::Status ForEachInPartition(absl::string_view tenant, uint32_t partition,
                                  absl::FunctionRef<void(const storage::v1::CustomerRow&)> visit);

 private:
  struct Place;
  struct Piece;
  struct Shard;
  using Pieces = std::vector<std::shared_ptr<const Piece>>;

  // The pieces of these partitions, as new as the store's at this call's begin; null where nothing was ever stored.
  absl::StatusOr<Pieces> Current(absl::string_view tenant, uint32_t first_partition, uint32_t end_partition);
  absl::Status Load(absl::string_view tenant, const std::vector<Place>& places, Shard& shard);
  static absl::StatusOr<std::shared_ptr<const Piece>> MakePiece(int64_t version, const store::CounterLog& log);
  std::shared_ptr<Shard> ShardOf(absl::string_view tenant);

  Reader& reader_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<Shard>> shards_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_DIRECTORY_H_
