#include "common/write/fair_queue.h"

#include <algorithm>
#include <utility>

namespace rapport::write {

FairQueue::FairQueue(int64_t max_batch_events, int64_t max_batch_bytes)
    : max_batch_events_(max_batch_events),
      max_batch_bytes_(max_batch_bytes),
      turn_(std::max<int64_t>(max_batch_events * max_batch_bytes / kTurnsPerBatch, 1)) {}

int64_t FairQueue::CostOf(const QueuedWrite& write) const {
  return std::max(max_batch_bytes_, write.bytes * max_batch_events_);
}

void FairQueue::Push(QueuedWrite write) {
  const absl::string_view tenant = write.write->partition().tenant;
  auto found = by_tenant_.find(tenant);
  if (found == by_tenant_.end()) {
    round_.push_back({.tenant = std::string(tenant), .writes = {}, .credit = turn_});
    found = by_tenant_.emplace(round_.back().tenant, std::prev(round_.end())).first;
  }
  found->second->writes.push_back(std::move(write));
  ++size_;
}

std::vector<QueuedWrite> FairQueue::TakeBatch(int64_t most_events) {
  most_events = std::clamp<int64_t>(most_events, 1, max_batch_events_);
  std::vector<QueuedWrite> batch;
  int64_t bytes = 0;
  while (!round_.empty() && static_cast<int64_t>(batch.size()) < most_events && bytes < max_batch_bytes_) {
    Waiting& first = round_.front();
    const int64_t cost = CostOf(first.writes.front());
    if (first.credit < cost) {
      first.credit += turn_;
      round_.splice(round_.end(), round_, round_.begin());
      continue;
    }
    first.credit -= cost;
    bytes += first.writes.front().bytes;
    batch.push_back(std::move(first.writes.front()));
    first.writes.pop_front();
    if (first.writes.empty()) {
      by_tenant_.erase(first.tenant);
      round_.pop_front();
    }
  }
  size_ -= static_cast<int64_t>(batch.size());
  return batch;
}

}  // namespace rapport::write
