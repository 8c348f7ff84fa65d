#include "common/server/stream_limit.h"

namespace rapport::server {

std::unique_ptr<StreamLimit::Place> StreamLimit::Enter(absl::string_view tenant) {
  {
    absl::MutexLock lock(&mutex_);
    int& open = open_[tenant];
    if (per_tenant_ > 0 && open >= per_tenant_) return nullptr;
    ++open;
  }
  return std::make_unique<Place>(*this, tenant);
}

void StreamLimit::Leave(const std::string& tenant) {
  absl::MutexLock lock(&mutex_);
  const auto found = open_.find(tenant);
  if (--found->second == 0) open_.erase(found);
}

}  // namespace rapport::server
