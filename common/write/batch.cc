#include "common/write/batch.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"

namespace rapport::write {
namespace {

// The events of one batch that touch one partition, with the entities that they share.
struct PartitionBatch {
  std::vector<std::unique_ptr<Write>> writes;
  std::vector<store::Key> keys;                     // distinct
  std::vector<std::vector<size_t>> keys_of_writes;  // per write, positions in `keys`
  int attempts = 0;
};

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

// An unknown outcome is tried again: events are idempotent. Anything else fails for good.
void RetryOrFail(std::vector<PartitionBatch>& batches, std::vector<PartitionBatch>& again, const absl::Status& status) {
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

class Batch {
 public:
  Batch(store::Store& store, const WriteOptions& options, WriteObserver* observer)
      : store_(store), options_(options), observer_(observer) {}

  void Run(std::vector<std::unique_ptr<Write>> writes) {
    const auto events = static_cast<int64_t>(writes.size());
    std::vector<PartitionBatch> pending = Begin(std::move(writes));
    const absl::Time give_up = options_.clock() + options_.retry_for;
    absl::Duration pause = kFirstPause;
    int64_t commits = 0;
    int64_t conflicts = 0;
    while (!pending.empty()) {
      std::vector<PartitionBatch> again;
      const absl::Status trouble = Attempt(pending, again, commits, conflicts);
      pending = std::move(again);
      if (pending.empty()) break;
      if (!trouble.ok() && options_.clock() >= give_up) {
        for (PartitionBatch& each : pending) FinishAll(each.writes, trouble);
        break;
      }
      if (!trouble.ok()) {
        absl::SleepFor(pause);
        pause = std::min(pause * 2, kLongestPause);
      }
    }
    if (observer_ != nullptr) observer_->OnBatch(events, commits, conflicts);
  }

 private:
  // Fails what is too late or cannot be prepared, and sorts the rest by partition, in the order of arrival.
  std::vector<PartitionBatch> Begin(std::vector<std::unique_ptr<Write>> writes) const {
    std::vector<PartitionBatch> batches;
    std::map<store::Partition, size_t> by_partition;
    const absl::Time now = options_.clock();
    for (auto& write : writes) {
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
    absl::StatusOr<std::vector<store::Loaded>> loaded = store_.Load(requests);
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
    const std::vector<absl::Status> committed = store_.Commit(mutations);
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

  store::Store& store_;
  const WriteOptions& options_;
  WriteObserver* const observer_;
};

}  // namespace

void StoreBatch(std::vector<std::unique_ptr<Write>> writes, store::Store& store, const WriteOptions& options,
                WriteObserver* observer) {
  Batch(store, options, observer).Run(std::move(writes));
}

}  // namespace rapport::write
