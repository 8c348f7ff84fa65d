#ifndef RAPPORT_COMMON_WRITE_WRITE_PATH_H_
#define RAPPORT_COMMON_WRITE_WRITE_PATH_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/store/store.h"
#include "common/write/lane.h"
#include "common/write/queue_shares.h"
#include "common/write/write.h"
#include "common/write/write_options.h"

namespace rapport::write {

// The one way into the store. Events that wait at the same time share a load and a commit: a thousand concurrent
// callers cost a few round trips and fsyncs. Thread-safe; Submit does not block.
//
// Each group of partitions (store::Store::GroupOf) has lanes of its own, made when they are first needed: a server that
// hangs holds up only what goes to it. Lanes serve the tenants that wait in turns (FairQueue), and no tenant can take
// the queue away from the others (QueueShares). The events of a tenant in one partition are stored in the order in
// which they were submitted. When a partition comes into another group, what is submitted from then on takes another
// lane and may overtake what still waits: the versions in the store keep either order right.
class WritePath {
 public:
  // `store` and `observer` (may be null) must outlive the path.
  WritePath(store::Store& store, WriteOptions options, WriteObserver* observer);
  // Finishes all that was accepted.
  ~WritePath();
  WritePath(const WritePath&) = delete;
  WritePath& operator=(const WritePath&) = delete;

  // Accepts all of the events or none: RESOURCE_EXHAUSTED when the queue or the tenant's share of it is full, with the
  // advice when to retry (common/status/retry_after.h) unless so many never fit; UNAVAILABLE after Close. Refused
  // events are not finished.
  absl::Status Submit(std::vector<std::unique_ptr<Write>> writes);

  // Refuses as Submit would so many events of the tenant, were they spread over the groups and of no size: to be asked
  // before work is done on them. OK is no promise.
  absl::Status CheckRoom(absl::string_view tenant, int64_t events) const;

  // Accepts no more, and returns when everything accepted is finished.
  void Close();

  // Accepted and not finished.
  int64_t queued_events() const;
  int64_t queued_bytes() const;
  // How many may be queued.
  int64_t queue_capacity() const { return options_.max_queued_events; }
  int64_t queue_capacity_bytes() const { return options_.max_queued_bytes; }

 private:
  // Where an event goes: a group has many of these places.
  struct Place {
    uint32_t group;
    size_t lane;  // in lanes_
  };
  struct ForLane {
    size_t lane;
    std::vector<QueuedWrite> writes;
  };

  Place PlaceOf(const store::Partition& partition) const;
  absl::Span<const std::unique_ptr<Lane>> LanesOf(uint32_t group) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  absl::Status Admit(absl::Span<const QueueClaim> claims, std::vector<ForLane>& parts, std::vector<Lane*>& lanes);
  absl::Status Refusal(absl::Span<const QueueClaim> claims) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  store::Store& store_;
  const WriteOptions options_;
  WriteObserver* const observer_;
  const Lane::GiveBack give_back_;
  std::once_flag finished_;
  mutable absl::Mutex mutex_;
  QueueShares shares_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::unique_ptr<Lane>> lanes_ ABSL_GUARDED_BY(mutex_);  // those of a group together; null: not yet needed
};

}  // namespace rapport::write

#endif  // RAPPORT_COMMON_WRITE_WRITE_PATH_H_
