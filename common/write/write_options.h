#ifndef RAPPORT_COMMON_WRITE_WRITE_OPTIONS_H_
#define RAPPORT_COMMON_WRITE_WRITE_OPTIONS_H_

#include <cstdint>
#include <functional>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace rapport::write {

struct WriteOptions {
  int lanes = 2;  // threads for each group of partitions; each owns the partitions that fall to it
  int64_t max_queued_events = 50'000;
  int64_t max_queued_bytes = int64_t{64} << 20;
  int64_t max_batch_events = 2'000;
  int64_t max_batch_bytes = int64_t{4} << 20;
  // How long a batch may take, as far as the last ones tell, while several tenants write: who comes with little waits
  // for the batch that is under way. A tenant alone has full batches, which cost less an event.
  absl::Duration shared_batch_time = absl::Milliseconds(25);
  absl::Duration linger = absl::ZeroDuration();  // how long a batch waits for company
  absl::Duration retry_for = absl::Seconds(5);   // how long an unknown outcome is retried
  std::function<absl::Time()> clock = absl::Now;
};

// What the write path tells about itself. Called from its threads.
class WriteObserver {
 public:
  virtual ~WriteObserver() = default;
  // After a batch: how many events it had, how many partitions it committed, and how many of those had to be planned
  // again because another writer was faster.
  virtual void OnBatch(int64_t events, int64_t commits, int64_t conflicts) = 0;
};

}  // namespace rapport::write

#endif  // RAPPORT_COMMON_WRITE_WRITE_OPTIONS_H_
