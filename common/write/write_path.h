#ifndef RAPPORT_COMMON_WRITE_WRITE_PATH_H_
#define RAPPORT_COMMON_WRITE_WRITE_PATH_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/store/store.h"
#include "common/write/changes.h"

namespace rapport::write {

// What the plans of a batch share of an entity in place of its bytes: parsed by the first, packed after the last, so
// that a large entity is not read and written again for each of its events.
class SharedEntity {
 public:
  virtual ~SharedEntity() = default;
  // Called once, after the last plan, if any changed the entity: its new bytes, and what the change adds to `changes`.
  virtual std::string Pack(Changes& changes) = 0;
};

// An entity while a batch is being planned: as loaded, then as the events of the batch before this one left it.
struct EntityState {
  std::string value;  // empty when there is none
  bool changed = false;
  std::unique_ptr<SharedEntity> shared;  // once a plan has put it here, it stands for `value`

  void Set(std::string new_value) {
    value = std::move(new_value);
    changed = true;
  }
};

// One event on its way into the store. Its hooks are called by one thread at a time.
class Write {
 public:
  virtual ~Write() = default;

  virtual const store::Partition& partition() const = 0;
  // The entities of the partition that the event reads and changes.
  virtual absl::Span<const store::Key> keys() const = 0;
  // What the event counts towards the bytes of a batch.
  virtual int64_t bytes() const = 0;
  // The event is failed with DEADLINE_EXCEEDED when it was not begun by then.
  virtual absl::Time deadline() const { return absl::InfiniteFuture(); }

  // Before the first Plan: what needs the store but is no entity of the partition. May block.
  virtual absl::Status Prepare() { return absl::OkStatus(); }

  // Changes the entities, in the order of keys(), and adds to `changes`. Depends on nothing but the event, what Prepare
  // found and the entities: it is called again, with newly loaded ones, when another writer was faster. An error fails
  // this event alone; it must then have changed nothing.
  virtual absl::Status Plan(absl::Span<EntityState*> entities, Changes& changes) = 0;

  // Called exactly once, last: OK when what the event changed is durable, or when it changed nothing. UNAVAILABLE: the
  // outcome is unknown, send the event again.
  virtual void Finish(const absl::Status& status) = 0;
};

struct WriteOptions {
  int lanes = 2;  // threads; each owns the partitions that fall to it
  int64_t max_queued_events = 50'000;
  int64_t max_batch_events = 2'000;
  int64_t max_batch_bytes = int64_t{4} << 20;
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

// The one way into the store. Events that wait at the same time share a load and a commit: a thousand concurrent
// callers cost a few round trips and fsyncs. Thread-safe; Submit does not block.
class WritePath {
 public:
  // `store` and `observer` (may be null) must outlive the path.
  WritePath(store::Store& store, WriteOptions options, WriteObserver* observer);
  // Finishes all that was accepted.
  ~WritePath();
  WritePath(const WritePath&) = delete;
  WritePath& operator=(const WritePath&) = delete;

  // Accepts all of the events or none: RESOURCE_EXHAUSTED when the queue is full, UNAVAILABLE after Close. Refused
  // events are not finished.
  absl::Status Submit(std::vector<std::unique_ptr<Write>> writes);

  // Accepts no more, and returns when everything accepted is finished.
  void Close();

  int64_t queued_events() const;
  // How many may be queued.
  int64_t queue_capacity() const { return options_.max_queued_events; }

 private:
  class Lane;

  store::Store& store_;
  const WriteOptions options_;
  WriteObserver* const observer_;
  std::atomic<int64_t> queued_ = 0;
  std::atomic<bool> closed_ = false;
  std::once_flag finished_;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace rapport::write

#endif  // RAPPORT_COMMON_WRITE_WRITE_PATH_H_
