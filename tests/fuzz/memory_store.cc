#include "tests/fuzz/memory_store.h"

#include <functional>

#include "common/store/rocksdb_format.h"
#include "common/store/validate.h"

namespace rapport::fuzz {

using store::CheckPartition;

namespace {

std::string Damaged(std::string value, uint32_t how) {
  const size_t place = value.empty() ? 0 : (how / 4) % value.size();
  switch (how % 4) {
    case 0:
      value.resize(place);
      return value;
    case 1:
      return value + value;
    default:
      if (!value.empty()) value[place] = static_cast<char>(value[place] ^ (1 + how / 16 % 255));
      return value;
  }
}

}  // namespace

std::vector<absl::Status> MemoryStore::Commit(absl::Span<const store::Mutation> mutations) {
  const absl::MutexLock lock(&mutex_);
  std::vector<absl::Status> statuses;
  for (const store::Mutation& mutation : mutations) statuses.push_back(CommitOne(mutation));
  return statuses;
}

absl::Status MemoryStore::CommitOne(const store::Mutation& mutation) {
  if (absl::Status status = store::CheckMutation(mutation, partition_count_); !status.ok()) return status;
  Content& content = contents_[mutation.partition];
  for (const store::Expect& expect : mutation.expects) {
    const auto entity = content.entities.find(expect.key);
    const uint64_t version = entity == content.entities.end() ? 0 : entity->second.version;
    if (version != expect.version) return absl::AbortedError("an entity was changed meanwhile");
  }
  if (!store::HasEffect(mutation)) return absl::OkStatus();
  const uint64_t sequence = ++content.sequence;
  for (const store::Put& put : mutation.puts) content.entities[put.key] = {put.value, sequence};
  for (const store::Key& key : mutation.erases) content.entities.erase(key);
  for (const std::string& table : mutation.dropped_tables) content.tables.erase(table);
  for (const store::Add& add : mutation.adds) content.tables[add.table].Append(add.deltas);
  for (const store::Rank& rank : mutation.ranks) Apply(rank, content);
  for (uint32_t i = 0; i < mutation.appends.size(); ++i) {
    content.streams[mutation.appends[i].stream].push_back({{sequence, i}, mutation.appends[i].value});
  }
  return absl::OkStatus();
}

void MemoryStore::Apply(const store::Rank& rank, Content& content) {
  Index& index = content.indexes[rank.index];
  if (const auto known = index.scores.find(rank.member); known != index.scores.end()) {
    index.members.erase({known->second, rank.member});
    index.scores.erase(known);
  }
  if (!rank.score) return;
  index.members.insert({*rank.score, rank.member});
  index.scores[rank.member] = *rank.score;
}

void MemoryStore::Damage(uint32_t how) {
  const absl::MutexLock lock(&mutex_);
  std::vector<std::function<void()>> ways;
  for (auto& [partition, content] : contents_) {
    for (auto& [key, entity] : content.entities) {
      ways.emplace_back([how, &value = entity.value] { value = Damaged(std::move(value), how); });
    }
    for (auto& [name, table] : content.tables) {
      ways.emplace_back([how, &log = table] { log = store::CounterLog(Damaged(log.bytes(), how)); });
    }
    for (auto& [name, stream] : content.streams) {
      for (store::StreamEntry& entry : stream) {
        ways.emplace_back([how, &value = entry.value] { value = Damaged(std::move(value), how); });
      }
    }
  }
  if (!ways.empty()) ways[how % ways.size()]();
}

absl::StatusOr<std::vector<store::Loaded>> MemoryStore::Load(absl::Span<const store::LoadRequest> requests) {
  const absl::MutexLock lock(&mutex_);
  std::vector<store::Loaded> loaded;
  for (const store::LoadRequest& request : requests) {
    if (absl::Status status = CheckPartition(request.partition, partition_count_); !status.ok()) return status;
    const Content& content = contents_[request.partition];
    store::Loaded& one = loaded.emplace_back();
    one.sequence = content.sequence;
    for (const store::Key& key : request.keys) {
      if (absl::Status status = store::CheckKey(key); !status.ok()) return status;
      const auto entity = content.entities.find(key);
      one.entities.push_back(entity == content.entities.end() ? store::Entity() : entity->second);
    }
  }
  return loaded;
}

absl::StatusOr<std::vector<store::CounterLog>> MemoryStore::ReadCounters(absl::Span<const store::TableRef> tables) {
  const absl::MutexLock lock(&mutex_);
  std::vector<store::CounterLog> logs;
  for (const store::TableRef& table : tables) {
    if (absl::Status status = CheckPartition(table.partition, partition_count_); !status.ok()) return status;
    const Content& content = contents_[table.partition];
    const auto found = content.tables.find(table.table);
    logs.push_back(found == content.tables.end() ? store::CounterLog() : found->second);
  }
  return logs;
}

absl::StatusOr<store::IndexPage> MemoryStore::RangeIndex(const store::IndexRange& range) {
  if (absl::Status status = CheckPartition(range.partition, partition_count_); !status.ok()) return status;
  if (absl::Status status = store::CheckLimit(range.limit); !status.ok()) return status;
  const std::optional<store::RankedMember> after = store::ParseRankPosition(range.cursor);
  if (!range.cursor.empty() && !after) return store::InvalidCursor();
  const absl::MutexLock lock(&mutex_);
  const Index& index = contents_[range.partition].indexes[range.index];
  std::vector<std::pair<int64_t, std::string>> members(index.members.begin(), index.members.end());
  if (range.descending) members.assign(index.members.rbegin(), index.members.rend());
  store::IndexPage page;
  for (const std::pair<int64_t, std::string>& member : members) {
    if (member.first < range.from || member.first > range.to) continue;
    if (after) {
      const std::pair<int64_t, std::string> last(after->score, after->member);
      if (range.descending ? member >= last : member <= last) continue;
    }
    if (page.members.size() == static_cast<size_t>(range.limit)) {
      page.next_cursor = store::RankPosition(page.members.back().score, page.members.back().member);
      break;
    }
    page.members.push_back({member.second, member.first});
  }
  return page;
}

absl::StatusOr<std::vector<store::StreamPage>> MemoryStore::ReadStreams(absl::Span<const store::StreamRange> ranges) {
  const absl::MutexLock lock(&mutex_);
  std::vector<store::StreamPage> pages;
  for (const store::StreamRange& range : ranges) {
    if (absl::Status status = CheckPartition(range.partition, partition_count_); !status.ok()) return status;
    if (absl::Status status = store::CheckLimit(range.limit); !status.ok()) return status;
    store::StreamPage& page = pages.emplace_back();
    for (const store::StreamEntry& entry : contents_[range.partition].streams[range.stream]) {
      if (entry.position > range.after && page.entries.size() < static_cast<size_t>(range.limit)) {
        page.entries.push_back(entry);
      }
    }
  }
  return pages;
}

}  // namespace rapport::fuzz
