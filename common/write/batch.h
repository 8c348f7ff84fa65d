#ifndef RAPPORT_COMMON_WRITE_BATCH_H_
#define RAPPORT_COMMON_WRITE_BATCH_H_

#include <memory>
#include <vector>

#include "common/store/store.h"
#include "common/write/write.h"
#include "common/write/write_options.h"

namespace rapport::write {

// Brings the events into the store with as few round trips as it takes, and finishes each. Those of a partition keep
// their order. Blocks; what has an unknown outcome is tried again for options.retry_for.
void StoreBatch(std::vector<std::unique_ptr<Write>> writes, store::Store& store, const WriteOptions& options,
                WriteObserver* observer);

}  // namespace rapport::write

#endif  // RAPPORT_COMMON_WRITE_BATCH_H_
