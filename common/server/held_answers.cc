#include "common/server/held_answers.h"

#include <utility>

#include "absl/time/clock.h"

namespace rapport::server {

HeldAnswers::HeldAnswers(size_t most) : most_(most), thread_([this] { Run(); }) {}

HeldAnswers::~HeldAnswers() {
  {
    absl::MutexLock lock(&mutex_);
    released_ = true;
    ending_ = true;
    changed_.Signal();
  }
  thread_.join();
}

bool HeldAnswers::TryHold(absl::Duration wait, std::function<void()> answer) {
  absl::MutexLock lock(&mutex_);
  if (released_ || held_.size() >= most_) return false;
  const auto added = held_.emplace(absl::Now() + wait, std::move(answer));
  if (added == held_.begin()) changed_.Signal();
  return true;
}

void HeldAnswers::Release() {
  absl::MutexLock lock(&mutex_);
  released_ = true;
  changed_.Signal();
}

size_t HeldAnswers::size() const {
  absl::MutexLock lock(&mutex_);
  return held_.size();
}

void HeldAnswers::Run() {
  absl::MutexLock lock(&mutex_);
  while (!ending_ || !held_.empty()) {
    if (held_.empty()) {
      changed_.Wait(&mutex_);
    } else if (!released_ && absl::Now() < held_.begin()->first) {
      changed_.WaitWithDeadline(&mutex_, held_.begin()->first);
    } else {
      std::function<void()> due = std::move(held_.begin()->second);
      held_.erase(held_.begin());
      mutex_.Unlock();
      due();
      due = nullptr;  // its captures may call back
      mutex_.Lock();
    }
  }
}

}  // namespace rapport::server
