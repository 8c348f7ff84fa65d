#ifndef RAPPORT_COMMON_WRITE_WRITE_H_
#define RAPPORT_COMMON_WRITE_WRITE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

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
  // What the event counts towards the bytes of a batch and of the queue.
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

}  // namespace rapport::write

#endif  // RAPPORT_COMMON_WRITE_WRITE_H_
