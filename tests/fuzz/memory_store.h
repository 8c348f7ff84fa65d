#ifndef RAPPORT_TESTS_FUZZ_MEMORY_STORE_H_
#define RAPPORT_TESTS_FUZZ_MEMORY_STORE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/store/store.h"

namespace rapport::fuzz {

// The contract of the store in the simplest way: everything in memory, nothing expires. Made anew in microseconds.
class MemoryStore final : public store::Store {
 public:
  explicit MemoryStore(uint32_t partition_count) : partition_count_(partition_count) { info_.engine = "memory"; }

  // Changes one of the values that are stored, as a broken disk would; `how` chooses which and what becomes of it.
  void Damage(uint32_t how);

  std::vector<absl::Status> Commit(absl::Span<const store::Mutation> mutations) override;
  absl::StatusOr<std::vector<store::Loaded>> Load(absl::Span<const store::LoadRequest> requests) override;
  absl::StatusOr<std::vector<store::CounterLog>> ReadCounters(absl::Span<const store::TableRef> tables) override;
  absl::StatusOr<store::IndexPage> RangeIndex(const store::IndexRange& range) override;
  absl::StatusOr<std::vector<store::StreamPage>> ReadStreams(absl::Span<const store::StreamRange> ranges) override;
  uint32_t partition_count() const override { return partition_count_; }
  const store::StoreInfo& info() const override { return info_; }
  absl::Status Ping() override { return absl::OkStatus(); }

 private:
  struct Index {
    std::set<std::pair<int64_t, std::string>> members;
    std::map<std::string, int64_t> scores;
  };
  struct Content {
    uint64_t sequence = 0;
    std::map<store::Key, store::Entity> entities;
    std::map<std::string, store::CounterLog> tables;
    std::map<std::string, Index> indexes;
    std::map<std::string, std::vector<store::StreamEntry>> streams;
  };

  absl::Status CommitOne(const store::Mutation& mutation) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static void Apply(const store::Rank& rank, Content& content);

  const uint32_t partition_count_;
  store::StoreInfo info_;
  absl::Mutex mutex_;
  std::map<store::Partition, Content> contents_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rapport::fuzz

#endif  // RAPPORT_TESTS_FUZZ_MEMORY_STORE_H_
