#include "common/write/lane.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/write/batch.h"

namespace rapport::write {
namespace {

// What a batch leaves of the weight of those before it.
constexpr double kPaceDecay = 0.875;
// How long a lane counts as shared after several tenants had something waiting.
constexpr absl::Duration kSharedFor = absl::Seconds(1);
constexpr double kSmallestBatch = 8;  // that part of a full one

std::vector<std::unique_ptr<Write>> WritesOf(std::vector<QueuedWrite> batch) {
  std::vector<std::unique_ptr<Write>> writes;
  writes.reserve(batch.size());
  for (QueuedWrite& queued : batch) writes.push_back(std::move(queued.write));
  return writes;
}

}  // namespace

Lane::Lane(uint32_t group, store::Store& store, const WriteOptions& options, WriteObserver* observer,
           const GiveBack& give_back)
    : group_(group),
      store_(store),
      options_(options),
      observer_(observer),
      give_back_(give_back),
      queue_(options.max_batch_events, options.max_batch_bytes),
      thread_([this] { Run(); }) {}

Lane::~Lane() {
  Close();
  if (thread_.joinable()) thread_.join();
}

void Lane::Push(std::vector<QueuedWrite> writes) {
  {
    const absl::MutexLock lock(&mutex_);
    if (!closed_) {
      for (QueuedWrite& write : writes) queue_.Push(std::move(write));
      return;
    }
  }
  give_back_(ClaimsOf(writes));
  for (const QueuedWrite& write : writes) {
    write.write->Finish(absl::UnavailableError("the server is shutting down; retry"));
  }
}

void Lane::Close() {
  const absl::MutexLock lock(&mutex_);
  closed_ = true;
}

void Lane::Join() {
  thread_.join();
}

absl::Duration Lane::ExpectedWait() const {
  const absl::MutexLock lock(&mutex_);
  const absl::Duration event = recent_events_ > 0 ? recent_time_ / recent_events_ : absl::ZeroDuration();
  // A batch that has taken long already may take as long again.
  const absl::Duration present = std::max(options_.clock() - batch_began_, absl::ZeroDuration());
  return present + event * (queue_.size() / 2);
}

void Lane::Run() {
  for (std::vector<QueuedWrite> batch = Take(); !batch.empty(); batch = Take()) {
    const auto events = static_cast<int64_t>(batch.size());
    const std::vector<QueueClaim> claims = ClaimsOf(batch);
    StoreBatch(WritesOf(std::move(batch)), store_, options_, observer_);
    NoteBatch(events);
    give_back_(claims);
  }
}

// Waits for events and takes a batch of what is there. Empty when closed and done.
std::vector<QueuedWrite> Lane::Take() {
  const absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &Lane::HasWork));
  if (options_.linger > absl::ZeroDuration()) {
    mutex_.AwaitWithTimeout(absl::Condition(this, &Lane::HasFullBatch), options_.linger);
  }
  batch_began_ = options_.clock();
  return queue_.TakeBatch(MostEvents(batch_began_));
}

int64_t Lane::MostEvents(absl::Time now) {
  if (queue_.tenants() > 1) shared_until_ = now + kSharedFor;
  if (now >= shared_until_ || recent_time_ <= absl::ZeroDuration()) return options_.max_batch_events;
  const auto most = static_cast<double>(options_.max_batch_events);
  const double in_time = recent_events_ * absl::FDivDuration(options_.shared_batch_time, recent_time_);
  // What a batch costs however small it is may take longer than that by itself.
  return std::llround(std::clamp(in_time, most / kSmallestBatch, most));
}

void Lane::NoteBatch(int64_t events) {
  const absl::MutexLock lock(&mutex_);
  recent_time_ = recent_time_ * kPaceDecay + (options_.clock() - batch_began_);
  recent_events_ = recent_events_ * kPaceDecay + static_cast<double>(events);
  batch_began_ = absl::InfiniteFuture();
}

std::vector<QueueClaim> Lane::ClaimsOf(absl::Span<const QueuedWrite> batch) const {
  absl::flat_hash_map<absl::string_view, QueueAmount> by_tenant;
  for (const QueuedWrite& write : batch) by_tenant[write.write->partition().tenant] += {1, write.bytes};
  std::vector<QueueClaim> claims;
  for (const auto& [tenant, amount] : by_tenant) claims.push_back({std::string(tenant), group_, amount});
  return claims;
}

}  // namespace rapport::write
