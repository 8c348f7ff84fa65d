#include "common/server/held_answers.h"

#include "absl/time/clock.h"

namespace rapport::server {

HeldAnswers::HeldAnswers(int64_t most) : most_(most), thread_([this] { Run(); }) {}

HeldAnswers::~HeldAnswers() {
  {
    absl::MutexLock lock(&mutex_);
    released_ = true;
    ending_ = true;
    changed_.Signal();
  }
  thread_.join();
}

bool HeldAnswers::TryHold(absl::Duration wait, int64_t weight, std::function<void()> answer) {
  absl::MutexLock lock(&mutex_);
  if (released_ || weight_ + weight > most_) return false;
  weight_ += weight;
  const auto added = held_.emplace(absl::Now() + wait, Held{weight, std::move(answer)});
  if (added == held_.begin()) changed_.Signal();
  return true;
}

void HeldAnswers::Release() {
  absl::MutexLock lock(&mutex_);
  released_ = true;
  changed_.Signal();
}

int64_t HeldAnswers::weight() const {
  absl::MutexLock lock(&mutex_);
  return weight_;
}

void HeldAnswers::Run() {
  absl::MutexLock lock(&mutex_);
  while (!ending_ || !held_.empty()) {
    if (held_.empty()) {
      changed_.Wait(&mutex_);
    } else if (!released_ && absl::Now() < held_.begin()->first) {
      changed_.WaitWithDeadline(&mutex_, held_.begin()->first);
    } else {
      Held due = std::move(held_.begin()->second);
      held_.erase(held_.begin());
      weight_ -= due.weight;
      mutex_.Unlock();
      due.answer();
      due.answer = nullptr;  // its captures may call back
      mutex_.Lock();
    }
  }
}

}  // namespace rapport::server
