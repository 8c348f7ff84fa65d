#include "services/churn/service/sweep_loop.h"

#include <string>
#include <utility>

namespace rapport::churn {

SweepLoop::SweepLoop(Sweep& sweep, service::Tenants& tenants, OnError on_error, absl::Duration pause)
    : sweep_(sweep), tenants_(tenants), on_error_(std::move(on_error)), pause_(pause) {}

SweepLoop::~SweepLoop() {
  Stop();
}

void SweepLoop::Start() {
  thread_ = std::thread([this] { Run(); });
}

void SweepLoop::Stop() {
  {
    const absl::MutexLock lock(&mutex_);
    stopped_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

bool SweepLoop::stopped() const {
  const absl::MutexLock lock(&mutex_);
  return stopped_;
}

void SweepLoop::Run() {
  while (!stopped()) {
    RunOnce();
    const absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(&stopped_), pause_);
  }
}

void SweepLoop::RunOnce() {
  const auto tenants = tenants_.All();
  if (!tenants.ok()) return on_error_("", tenants.status());
  for (const std::string& tenant : *tenants) {
    const absl::Status status = sweep_.RunDue(tenant, [this] { return !stopped(); });
    if (!status.ok()) on_error_(tenant, status);
  }
}

}  // namespace rapport::churn
