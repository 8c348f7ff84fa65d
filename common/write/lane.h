#ifndef RAPPORT_COMMON_WRITE_LANE_H_
#define RAPPORT_COMMON_WRITE_LANE_H_

#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/store/store.h"
#include "common/write/fair_queue.h"
#include "common/write/queue_shares.h"
#include "common/write/write.h"
#include "common/write/write_options.h"

namespace rapport::write {

// One thread with its own queue: brings batch after batch of events into the store. All events of a partition go
// through the same lane, so that within a process no two commits of a partition compete. Thread-safe.
class Lane {
 public:
  // What a lane calls with the claims that it has finished, one for each tenant.
  using GiveBack = std::function<void(absl::Span<const QueueClaim>)>;

  // `group` is that of the claims. All must outlive the lane.
  Lane(uint32_t group, store::Store& store, const WriteOptions& options, WriteObserver* observer,
       const GiveBack& give_back);
  // Finishes all that was accepted.
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // After Close the writes are finished with UNAVAILABLE.
  void Push(std::vector<QueuedWrite> writes);

  // Accepts no more.
  void Close();
  // Returns when everything accepted is finished. After Close.
  void Join();

  // How long half of what waits will take, at the pace of the last batches; more when the present one takes longer.
  absl::Duration ExpectedWait() const;

 private:
  void Run();
  bool HasWork() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return closed_ || queue_.size() > 0; }
  bool HasFullBatch() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return closed_ || queue_.size() >= options_.max_batch_events;
  }
  std::vector<QueuedWrite> Take();
  // How many events the batch that begins now may have.
  int64_t MostEvents(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void NoteBatch(int64_t events);
  std::vector<QueueClaim> ClaimsOf(absl::Span<const QueuedWrite> batch) const;

  const uint32_t group_;
  store::Store& store_;
  const WriteOptions& options_;
  WriteObserver* const observer_;
  const GiveBack& give_back_;

  mutable absl::Mutex mutex_;
  FairQueue queue_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time batch_began_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();  // the present one
  // Of the last batches, the newer the more they count: what they had, and how long they took.
  double recent_events_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Duration recent_time_ ABSL_GUARDED_BY(mutex_);
  absl::Time shared_until_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();  // several tenants wrote of late
  std::thread thread_;
};

}  // namespace rapport::write

#endif  // RAPPORT_COMMON_WRITE_LANE_H_
