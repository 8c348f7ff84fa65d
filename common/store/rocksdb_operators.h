#ifndef RAPPORT_COMMON_STORE_ROCKSDB_OPERATORS_H_
#define RAPPORT_COMMON_STORE_ROCKSDB_OPERATORS_H_

#include <functional>
#include <memory>

#include "absl/time/time.h"

namespace rocksdb {
class CompactionFilterFactory;
class MergeOperator;
}  // namespace rocksdb

namespace rapport::store {

// Merges counter logs, by concatenation.
std::shared_ptr<rocksdb::MergeOperator> MakeCounterLogMerge();

// Removes values that have expired, see EncodeEntity.
std::shared_ptr<rocksdb::CompactionFilterFactory> MakeExpiryFilter(std::function<absl::Time()> clock);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_ROCKSDB_OPERATORS_H_
