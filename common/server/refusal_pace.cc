#include "common/server/refusal_pace.h"

#include <algorithm>

namespace rapport::server {
namespace {

constexpr absl::Duration kForgetEach = absl::Milliseconds(100);

}  // namespace

absl::Duration RefusalPace::Reserve(absl::string_view tenant, absl::Duration cost, absl::Time now) {
  const absl::MutexLock lock(&mutex_);
  if (now >= forget_at_) Forget(now);
  absl::Time& next = next_[tenant];
  const absl::Time slot = std::clamp(next, now, now + longest_);
  next = slot + cost * (static_cast<double>(next_.size()) / share_);
  return slot - now;
}

void RefusalPace::Forget(absl::Time now) {
  absl::erase_if(next_, [now](const auto& entry) { return entry.second <= now; });
  forget_at_ = now + kForgetEach;
}

}  // namespace rapport::server
