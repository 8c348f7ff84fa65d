#include "common/write/write_path.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"

namespace rapport::write {
namespace {

// The events of one batch that touch one partition, with the entities that they share.
struct PartitionBatch {
  std::vector<std::unique_ptr<Write>> writes;
  std::vector<store::Key> keys;                     // distinct
  std::vector<std::vector<size_t>> keys_of_writes;  // per write, positions in `keys`
  int attempts = 0;
};

using Batch = std::vector<std::unique_ptr<Write>>;

constexpr int kMostAttempts = 50;
constexpr absl::Duration kFirstPause = absl::Milliseconds(1);
constexpr absl::Duration kLongestPause = absl::Milliseconds(200);

void FinishAll(std::vector<std::unique_ptr<Write>>& writes, const absl::Status& status) {
  for (const auto& write : writes) write->Finish(status);
  writes.clear();
}

void IndexKeys(PartitionBatch& batch) {
  absl::flat_hash_map<absl::string_view, std::vector<size_t>> by_id;
  batch.keys.clear();
  batch.keys_of_writes.assign(batch.writes.size(), {});
  batch.keys.reserve(batch.writes.size());
  for (size_t w = 0; w < batch.writes.size(); ++w) {
    for (const store::Key& key : batch.writes[w]->keys()) {
      std::vector<size_t>& same_id = by_id[key.id];
      auto found = std::find_if(same_id.begin(), same_id.end(), [&](size_t i) { return batch.keys[i] == key; });
      if (found == same_id.end()) {
        same_id.push_back(batch.keys.size());
        batch.keys.push_back(key);
        found = std::prev(same_id.end());
      }
      batch.keys_of_writes[w].push_back(*found);
    }
  }
}

// Plans every event of the batch on the loaded entities, in order, and puts the result into one mutation. Events whose
// plan fails are finished and taken out. Nothing when there is nothing to commit.
std::optional<store::Mutation> PlanBatch(PartitionBatch& batch, const store::Loaded& loaded) {
  std::vector<EntityState> states(batch.keys.size());
  for (size_t i = 0; i < states.size(); ++i) states[i].value = loaded.entities[i].value;

  Changes changes;
  std::vector<EntityState*> touched;
  for (size_t w = 0; w < batch.writes.size(); ++w) {
    touched.clear();
    for (const size_t key : batch.keys_of_writes[w]) touched.push_back(&states[key]);
    const absl::Status planned = batch.writes[w]->Plan(absl::MakeSpan(touched), changes);
    if (!planned.ok()) {
      batch.writes[w]->Finish(planned);
      batch.writes[w] = nullptr;
    }
  }

  store::Mutation mutation;
  for (size_t i = 0; i < states.size(); ++i) {
    if (!states[i].changed) continue;
    if (states[i].shared != nullptr) states[i].value = states[i].shared->Pack(changes);
    mutation.expects.push_back({batch.keys[i], loaded.entities[i].version});
    if (states[i].value.empty()) {
      mutation.erases.push_back(batch.keys[i]);
    } else {
      mutation.puts.push_back({batch.keys[i], std::move(states[i].value)});
    }
  }
  std::erase(batch.writes, nullptr);
  if (mutation.expects.empty()) return std::nullopt;
  mutation.partition = batch.writes.front()->partition();
  mutation.loaded_at = loaded.sequence;
  std::move(changes).MoveInto(mutation);
  return mutation;
}

}  // namespace

// One thread with its own queue: all events of a partition go through the same lane, so that within a process no two
// commits of a partition compete.
class WritePath::Lane {
 public:
  explicit Lane(WritePath& path) : path_(path), thread_([this] { Run(); }) {}
  ~Lane() {
    Close();
    if (thread_.joinable()) thread_.join();
  }

  void Push(Batch writes) {
    {
      const absl::MutexLock lock(&mutex_);
      if (!closed_) {
        for (auto& write : writes) queue_.push_back(std::move(write));
        return;
      }
    }
    path_.queued_.fetch_sub(static_cast<int64_t>(writes.size()), std::memory_order_relaxed);
    FinishAll(writes, absl::UnavailableError("the server is shutting down; retry"));
  }

  void Close() {
    const absl::MutexLock lock(&mutex_);
    closed_ = true;
  }

  void Join() { thread_.join(); }

 private:
  void Run() {
    for (Batch batch = Take(); !batch.empty(); batch = Take()) {
      const auto taken = static_cast<int64_t>(batch.size());
      Process(std::move(batch));
      path_.queued_.fetch_sub(taken, std::memory_order_relaxed);
    }
  }

  bool HasWork() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return closed_ || !queue_.empty(); }
  bool HasFullBatch() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return closed_ || static_cast<int64_t>(queue_.size()) >= path_.options_.max_batch_events;
  }

  // Waits for events and takes what is there, up to the bounds of a batch. Empty when closed and done.
  Batch Take() {
    Batch batch;
    const absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &Lane::HasWork));
    if (path_.options_.linger > absl::ZeroDuration()) {
      mutex_.AwaitWithTimeout(absl::Condition(this, &Lane::HasFullBatch), path_.options_.linger);
    }
    int64_t bytes = 0;
    while (!queue_.empty() && static_cast<int64_t>(batch.size()) < path_.options_.max_batch_events &&
           bytes < path_.options_.max_batch_bytes) {
      bytes += queue_.front()->bytes();
      batch.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    return batch;
  }

  void Process(Batch batch) {
    const auto events = static_cast<int64_t>(batch.size());
    std::vector<PartitionBatch> pending = Begin(std::move(batch));
    const absl::Time give_up = path_.options_.clock() + path_.options_.retry_for;
    absl::Duration pause = kFirstPause;
    int64_t commits = 0;
    int64_t conflicts = 0;
    while (!pending.empty()) {
      std::vector<PartitionBatch> again;
      const absl::Status trouble = Attempt(pending, again, commits, conflicts);
      pending = std::move(again);
      if (pending.empty()) break;
      if (!trouble.ok() && path_.options_.clock() >= give_up) {
        for (PartitionBatch& each : pending) FinishAll(each.writes, trouble);
        break;
      }
      if (!trouble.ok()) {
        absl::SleepFor(pause);
        pause = std::min(pause * 2, kLongestPause);
      }
    }
    if (path_.observer_ != nullptr) path_.observer_->OnBatch(events, commits, conflicts);
  }

  // Fails what is too late or cannot be prepared, and sorts the rest by partition, in the order of arrival.
  std::vector<PartitionBatch> Begin(Batch batch) {
    std::vector<PartitionBatch> batches;
    std::map<store::Partition, size_t> by_partition;
    const absl::Time now = path_.options_.clock();
    for (auto& write : batch) {
      absl::Status status = write->deadline() < now
                                ? absl::DeadlineExceededError("the deadline passed while the event was queued; retry")
                                : write->Prepare();
      if (!status.ok()) {
        write->Finish(status);
        continue;
      }
      const auto [position, added] = by_partition.try_emplace(write->partition(), batches.size());
      if (added) batches.emplace_back();
      batches[position->second].writes.push_back(std::move(write));
    }
    return batches;
  }

  // Loads, plans and commits every partition once. Those to be tried again are moved to `again`; the status says why
  // when it was not merely a faster writer.
  absl::Status Attempt(std::vector<PartitionBatch>& pending, std::vector<PartitionBatch>& again, int64_t& commits,
                       int64_t& conflicts) {
    std::vector<store::LoadRequest> requests;
    for (PartitionBatch& batch : pending) {
      IndexKeys(batch);
      requests.push_back({batch.writes.front()->partition(), batch.keys});
    }
    absl::StatusOr<std::vector<store::Loaded>> loaded = path_.store_.Load(requests);
    if (!loaded.ok()) {
      RetryOrFail(pending, again, loaded.status());
      return loaded.status();
    }

    std::vector<store::Mutation> mutations;
    std::vector<PartitionBatch> planned;
    for (size_t i = 0; i < pending.size(); ++i) {
      std::optional<store::Mutation> mutation = PlanBatch(pending[i], (*loaded)[i]);
      if (mutation) {
        mutations.push_back(*std::move(mutation));
        planned.push_back(std::move(pending[i]));
      } else {
        FinishAll(pending[i].writes, absl::OkStatus());
      }
    }
    if (mutations.empty()) return absl::OkStatus();

    absl::Status trouble;
    const std::vector<absl::Status> committed = path_.store_.Commit(mutations);
    for (size_t i = 0; i < planned.size(); ++i) {
      if (committed[i].ok()) {
        ++commits;
        FinishAll(planned[i].writes, absl::OkStatus());
      } else if (absl::IsAborted(committed[i]) && ++planned[i].attempts < kMostAttempts) {
        ++conflicts;
        again.push_back(std::move(planned[i]));
      } else {
        trouble = committed[i];
        std::vector<PartitionBatch> one;
        one.push_back(std::move(planned[i]));
        RetryOrFail(one, again, committed[i]);
      }
    }
    return trouble;
  }

  // An unknown outcome is tried again: events are idempotent. Anything else fails for good.
  static void RetryOrFail(std::vector<PartitionBatch>& batches, std::vector<PartitionBatch>& again,
                          const absl::Status& status) {
    for (PartitionBatch& batch : batches) {
      if (absl::IsUnavailable(status)) {
        again.push_back(std::move(batch));
      } else {
        FinishAll(batch.writes, absl::IsAborted(status)
                                    ? absl::UnavailableError("other writers keep changing the same data; retry")
                                    : status);
      }
    }
  }

  WritePath& path_;
  absl::Mutex mutex_;
  std::deque<std::unique_ptr<Write>> queue_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

WritePath::WritePath(store::Store& store, WriteOptions options, WriteObserver* observer)
    : store_(store), options_(std::move(options)), observer_(observer) {
  for (int i = 0; i < std::max(1, options_.lanes); ++i) lanes_.push_back(std::make_unique<Lane>(*this));
}

WritePath::~WritePath() {
  Close();
}

absl::Status WritePath::Submit(std::vector<std::unique_ptr<Write>> writes) {
  if (closed_.load()) return absl::UnavailableError("the server is shutting down; retry");
  const auto count = static_cast<int64_t>(writes.size());
  if (queued_.fetch_add(count, std::memory_order_relaxed) + count > options_.max_queued_events) {
    queued_.fetch_sub(count, std::memory_order_relaxed);
    return absl::ResourceExhaustedError("the write queue is full; wait a moment and retry, or send less at a time");
  }
  if (writes.size() == 1) {
    const size_t lane = writes.front()->partition().index % lanes_.size();
    lanes_[lane]->Push(std::move(writes));
    return absl::OkStatus();
  }
  std::vector<Batch> by_lane(lanes_.size());
  for (auto& write : writes) by_lane[write->partition().index % lanes_.size()].push_back(std::move(write));
  for (size_t i = 0; i < lanes_.size(); ++i) {
    if (!by_lane[i].empty()) lanes_[i]->Push(std::move(by_lane[i]));
  }
  return absl::OkStatus();
}

void WritePath::Close() {
  closed_ = true;
  std::call_once(finished_, [this] {
    for (const auto& lane : lanes_) lane->Close();
    for (const auto& lane : lanes_) lane->Join();
  });
}

int64_t WritePath::queued_events() const {
  return queued_.load(std::memory_order_relaxed);
}

}  // namespace rapport::write
