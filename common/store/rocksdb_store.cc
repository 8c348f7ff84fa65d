#include "common/store/rocksdb_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/snapshot.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/store/rocksdb_format.h"
#include "common/store/rocksdb_operators.h"
#include "common/store/validate.h"

namespace rapport::store {
namespace {

constexpr char kFormatKey[] = "format";
constexpr size_t kLeastCompactedTable = 4096;
constexpr size_t kRememberedTables = 50'000;
constexpr absl::Duration kResumeInterval = absl::Seconds(1);

enum Family : size_t { kMeta, kEntities, kExpiring, kCounters, kRanks, kStreams, kFamilyCount };
constexpr std::array<const char*, kFamilyCount> kFamilyNames = {"default",  "entities", "expiring",
                                                                "counters", "ranks",    "streams"};

rocksdb::Slice ToSlice(absl::string_view bytes) {
  return {bytes.data(), bytes.size()};
}
absl::string_view ToView(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

absl::Status FromRocks(const rocksdb::Status& status, const std::string& folder) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = status.ToString();
  if (status.IsNoSpace()) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the disk of the data folder ", folder, " is full: make room on it (", text, ")"));
  }
  if (status.IsCorruption()) {
    return absl::DataLossError(
        absl::StrCat("the data folder ", folder, " is damaged: restore it from a backup (", text, ")"));
  }
  return absl::UnavailableError(absl::StrCat("the data folder ", folder,
                                             " cannot be read or written: check that it exists, is writable and that "
                                             "its disk is healthy (",
                                             text, ")"));
}

absl::Status Damaged(const std::string& folder, absl::string_view what) {
  return absl::DataLossError(
      absl::StrCat("the data folder ", folder, " holds a damaged ", what, ": restore it from a backup"));
}

// Commits of one partition follow one another; those of others run beside them.
struct PartitionState {
  std::mutex commit_mutex;
  std::atomic<uint64_t> sequence = 0;  // of the last commit; written under commit_mutex

  // How large a table was when it was last summed up, and what was added since. Only a hint, so that it may be
  // forgotten. Guarded by commit_mutex, as is next_trim.
  struct TableSize {
    size_t base = 0;
    size_t added = 0;
  };
  absl::flat_hash_map<std::string, TableSize> tables;
  absl::flat_hash_map<std::string, uint64_t> next_trim;  // sequence, by stream
};

// The writes of one Commit call, and what they change for the mutations that come later in the same call.
struct CommitBatch {
  struct Slot {
    PartitionState* state = nullptr;
    std::string prefix;
    uint64_t sequence = 0;
    std::vector<std::string> grown_tables;
  };
  rocksdb::WriteBatch writes;
  std::map<Partition, Slot> slots;                      // ordered, so that all callers lock in the same order
  absl::flat_hash_map<std::string, uint64_t> versions;  // by entity key
  absl::flat_hash_map<std::string, std::optional<int64_t>> scores;  // by score key
  bool shared_partitions = false;
};

// RocksDB's own recovery from a full disk waits for room for all its write buffers at once, far more than it takes to
// go on. The store resumes at the next commit instead.
class NoRecoveryByItself final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/, rocksdb::Status /*error*/,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

class RocksDbStore final : public Store {
 public:
  RocksDbStore(std::string folder, const StoreOptions& options, std::unique_ptr<rocksdb::DB> db,
               std::vector<rocksdb::ColumnFamilyHandle*> families)
      : folder_(std::move(folder)),
        partitions_(options.partitions),
        retention_(static_cast<uint64_t>(options.stream_retention)),
        clock_(options.clock),
        db_(std::move(db)),
        families_(std::move(families)) {
    info_.engine = "rocksdb";
  }

  ~RocksDbStore() override {
    for (rocksdb::ColumnFamilyHandle* family : families_) db_->DestroyColumnFamilyHandle(family).PermitUncheckedError();
    db_->Close().PermitUncheckedError();
  }

  std::vector<absl::Status> Commit(absl::Span<const Mutation> mutations) override;
  absl::StatusOr<std::vector<Loaded>> Load(absl::Span<const LoadRequest> requests) override;
  absl::StatusOr<std::vector<CounterLog>> ReadCounters(absl::Span<const TableRef> tables) override;
  absl::StatusOr<IndexPage> RangeIndex(const IndexRange& range) override;
  absl::StatusOr<std::vector<StreamPage>> ReadStreams(absl::Span<const StreamRange> ranges) override;
  uint32_t partition_count() const override { return partitions_; }
  const StoreInfo& info() const override { return info_; }
  absl::Status Ping() override;

  absl::Status Checkpoint(const std::string& folder);

 private:
  struct Fetched {
    std::vector<rocksdb::PinnableSlice> values;
    std::vector<rocksdb::Status> statuses;
  };

  Fetched MultiGet(Family family, const std::vector<std::string>& keys) const;
  absl::Status Failed(const rocksdb::Status& status) const { return FromRocks(status, folder_); }

  absl::StatusOr<PartitionState*> StateOf(const Partition& partition);
  absl::Status ResumeAfterFailure();
  void RememberFailure(const absl::Status& failure);

  absl::Status Plan(const Mutation& mutation, CommitBatch& batch);
  absl::Status CheckExpectations(const Mutation& mutation, const CommitBatch& batch, const std::string& prefix) const;
  absl::StatusOr<std::vector<Entity>> LoadEntities(const std::vector<std::pair<std::string, const Key*>>& keys) const;
  void PlanEntities(const Mutation& mutation, CommitBatch& batch, const CommitBatch::Slot& slot);
  void PlanCounters(const Mutation& mutation, CommitBatch& batch, CommitBatch::Slot& slot);
  absl::Status PlanRanks(const Mutation& mutation, CommitBatch& batch, const CommitBatch::Slot& slot);
  absl::Status PlanStreams(const Mutation& mutation, CommitBatch& batch, const CommitBatch::Slot& slot);
  absl::Status PlanTrim(const Partition& partition, const std::string& stream, CommitBatch& batch,
                        const CommitBatch::Slot& slot);
  void CompactTables(CommitBatch& batch);

  absl::StatusOr<StreamPage> ReadStream(const StreamRange& range, const rocksdb::Snapshot* snapshot) const;

  rocksdb::ColumnFamilyHandle* family(Family family) const { return families_[family]; }

  const std::string folder_;
  const uint32_t partitions_;
  const uint64_t retention_;
  const std::function<absl::Time()> clock_;
  const std::unique_ptr<rocksdb::DB> db_;
  const std::vector<rocksdb::ColumnFamilyHandle*> families_;
  StoreInfo info_;

  std::shared_mutex states_mutex_;
  std::map<Partition, PartitionState> states_;  // entries stay for good

  std::mutex resume_mutex_;
  std::atomic<bool> write_failed_ = false;  // written under resume_mutex_, which guards the next two
  absl::Time next_resume_ = absl::InfinitePast();
  absl::Status last_failure_;
};

RocksDbStore::Fetched RocksDbStore::MultiGet(Family from, const std::vector<std::string>& keys) const {
  std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
  Fetched fetched{std::vector<rocksdb::PinnableSlice>(keys.size()), std::vector<rocksdb::Status>(keys.size())};
  db_->MultiGet(rocksdb::ReadOptions(), family(from), slices.size(), slices.data(), fetched.values.data(),
                fetched.statuses.data());
  return fetched;
}

absl::StatusOr<PartitionState*> RocksDbStore::StateOf(const Partition& partition) {
  {
    std::shared_lock lock(states_mutex_);
    if (auto it = states_.find(partition); it != states_.end()) return &it->second;
  }
  std::unique_lock lock(states_mutex_);
  if (auto it = states_.find(partition); it != states_.end()) return &it->second;
  std::string bytes;
  const rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), family(kMeta), SequenceKey(partition), &bytes);
  if (!status.ok() && !status.IsNotFound()) return Failed(status);
  const std::optional<uint64_t> sequence = status.ok() ? ParseNumber(bytes) : 0;
  if (!sequence) return Damaged(folder_, "commit sequence");
  PartitionState& state = states_[partition];
  state.sequence = *sequence;
  return &state;
}

// After a failed write RocksDB refuses all others until it is told to resume.
absl::Status RocksDbStore::ResumeAfterFailure() {
  if (!write_failed_) return absl::OkStatus();
  const std::lock_guard lock(resume_mutex_);
  if (!write_failed_ || absl::Now() < next_resume_) return last_failure_;
  next_resume_ = absl::Now() + kResumeInterval;
  last_failure_ = Failed(db_->Resume());
  write_failed_ = !last_failure_.ok();
  return last_failure_;
}

void RocksDbStore::RememberFailure(const absl::Status& failure) {
  const std::lock_guard lock(resume_mutex_);
  write_failed_ = true;
  last_failure_ = failure;
}

std::vector<absl::Status> RocksDbStore::Commit(absl::Span<const Mutation> mutations) {
  std::vector<absl::Status> statuses(mutations.size());
  const auto fail_all = [&statuses](const absl::Status& error) {
    for (absl::Status& status : statuses) {
      if (status.ok()) status = error;
    }
    return statuses;
  };

  CommitBatch batch;
  for (size_t i = 0; i < mutations.size(); ++i) {
    statuses[i] = CheckMutation(mutations[i], partitions_);
    if (statuses[i].ok() && !batch.slots.try_emplace(mutations[i].partition).second) batch.shared_partitions = true;
  }
  if (absl::Status status = ResumeAfterFailure(); !status.ok()) return fail_all(status);

  std::vector<std::unique_lock<std::mutex>> locks;
  for (auto& [partition, slot] : batch.slots) {
    absl::StatusOr<PartitionState*> state = StateOf(partition);
    if (!state.ok()) return fail_all(state.status());
    locks.emplace_back((*state)->commit_mutex);
    slot = {*state, PartitionPrefix(partition), (*state)->sequence, {}};
  }
  for (size_t i = 0; i < mutations.size(); ++i) {
    if (statuses[i].ok()) statuses[i] = Plan(mutations[i], batch);
  }
  if (batch.writes.Count() == 0) return statuses;

  for (auto& [partition, slot] : batch.slots) {
    if (slot.sequence != slot.state->sequence) {
      batch.writes.Put(family(kMeta), SequenceKey(partition), EncodeNumber(slot.sequence));
    }
  }
  rocksdb::WriteOptions options;
  options.sync = true;
  const rocksdb::Status written = db_->Write(options, &batch.writes);
  // Also after a failure, whose outcome is unknown: a number that may have been written must not be given again.
  for (auto& [partition, slot] : batch.slots) slot.state->sequence = slot.sequence;
  if (!written.ok()) {
    RememberFailure(Failed(written));
    return fail_all(Failed(written));
  }
  CompactTables(batch);
  return statuses;
}

// Adds the mutation to the batch, or nothing of it when it does not succeed.
absl::Status RocksDbStore::Plan(const Mutation& mutation, CommitBatch& batch) {
  CommitBatch::Slot& slot = batch.slots[mutation.partition];
  if (mutation.loaded_at == 0 || mutation.loaded_at != slot.sequence) {
    if (absl::Status status = CheckExpectations(mutation, batch, slot.prefix); !status.ok()) return status;
  }
  if (!HasEffect(mutation)) return absl::OkStatus();
  ++slot.sequence;
  batch.writes.SetSavePoint();
  absl::Status status = PlanStreams(mutation, batch, slot);
  if (status.ok()) status = PlanRanks(mutation, batch, slot);
  if (!status.ok()) {
    batch.writes.RollbackToSavePoint().PermitUncheckedError();
    return status;
  }
  batch.writes.PopSavePoint().PermitUncheckedError();
  PlanEntities(mutation, batch, slot);
  PlanCounters(mutation, batch, slot);
  return absl::OkStatus();
}

absl::Status RocksDbStore::CheckExpectations(const Mutation& mutation, const CommitBatch& batch,
                                             const std::string& prefix) const {
  if (mutation.expects.empty()) return absl::OkStatus();
  std::vector<std::pair<std::string, const Key*>> keys;
  keys.reserve(mutation.expects.size());
  for (const Expect& expect : mutation.expects) keys.emplace_back(EntityKey(prefix, expect.key), &expect.key);
  absl::StatusOr<std::vector<Entity>> entities = LoadEntities(keys);
  if (!entities.ok()) return entities.status();
  for (size_t i = 0; i < keys.size(); ++i) {
    const auto changed = batch.versions.find(keys[i].first);
    const uint64_t version = changed == batch.versions.end() ? (*entities)[i].version : changed->second;
    if (version != mutation.expects[i].version) {
      return absl::AbortedError(absl::StrCat("an entity of collection '", mutation.expects[i].key.collection,
                                             "' was changed meanwhile: load it again and replan"));
    }
  }
  return absl::OkStatus();
}

void RocksDbStore::PlanEntities(const Mutation& mutation, CommitBatch& batch, const CommitBatch::Slot& slot) {
  const absl::Time now = clock_();
  const auto changed = [&batch](const std::string& key, uint64_t version) {
    if (batch.shared_partitions) batch.versions[key] = version;
  };
  for (const Put& put : mutation.puts) {
    const std::string key = EntityKey(slot.prefix, put.key);
    const std::optional<absl::Time> expiry = put.key.expires ? std::optional(now + put.ttl) : std::nullopt;
    batch.writes.Put(family(put.key.expires ? kExpiring : kEntities), key,
                     EncodeEntity(slot.sequence, put.value, expiry));
    changed(key, slot.sequence);
  }
  for (const Key& erased : mutation.erases) {
    const std::string key = EntityKey(slot.prefix, erased);
    batch.writes.Delete(family(erased.expires ? kExpiring : kEntities), key);
    changed(key, 0);
  }
}

void RocksDbStore::PlanCounters(const Mutation& mutation, CommitBatch& batch, CommitBatch::Slot& slot) {
  auto& tables = slot.state->tables;
  if (tables.size() > kRememberedTables) tables.clear();
  for (const std::string& table : mutation.dropped_tables) {
    batch.writes.Delete(family(kCounters), TableKey(slot.prefix, table));
    tables.erase(table);
  }
  for (const Add& add : mutation.adds) {
    if (add.deltas.empty()) continue;
    batch.writes.Merge(family(kCounters), TableKey(slot.prefix, add.table), add.deltas.bytes());
    PartitionState::TableSize& size = tables[add.table];
    size.added += add.deltas.bytes().size();
    if (size.base + size.added > std::max(kLeastCompactedTable, 2 * size.base)) slot.grown_tables.push_back(add.table);
  }
}

absl::Status RocksDbStore::PlanRanks(const Mutation& mutation, CommitBatch& batch, const CommitBatch::Slot& slot) {
  if (mutation.ranks.empty()) return absl::OkStatus();
  std::vector<std::string> score_keys;
  score_keys.reserve(mutation.ranks.size());
  for (const Rank& rank : mutation.ranks) score_keys.push_back(ScoreKey(slot.prefix, rank.index, rank.member));
  const Fetched stored = MultiGet(kRanks, score_keys);
  std::vector<std::optional<int64_t>> before(score_keys.size());
  for (size_t i = 0; i < score_keys.size(); ++i) {
    if (stored.statuses[i].IsNotFound()) continue;
    if (!stored.statuses[i].ok()) return Failed(stored.statuses[i]);
    const std::optional<uint64_t> score = ParseNumber(ToView(stored.values[i]));
    if (!score) return Damaged(folder_, "score");
    before[i] = static_cast<int64_t>(*score);
  }
  for (size_t i = 0; i < score_keys.size(); ++i) {
    const Rank& rank = mutation.ranks[i];
    const auto [known, is_new] = batch.scores.try_emplace(score_keys[i], before[i]);
    if (known->second == rank.score) continue;
    const std::string index = IndexPrefix(slot.prefix, rank.index);
    if (known->second) batch.writes.Delete(family(kRanks), index + RankPosition(*known->second, rank.member));
    if (rank.score) {
      batch.writes.Put(family(kRanks), index + RankPosition(*rank.score, rank.member), rocksdb::Slice());
      batch.writes.Put(family(kRanks), score_keys[i], EncodeNumber(static_cast<uint64_t>(*rank.score)));
    } else {
      batch.writes.Delete(family(kRanks), score_keys[i]);
    }
    known->second = rank.score;
  }
  return absl::OkStatus();
}

absl::Status RocksDbStore::PlanStreams(const Mutation& mutation, CommitBatch& batch, const CommitBatch::Slot& slot) {
  for (size_t i = 0; i < mutation.appends.size(); ++i) {
    const Append& append = mutation.appends[i];
    uint64_t& next_trim = slot.state->next_trim[append.stream];
    if (slot.sequence >= next_trim) {
      if (absl::Status status = PlanTrim(mutation.partition, append.stream, batch, slot); !status.ok()) return status;
      next_trim = slot.sequence + retention_ / 8 + 1;
    }
    const StreamPosition position{slot.sequence, static_cast<uint32_t>(i)};
    batch.writes.Put(family(kStreams), StreamPrefix(slot.prefix, append.stream) + EncodePosition(position),
                     append.value);
  }
  return absl::OkStatus();
}

// Removes the entries past the retention and records the last of them, so that readers learn what they missed.
absl::Status RocksDbStore::PlanTrim(const Partition& partition, const std::string& stream, CommitBatch& batch,
                                    const CommitBatch::Slot& slot) {
  if (slot.sequence <= retention_) return absl::OkStatus();
  const std::string begin = StreamPrefix(slot.prefix, stream);
  const std::string end = begin + EncodePosition({slot.sequence - retention_, 0});
  const rocksdb::Slice lower(begin);
  const rocksdb::Slice upper(end);
  rocksdb::ReadOptions options;
  options.iterate_lower_bound = &lower;
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options, family(kStreams)));
  it->SeekToLast();
  if (!it->Valid()) return it->status().ok() ? absl::OkStatus() : Failed(it->status());
  batch.writes.Put(family(kMeta), TrimmedKey(partition, stream), ToSlice(ToView(it->key()).substr(begin.size())));
  batch.writes.DeleteRange(family(kStreams), begin, end);
  return absl::OkStatus();
}

// Sums up the tables that have doubled, so that a table costs what it holds, not what was ever added. Not synced, and
// without a status: what it replaces means the same.
void RocksDbStore::CompactTables(CommitBatch& batch) {
  std::vector<std::string> keys;
  std::vector<PartitionState::TableSize*> sizes;
  for (auto& [partition, slot] : batch.slots) {
    std::sort(slot.grown_tables.begin(), slot.grown_tables.end());
    slot.grown_tables.erase(std::unique(slot.grown_tables.begin(), slot.grown_tables.end()), slot.grown_tables.end());
    for (const std::string& table : slot.grown_tables) {
      const auto size = slot.state->tables.find(table);
      if (size == slot.state->tables.end()) continue;
      keys.push_back(TableKey(slot.prefix, table));
      sizes.push_back(&size->second);
    }
  }
  if (keys.empty()) return;
  const Fetched tables = MultiGet(kCounters, keys);
  rocksdb::WriteBatch writes;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!tables.statuses[i].ok()) continue;
    CounterLog log(tables.values[i].ToString());
    if (!log.Compact().ok()) continue;
    *sizes[i] = {log.bytes().size(), 0};
    writes.Put(family(kCounters), keys[i], log.bytes());
  }
  const rocksdb::Status written = db_->Write(rocksdb::WriteOptions(), &writes);
  if (!written.ok()) RememberFailure(Failed(written));
}

absl::StatusOr<std::vector<Entity>> RocksDbStore::LoadEntities(
    const std::vector<std::pair<std::string, const Key*>>& keys) const {
  std::vector<Entity> entities(keys.size());
  const absl::Time now = clock_();
  for (const bool expires : {false, true}) {
    std::vector<std::string> wanted;
    std::vector<size_t> places;
    for (size_t i = 0; i < keys.size(); ++i) {
      if (keys[i].second->expires != expires) continue;
      wanted.push_back(keys[i].first);
      places.push_back(i);
    }
    if (wanted.empty()) continue;
    const Fetched fetched = MultiGet(expires ? kExpiring : kEntities, wanted);
    for (size_t i = 0; i < wanted.size(); ++i) {
      if (fetched.statuses[i].IsNotFound()) continue;
      if (!fetched.statuses[i].ok()) return Failed(fetched.statuses[i]);
      const absl::string_view bytes = ToView(fetched.values[i]);
      if (expires && HasExpired(bytes, now)) continue;
      const std::optional<StoredEntity> entity = ParseEntity(bytes, expires);
      if (!entity) return Damaged(folder_, "entity");
      entities[places[i]] = {std::string(entity->value), entity->version};
    }
  }
  return entities;
}

absl::StatusOr<std::vector<Loaded>> RocksDbStore::Load(absl::Span<const LoadRequest> requests) {
  std::vector<Loaded> loaded(requests.size());
  std::vector<std::pair<std::string, const Key*>> keys;
  for (size_t i = 0; i < requests.size(); ++i) {
    if (absl::Status status = CheckPartition(requests[i].partition, partitions_); !status.ok()) return status;
    absl::StatusOr<PartitionState*> state = StateOf(requests[i].partition);
    if (!state.ok()) return state.status();
    // Before the entities: were it read after them, it could vouch for values that a commit has since replaced.
    loaded[i].sequence = (*state)->sequence;
    const std::string prefix = PartitionPrefix(requests[i].partition);
    for (const Key& key : requests[i].keys) {
      if (absl::Status status = CheckKey(key); !status.ok()) return status;
      keys.emplace_back(EntityKey(prefix, key), &key);
    }
  }
  absl::StatusOr<std::vector<Entity>> entities = LoadEntities(keys);
  if (!entities.ok()) return entities.status();
  auto next = std::make_move_iterator(entities->begin());
  for (size_t i = 0; i < requests.size(); ++i) {
    const auto end = next + static_cast<std::ptrdiff_t>(requests[i].keys.size());
    loaded[i].entities.assign(next, end);
    next = end;
  }
  return loaded;
}

absl::StatusOr<std::vector<CounterLog>> RocksDbStore::ReadCounters(absl::Span<const TableRef> tables) {
  std::vector<std::string> keys;
  keys.reserve(tables.size());
  for (const TableRef& table : tables) {
    if (absl::Status status = CheckPartition(table.partition, partitions_); !status.ok()) return status;
    keys.push_back(TableKey(PartitionPrefix(table.partition), table.table));
  }
  const Fetched fetched = MultiGet(kCounters, keys);
  std::vector<CounterLog> logs(tables.size());
  for (size_t i = 0; i < tables.size(); ++i) {
    if (fetched.statuses[i].IsNotFound()) continue;
    if (!fetched.statuses[i].ok()) return Failed(fetched.statuses[i]);
    logs[i] = CounterLog(fetched.values[i].ToString());
  }
  return logs;
}

absl::StatusOr<IndexPage> RocksDbStore::RangeIndex(const IndexRange& range) {
  if (absl::Status status = CheckPartition(range.partition, partitions_); !status.ok()) return status;
  if (absl::Status status = CheckLimit(range.limit); !status.ok()) return status;
  if (!range.cursor.empty() && !ParseRankPosition(range.cursor)) return InvalidCursor();
  IndexPage page;
  if (range.from > range.to) return page;
  const std::string prefix = IndexPrefix(PartitionPrefix(range.partition), range.index);
  std::string begin = prefix + RankPosition(range.from, "");
  std::string end = AfterPrefix(prefix + RankPosition(range.to, ""));
  if (!range.cursor.empty()) {
    const std::string at = prefix + range.cursor;
    if (range.descending) {
      end = std::min(end, at);
    } else {
      begin = std::max(begin, at + '\0');
    }
  }
  if (begin >= end) return page;
  const rocksdb::Slice lower(begin);
  const rocksdb::Slice upper(end);
  rocksdb::ReadOptions options;
  options.iterate_lower_bound = &lower;
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options, family(kRanks)));
  range.descending ? it->SeekToLast() : it->SeekToFirst();
  for (; it->Valid(); range.descending ? it->Prev() : it->Next()) {
    if (page.members.size() == static_cast<size_t>(range.limit)) {
      page.next_cursor = RankPosition(page.members.back().score, page.members.back().member);
      break;
    }
    std::optional<RankedMember> member = ParseRankPosition(ToView(it->key()).substr(prefix.size()));
    if (!member) return Damaged(folder_, "rank");
    page.members.push_back(*std::move(member));
  }
  if (!it->status().ok()) return Failed(it->status());
  return page;
}

absl::StatusOr<StreamPage> RocksDbStore::ReadStream(const StreamRange& range, const rocksdb::Snapshot* snapshot) const {
  StreamPage page;
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  std::string trimmed;
  const rocksdb::Status status = db_->Get(options, family(kMeta), TrimmedKey(range.partition, range.stream), &trimmed);
  if (!status.ok() && !status.IsNotFound()) return Failed(status);
  const std::string after = EncodePosition(range.after);
  page.trimmed = after < trimmed;

  const std::string prefix = StreamPrefix(PartitionPrefix(range.partition), range.stream);
  const std::string begin = prefix + after + '\0';
  const std::string end = AfterPrefix(prefix);
  const rocksdb::Slice lower(begin);
  const rocksdb::Slice upper(end);
  options.iterate_lower_bound = &lower;
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options, family(kStreams)));
  for (it->SeekToFirst(); it->Valid() && page.entries.size() < static_cast<size_t>(range.limit); it->Next()) {
    const std::optional<StreamPosition> position = ParsePosition(ToView(it->key()).substr(prefix.size()));
    if (!position) return Damaged(folder_, "stream entry");
    page.entries.push_back({*position, it->value().ToString()});
  }
  if (!it->status().ok()) return Failed(it->status());
  return page;
}

absl::StatusOr<std::vector<StreamPage>> RocksDbStore::ReadStreams(absl::Span<const StreamRange> ranges) {
  std::vector<StreamPage> pages;
  pages.reserve(ranges.size());
  // Entries and the record of what was trimmed must be of one moment.
  rocksdb::ManagedSnapshot snapshot(db_.get());
  for (const StreamRange& range : ranges) {
    if (absl::Status status = CheckPartition(range.partition, partitions_); !status.ok()) return status;
    if (absl::Status status = CheckLimit(range.limit); !status.ok()) return status;
    absl::StatusOr<StreamPage> page = ReadStream(range, snapshot.snapshot());
    if (!page.ok()) return page.status();
    pages.push_back(*std::move(page));
  }
  return pages;
}

absl::Status RocksDbStore::Ping() {
  if (absl::Status status = ResumeAfterFailure(); !status.ok()) return status;
  std::string format;
  return Failed(db_->Get(rocksdb::ReadOptions(), family(kMeta), kFormatKey, &format));
}

absl::Status RocksDbStore::Checkpoint(const std::string& folder) {
  std::error_code error;
  if (std::filesystem::create_directories(std::filesystem::path(folder).parent_path(), error); error) {
    return absl::UnavailableError(absl::StrCat(
        "the folder for ", folder, " cannot be made: give a writable --checkpoints (", error.message(), ")"));
  }
  rocksdb::Checkpoint* raw = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(db_.get(), &raw);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(raw);
  if (status.ok()) status = checkpoint->CreateCheckpoint(folder);
  if (status.ok()) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("no checkpoint could be written to ", folder, ": see to the disk (", status.ToString(), ")"));
}

rocksdb::CompressionType FirstSupported(std::initializer_list<rocksdb::CompressionType> wanted) {
  const std::vector<rocksdb::CompressionType> supported = rocksdb::GetSupportedCompressions();
  for (const rocksdb::CompressionType type : wanted) {
    if (std::find(supported.begin(), supported.end(), type) != supported.end()) return type;
  }
  return rocksdb::kNoCompression;
}

// For two cores and small records: one background flush and one compaction beside the writers, whole write buffers
// that are searched by hash before the tree is walked.
rocksdb::DBOptions DatabaseOptions() {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.max_background_jobs = 2;
  options.max_open_files = 512;
  options.db_write_buffer_size = size_t{192} << 20;
  options.max_total_wal_size = uint64_t{256} << 20;
  options.bytes_per_sync = uint64_t{1} << 20;
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.keep_log_file_num = 2;
  options.max_log_file_size = size_t{4} << 20;
  options.listeners.push_back(std::make_shared<NoRecoveryByItself>());
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> ColumnFamilies(const StoreOptions& store_options) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(size_t{128} << 20);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = size_t{64} << 20;
  options.level_compaction_dynamic_level_bytes = true;
  options.compression = FirstSupported({rocksdb::kLZ4Compression, rocksdb::kSnappyCompression});
  options.bottommost_compression = FirstSupported({rocksdb::kZSTD, rocksdb::kLZ4Compression});
  options.memtable_whole_key_filtering = true;
  options.memtable_prefix_bloom_size_ratio = 0.05;

  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  families.reserve(kFamilyCount);
  for (const char* name : kFamilyNames) families.emplace_back(name, options);
  families[kCounters].options.merge_operator = MakeCounterLogMerge();
  families[kExpiring].options.compaction_filter_factory = MakeExpiryFilter(store_options.clock);
  families[kExpiring].options.periodic_compaction_seconds = uint64_t{24} * 60 * 60;
  return families;
}

absl::Status CheckFolder(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::path path = fs::absolute(folder, error).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  if (fs::exists(path, error)) {
    if (fs::is_directory(path, error)) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrCat("the data folder ", folder, " is not a folder: give the path of a folder, or of a new one"));
  }
  if (fs::is_directory(path.parent_path(), error)) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("the data folder ", folder, " cannot be made because ",
                                                    path.parent_path().string(), " does not exist: make that first"));
}

absl::Status OpenFailed(const rocksdb::Status& status, const std::string& folder) {
  const std::string text = status.ToString();
  if (text.find("lock ") != std::string::npos) {
    return absl::FailedPreconditionError(
        absl::StrCat("the data folder ", folder,
                     " is in use by another process: stop that, or use Redis for more than one replica (", text, ")"));
  }
  if (text.find("Read-only file system") != std::string::npos || text.find("Permission denied") != std::string::npos) {
    return absl::FailedPreconditionError(
        absl::StrCat("the data folder ", folder,
                     " is not writable: mount it for writing and give this user the right "
                     "to write to it (",
                     text, ")"));
  }
  if (status.IsInvalidArgument()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the data folder ", folder, " was made by something else: give an empty or a new folder (", text, ")"));
  }
  return FromRocks(status, folder);
}

// Records format, service and partition count in a new store; refuses one of another kind.
absl::Status CheckFormat(rocksdb::DB& db, const std::string& folder, const StoreOptions& options) {
  const std::string wanted = FormatRecord(kRocksdbFormat, options);
  std::string recorded;
  rocksdb::Status status = db.Get(rocksdb::ReadOptions(), kFormatKey, &recorded);
  if (status.IsNotFound()) {
    rocksdb::WriteOptions sync;
    sync.sync = true;
    status = db.Put(sync, kFormatKey, wanted);
    recorded = wanted;
  }
  if (!status.ok()) return OpenFailed(status, folder);
  return CompareFormat(recorded, kRocksdbFormat, options, absl::StrCat("the data folder ", folder));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenRocksDbStore(const std::string& folder, const StoreOptions& options) {
  if (absl::Status status = CheckFolder(folder); !status.ok()) return status;
  rocksdb::DB* raw = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  const rocksdb::Status opened = rocksdb::DB::Open(DatabaseOptions(), folder, ColumnFamilies(options), &families, &raw);
  if (!opened.ok()) return OpenFailed(opened, folder);
  auto store = std::make_unique<RocksDbStore>(folder, options, std::unique_ptr<rocksdb::DB>(raw), std::move(families));
  if (absl::Status status = CheckFormat(*raw, folder, options); !status.ok()) return status;
  return store;
}

absl::Status CheckpointRocksDbStore(Store& store, const std::string& folder) {
  return dynamic_cast<RocksDbStore&>(store).Checkpoint(folder);
}

}  // namespace rapport::store
