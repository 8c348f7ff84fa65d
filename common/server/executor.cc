#include "common/server/executor.h"

#include <utility>

#include "absl/time/clock.h"

namespace rapport::server {

Executor::Executor(int threads, size_t queue_capacity) : capacity_(queue_capacity) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
  timer_ = std::thread([this] { QueueDelayed(); });
}

Executor::~Executor() {
  Shutdown();
}

bool Executor::TryRun(std::function<void()> task) {
  absl::MutexLock lock(&mutex_);
  if (stopping_ || queue_.size() >= capacity_) {
    ++refused_;
    return false;
  }
  queue_.push_back(std::move(task));
  work_.Signal();
  return true;
}

void Executor::RunAfter(absl::Duration delay, std::function<void()> task) {
  absl::MutexLock lock(&mutex_);
  if (stopping_) delay = absl::ZeroDuration();
  const auto added = delayed_.emplace(absl::Now() + delay, std::move(task));
  if (added == delayed_.begin()) due_.Signal();
}

void Executor::Shutdown() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    work_.SignalAll();
    due_.SignalAll();
  }
  if (timer_.joinable()) timer_.join();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

size_t Executor::queued() const {
  absl::MutexLock lock(&mutex_);
  return queue_.size();
}

int Executor::busy() const {
  absl::MutexLock lock(&mutex_);
  return busy_;
}

uint64_t Executor::refused() const {
  absl::MutexLock lock(&mutex_);
  return refused_;
}

void Executor::Work() {
  absl::MutexLock lock(&mutex_);
  while (true) {
    // Tasks may delay further ones while the pool stops, so it is done only when nobody runs any.
    while (queue_.empty() && !(stopping_ && busy_ == 0 && delayed_.empty())) work_.Wait(&mutex_);
    if (queue_.empty()) return;
    std::function<void()> task = std::move(queue_.front());
    queue_.pop_front();
    ++busy_;
    mutex_.Unlock();
    task();
    task = nullptr;  // its captures may be costly to destroy, or call back
    mutex_.Lock();
    --busy_;
    if (stopping_ && busy_ == 0) {
      work_.SignalAll();
      due_.SignalAll();
    }
  }
}

void Executor::QueueDelayed() {
  absl::MutexLock lock(&mutex_);
  while (!(stopping_ && busy_ == 0 && queue_.empty() && delayed_.empty())) {
    const absl::Time now = absl::Now();
    while (!delayed_.empty() && (stopping_ || delayed_.begin()->first <= now)) {
      queue_.push_back(std::move(delayed_.begin()->second));
      delayed_.erase(delayed_.begin());
      work_.Signal();
    }
    if (delayed_.empty()) {
      due_.Wait(&mutex_);
    } else {
      due_.WaitWithDeadline(&mutex_, delayed_.begin()->first);
    }
  }
}

}  // namespace rapport::server
