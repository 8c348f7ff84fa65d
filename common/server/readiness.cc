#include "common/server/readiness.h"

#include "absl/strings/str_cat.h"
#include "common/server/status.h"

namespace rapport::server {

Readiness::~Readiness() {
  Drain();
}

void Readiness::Add(std::string name, Check check) {
  checks_.emplace_back(std::move(name), std::move(check));
}

void Readiness::Start(absl::Duration period, std::function<void(bool ready)> on_change) {
  on_change_ = std::move(on_change);
  Look();
  thread_ = std::thread([this, period] {
    absl::MutexLock lock(&mutex_);
    while (!mutex_.AwaitWithTimeout(absl::Condition(&draining_), period)) {
      mutex_.Unlock();
      Look();
      mutex_.Lock();
    }
  });
}

void Readiness::Drain() {
  {
    absl::MutexLock lock(&mutex_);
    draining_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

bool Readiness::ready() const {
  absl::MutexLock lock(&mutex_);
  return looked_ && !draining_ && failures_.empty();
}

std::string Readiness::Explain() const {
  absl::MutexLock lock(&mutex_);
  if (draining_) return "draining: the server is shutting down\n";
  if (!looked_) return "starting: the checks have not run yet\n";
  return failures_;
}

void Readiness::Look() {
  std::string failures;
  for (const auto& [name, check] : checks_) {
    const absl::Status status = check();
    if (!status.ok()) absl::StrAppend(&failures, name, ": ", CodeName(status.code()), ": ", status.message(), "\n");
  }
  bool changed = false;
  {
    absl::MutexLock lock(&mutex_);
    if (draining_) return;
    changed = !looked_ || failures.empty() != failures_.empty();
    looked_ = true;
    failures_ = failures;
  }
  if (changed) on_change_(failures.empty());
}

}  // namespace rapport::server
