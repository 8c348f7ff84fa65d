#ifndef RAPPORT_COMMON_WRITE_FAIR_QUEUE_H_
#define RAPPORT_COMMON_WRITE_FAIR_QUEUE_H_

#include <cstdint>
#include <deque>
#include <limits>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "common/write/write.h"

namespace rapport::write {

struct QueuedWrite {
  std::unique_ptr<Write> write;
  int64_t bytes = 0;  // what write->bytes() said when it was accepted
};

// What waits to be batched, taken in turns from the tenants that wait: deficit round robin (M. Shreedhar and
// G. Varghese, "Efficient Fair Queueing Using Deficit Round Robin", SIGCOMM 1995). What a tenant has waiting keeps its
// order. A write costs the part of a batch that it takes up, of its events or of its bytes, whichever is more; a turn
// is a kTurnsPerBatch-th of a batch, and what is left of it is kept for the next one. So a write that comes to cost c
// batches, with those of its own tenant before it, while never more than n tenants wait, is in one of the next
// n * (c + 2/kTurnsPerBatch + the cost of the largest write) + 1 batches, whatever the others have waiting.
// Not thread-safe.
class FairQueue {
 public:
  static constexpr int64_t kTurnsPerBatch = 32;

  // Both at least 1.
  FairQueue(int64_t max_batch_events, int64_t max_batch_bytes);

  void Push(QueuedWrite write);

  // The next batch: full, or all that waits. It is full as soon as it has that many events or that many bytes; one that
  // is to be done sooner is full with `most_events`, or one.
  std::vector<QueuedWrite> TakeBatch(int64_t most_events = std::numeric_limits<int64_t>::max());

  int64_t size() const { return size_; }
  // How many have something waiting.
  size_t tenants() const { return round_.size(); }

 private:
  struct Waiting {
    std::string tenant;
    std::deque<QueuedWrite> writes;  // not empty
    int64_t credit = 0;              // what the tenant may still take in this turn
  };

  // In units that make it a whole number: a batch is max_batch_events_ * max_batch_bytes_.
  int64_t CostOf(const QueuedWrite& write) const;

  const int64_t max_batch_events_;
  const int64_t max_batch_bytes_;
  const int64_t turn_;
  std::list<Waiting> round_;                                                        // it is the turn of the first
  absl::flat_hash_map<absl::string_view, std::list<Waiting>::iterator> by_tenant_;  // named by what it points to
  int64_t size_ = 0;
};

}  // namespace rapport::write

#endif  // RAPPORT_COMMON_WRITE_FAIR_QUEUE_H_
