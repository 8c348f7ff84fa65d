#ifndef RAPPORT_COMMON_STORE_STORE_H_
#define RAPPORT_COMMON_STORE_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/store/counter_log.h"

// The store seam: everything that services keep goes through these types, on whichever engine.
namespace rapport::store {

// The unit of atomicity and of distribution: one slice of one tenant's data.
struct Partition {
  std::string tenant;
  uint32_t index = 0;  // below Store::partition_count()

  friend bool operator==(const Partition&, const Partition&) = default;
  friend auto operator<=>(const Partition&, const Partition&) = default;  // NOLINT(modernize-use-nullptr)
};

// Where an entity lives inside its partition. The entities of a collection either all expire or none does.
struct Key {
  std::string collection;  // short, of [a-z]: part of every stored key
  std::string id;
  bool expires = false;

  friend bool operator==(const Key&, const Key&) = default;
  friend auto operator<=>(const Key&, const Key&) = default;  // NOLINT(modernize-use-nullptr)
};

// A stored value. Versions are never reused: 0 means that there is none; each put gives a larger one.
struct Entity {
  std::string value;
  uint64_t version = 0;
};

// "The entity still has this version"; 0: "there is still none".
struct Expect {
  Key key;
  uint64_t version = 0;
};

struct Put {
  Key key;
  std::string value;
  absl::Duration ttl = absl::InfiniteDuration();  // finite exactly when key.expires; millisecond precision
};

// Signed increments of the counters of one table, already encoded (see counter_log.h). Tables are named bytes.
struct Add {
  std::string table;
  CounterLog deltas;
};

// Gives a member of an ordered index its score, or takes it out. |score| < 2^53.
struct Rank {
  std::string index;
  std::string member;
  std::optional<int64_t> score;
};

struct Append {
  std::string stream;
  std::string value;
};

// One atomic change of one partition: all of it is applied and durable, or none. Tables are dropped before there is
// added to them, entities put before others are erased; ranks count in their order.
struct Mutation {
  Partition partition;
  // The `sequence` of the load that the mutation was planned from. When nothing was committed to the partition since,
  // the expectations hold without being looked at. 0 when unknown.
  uint64_t loaded_at = 0;
  std::vector<Expect> expects;
  std::vector<Put> puts;
  std::vector<Key> erases;
  std::vector<Add> adds;
  std::vector<Rank> ranks;
  std::vector<Append> appends;
  std::vector<std::string> dropped_tables;
};

struct LoadRequest {
  Partition partition;
  std::vector<Key> keys;
};

struct Loaded {
  uint64_t sequence = 0;         // of the partition's last commit
  std::vector<Entity> entities;  // in the order of the keys asked for; version 0 where there is none
};

struct TableRef {
  Partition partition;
  std::string table;
  // Answered only with what no failover takes back, as loads are; UNAVAILABLE while replicas are missing. Figures do
  // not ask for that, so that they go on.
  bool lasting = false;
};

struct RankedMember {
  std::string member;
  int64_t score = 0;
};

// A page of an ordered index.
struct IndexRange {
  Partition partition;
  std::string index;
  int64_t from = 0;  // least score, inclusive
  int64_t to = 0;    // greatest score, inclusive
  bool descending = false;
  int32_t limit = 100;
  std::string cursor;  // next_cursor of the page before; empty for the first
};

struct IndexPage {
  std::vector<RankedMember> members;  // by score, then by member, both in the direction asked for
  std::string next_cursor;            // empty at the end
};

// Position in a stream: of commit `sequence` of the partition, the `index`-th entry. Entries after a position are those
// with a greater one.
struct StreamPosition {
  uint64_t sequence = 0;
  uint32_t index = 0;

  friend bool operator==(const StreamPosition&, const StreamPosition&) = default;
  friend auto operator<=>(const StreamPosition&, const StreamPosition&) = default;  // NOLINT(modernize-use-nullptr)
};

struct StreamRange {
  Partition partition;
  std::string stream;
  StreamPosition after;
  int32_t limit = 100;
};

struct StreamEntry {
  StreamPosition position;
  std::string value;
};

struct StreamPage {
  std::vector<StreamEntry> entries;
  // Entries between `after` and the first kept one were trimmed: the reader missed some.
  bool trimmed = false;
};

struct StoreInfo {
  std::string engine;               // "rocksdb" or "redis"
  std::vector<std::string> unsafe;  // settings under which acknowledged data could be lost, with their remedies
  std::vector<std::string> advice;  // settings that cost memory or speed, with their remedies
};

// Keeps the data of one service. Thread-safe. Every call blocks until it is answered, so none is made from a gRPC
// reaction. Errors: UNAVAILABLE when the engine cannot be reached (after a Commit the outcome is unknown),
// RESOURCE_EXHAUSTED when its disk or memory is full, DATA_LOSS for corrupt bytes, INVALID_ARGUMENT for misuse.
class Store {
 public:
  virtual ~Store() = default;

  // Commits each mutation for itself, in one round trip; statuses in the order of the mutations. OK means durable.
  // ABORTED: an expectation did not hold, nothing of that mutation was applied. Mutations of one call that share a
  // partition are applied in order.
  virtual std::vector<absl::Status> Commit(absl::Span<const Mutation> mutations) = 0;

  // Entities of any partitions in one round trip; answers in the order of the requests.
  virtual absl::StatusOr<std::vector<Loaded>> Load(absl::Span<const LoadRequest> requests) = 0;

  // Tables of counters in one round trip, in the order asked for; an unknown table is empty.
  virtual absl::StatusOr<std::vector<CounterLog>> ReadCounters(absl::Span<const TableRef> tables) = 0;

  virtual absl::StatusOr<IndexPage> RangeIndex(const IndexRange& range) = 0;

  // Stream pages in one round trip, in the order asked for.
  virtual absl::StatusOr<std::vector<StreamPage>> ReadStreams(absl::Span<const StreamRange> ranges) = 0;

  // The group that a partition is in at the moment. Groups are reached independently of one another: that one is slow
  // or away says nothing of the others, and what a call asks of it may hold up the whole call. Small numbers from 0,
  // such as for the servers of a cluster; UINT32_MAX when nobody serves the partition. They may change at any time.
  // Does not block.
  virtual uint32_t GroupOf(const Partition&) const { return 0; }

  // Fixed when the deployment's data is first written.
  virtual uint32_t partition_count() const = 0;

  virtual const StoreInfo& info() const = 0;

  // Asks the engine for a sign of life; for readiness.
  virtual absl::Status Ping() = 0;
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_STORE_H_
