#ifndef RAPPORT_TESTS_WRITE_FAKE_STORE_H_
#define RAPPORT_TESTS_WRITE_FAKE_STORE_H_

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "common/store/store.h"

namespace rapport::write {

// Entities, counters and streams in memory, with versions and expectations as the contract of Store has them. It fails
// and blocks on demand. Thread-safe.
class FakeStore final : public store::Store {
 public:
  // What becomes of a commit that is not to succeed. With `applied` it is applied all the same: the answer was lost.
  struct Trouble {
    absl::Status status;
    bool applied = false;
  };

  explicit FakeStore(uint32_t partitions) : partitions_(partitions) {}

  // Asked for every mutation; none means that it goes well. Called by one thread at a time.
  void SetTrouble(std::function<std::optional<Trouble>(const store::Mutation&)> trouble);
  // The next loads fail with these.
  void FailLoads(std::vector<absl::Status> statuses);

  // Tells in which group a partition is; all are in group 0 without. Called by any thread.
  void SetGroups(std::function<uint32_t(const store::Partition&)> groups);

  // From now on commits wait, until Release.
  void Hold();
  // Only those of a group.
  void HoldGroup(uint32_t group);
  void Release();
  // Waits until this many calls of Commit wait.
  void AwaitHeld(int calls);

  // The value of an entity; empty when there is none.
  std::string Value(const store::Partition& partition, const store::Key& key) const;
  int64_t Counter(const store::Partition& partition, const std::string& table, const std::string& field) const;
  std::vector<std::string> Stream(const store::Partition& partition, const std::string& stream) const;
  // The mutations of each call of Commit so far.
  std::vector<size_t> commit_calls() const;

  std::vector<absl::Status> Commit(absl::Span<const store::Mutation> mutations) override;
  absl::StatusOr<std::vector<store::Loaded>> Load(absl::Span<const store::LoadRequest> requests) override;
  absl::StatusOr<std::vector<store::CounterLog>> ReadCounters(absl::Span<const store::TableRef> tables) override;
  absl::StatusOr<store::IndexPage> RangeIndex(const store::IndexRange& range) override;
  absl::StatusOr<std::vector<store::StreamPage>> ReadStreams(absl::Span<const store::StreamRange> ranges) override;
  uint32_t GroupOf(const store::Partition& partition) const override;
  uint32_t partition_count() const override { return partitions_; }
  const store::StoreInfo& info() const override { return info_; }
  absl::Status Ping() override { return absl::OkStatus(); }

 private:
  struct Data {
    uint64_t sequence = 0;
    std::map<store::Key, store::Entity> entities;
    std::map<std::string, std::map<std::string, int64_t>> counters;
    std::map<std::string, std::vector<std::string>> streams;
  };

  bool Holds(const store::Mutation& mutation) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  absl::Status CommitOne(const store::Mutation& mutation) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Apply(const store::Mutation& mutation) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const uint32_t partitions_;
  const store::StoreInfo info_{.engine = "fake", .unsafe = {}, .advice = {}};
  mutable absl::Mutex mutex_;
  std::map<store::Partition, Data> data_ ABSL_GUARDED_BY(mutex_);
  std::function<std::optional<Trouble>(const store::Mutation&)> trouble_ ABSL_GUARDED_BY(mutex_);
  std::deque<absl::Status> load_failures_ ABSL_GUARDED_BY(mutex_);
  std::vector<size_t> commit_calls_ ABSL_GUARDED_BY(mutex_);
  bool holding_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<uint32_t> held_group_ ABSL_GUARDED_BY(mutex_);  // all when there is none
  mutable absl::Mutex groups_mutex_;
  std::function<uint32_t(const store::Partition&)> groups_ ABSL_GUARDED_BY(groups_mutex_);
  int held_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace rapport::write

#endif  // RAPPORT_TESTS_WRITE_FAKE_STORE_H_
