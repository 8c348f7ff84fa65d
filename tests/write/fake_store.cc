#include "tests/write/fake_store.h"

#include <algorithm>

namespace rapport::write {

void FakeStore::SetTrouble(std::function<std::optional<Trouble>(const store::Mutation&)> trouble) {
  const absl::MutexLock lock(&mutex_);
  trouble_ = std::move(trouble);
}

void FakeStore::FailLoads(std::vector<absl::Status> statuses) {
  const absl::MutexLock lock(&mutex_);
  load_failures_.assign(statuses.begin(), statuses.end());
}

void FakeStore::SetGroups(std::function<uint32_t(const store::Partition&)> groups) {
  const absl::MutexLock lock(&groups_mutex_);
  groups_ = std::move(groups);
}

uint32_t FakeStore::GroupOf(const store::Partition& partition) const {
  const absl::MutexLock lock(&groups_mutex_);
  return groups_ ? groups_(partition) : 0;
}

void FakeStore::Hold() {
  const absl::MutexLock lock(&mutex_);
  holding_ = true;
  held_group_ = std::nullopt;
}

void FakeStore::HoldGroup(uint32_t group) {
  const absl::MutexLock lock(&mutex_);
  holding_ = true;
  held_group_ = group;
}

bool FakeStore::Holds(const store::Mutation& mutation) const {
  return holding_ && (!held_group_ || *held_group_ == GroupOf(mutation.partition));
}

void FakeStore::Release() {
  const absl::MutexLock lock(&mutex_);
  holding_ = false;
}

void FakeStore::AwaitHeld(int calls) {
  const absl::MutexLock lock(&mutex_);
  const auto enough = [this, calls]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return held_ >= calls; };
  mutex_.Await(absl::Condition(&enough));
}

std::string FakeStore::Value(const store::Partition& partition, const store::Key& key) const {
  const absl::MutexLock lock(&mutex_);
  const auto data = data_.find(partition);
  if (data == data_.end()) return "";
  const auto entity = data->second.entities.find(key);
  return entity == data->second.entities.end() ? "" : entity->second.value;
}

int64_t FakeStore::Counter(const store::Partition& partition, const std::string& table,
                           const std::string& field) const {
  const absl::MutexLock lock(&mutex_);
  const auto data = data_.find(partition);
  if (data == data_.end()) return 0;
  const auto counters = data->second.counters.find(table);
  if (counters == data->second.counters.end()) return 0;
  const auto counter = counters->second.find(field);
  return counter == counters->second.end() ? 0 : counter->second;
}

std::vector<std::string> FakeStore::Stream(const store::Partition& partition, const std::string& stream) const {
  const absl::MutexLock lock(&mutex_);
  const auto data = data_.find(partition);
  if (data == data_.end()) return {};
  const auto entries = data->second.streams.find(stream);
  return entries == data->second.streams.end() ? std::vector<std::string>() : entries->second;
}

std::vector<size_t> FakeStore::commit_calls() const {
  const absl::MutexLock lock(&mutex_);
  return commit_calls_;
}

std::vector<absl::Status> FakeStore::Commit(absl::Span<const store::Mutation> mutations) {
  const absl::MutexLock lock(&mutex_);
  commit_calls_.push_back(mutations.size());
  const auto released = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return std::none_of(mutations.begin(), mutations.end(),
                        [this](const auto& each) ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return Holds(each); });
  };
  ++held_;
  mutex_.Await(absl::Condition(&released));
  --held_;
  std::vector<absl::Status> statuses;
  for (const store::Mutation& mutation : mutations) statuses.push_back(CommitOne(mutation));
  return statuses;
}

absl::Status FakeStore::CommitOne(const store::Mutation& mutation) {
  const std::optional<Trouble> trouble = trouble_ ? trouble_(mutation) : std::nullopt;
  if (!trouble) return Apply(mutation);
  if (trouble->applied) Apply(mutation).IgnoreError();
  return trouble->status;
}

absl::Status FakeStore::Apply(const store::Mutation& mutation) {
  Data& data = data_[mutation.partition];
  for (const store::Expect& expect : mutation.expects) {
    const auto found = data.entities.find(expect.key);
    const uint64_t version = found == data.entities.end() ? 0 : found->second.version;
    if (version != expect.version) return absl::AbortedError("a version moved");
  }
  ++data.sequence;
  for (const store::Put& put : mutation.puts) data.entities[put.key] = {put.value, data.sequence};
  for (const store::Key& key : mutation.erases) data.entities.erase(key);
  for (const store::Add& add : mutation.adds) {
    for (const auto& [field, delta] : add.deltas.Sum()) data.counters[add.table][field] += delta;
  }
  for (const store::Append& append : mutation.appends) data.streams[append.stream].push_back(append.value);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<store::Loaded>> FakeStore::Load(absl::Span<const store::LoadRequest> requests) {
  const absl::MutexLock lock(&mutex_);
  if (!load_failures_.empty()) {
    absl::Status failure = std::move(load_failures_.front());
    load_failures_.pop_front();
    return failure;
  }
  std::vector<store::Loaded> loaded;
  for (const store::LoadRequest& request : requests) {
    Data& data = data_[request.partition];
    loaded.push_back({data.sequence, {}});
    for (const store::Key& key : request.keys) {
      const auto found = data.entities.find(key);
      loaded.back().entities.push_back(found == data.entities.end() ? store::Entity() : found->second);
    }
  }
  return loaded;
}

absl::StatusOr<std::vector<store::CounterLog>> FakeStore::ReadCounters(absl::Span<const store::TableRef>) {
  return absl::UnimplementedError("the write path reads no counters");
}

absl::StatusOr<store::IndexPage> FakeStore::RangeIndex(const store::IndexRange&) {
  return absl::UnimplementedError("the write path reads no index");
}

absl::StatusOr<std::vector<store::StreamPage>> FakeStore::ReadStreams(absl::Span<const store::StreamRange>) {
  return absl::UnimplementedError("the write path reads no stream");
}

}  // namespace rapport::write
