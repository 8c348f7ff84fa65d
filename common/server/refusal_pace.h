#ifndef RAPPORT_COMMON_SERVER_REFUSAL_PACE_H_
#define RAPPORT_COMMON_SERVER_REFUSAL_PACE_H_

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace rapport::server {

// When each refusal is given, so that refusing takes no more than a share of a processor, however much comes: each
// waits until those of its tenant before it have been paid for. Tenants that are refused at the same time share what
// there is. A caller gets a new call in only when an older one was answered (--max-concurrent-streams), so the pace of
// the refusals is the pace at which a flood comes in. Thread-safe.
class RefusalPace {
 public:
  // `share` of one processor, above 0; nothing is put off for longer than `longest`, whatever that costs.
  RefusalPace(double share, absl::Duration longest) : share_(share), longest_(longest) {}

  // How long from `now` the refusal is to be held, at which the tenant's next one is put off in turn. `cost`: of the
  // processor, for the call and its refusal.
  absl::Duration Reserve(absl::string_view tenant, absl::Duration cost, absl::Time now);

 private:
  void Forget(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const double share_;
  const absl::Duration longest_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, absl::Time> next_ ABSL_GUARDED_BY(mutex_);  // of tenants that were refused of late
  absl::Time forget_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_REFUSAL_PACE_H_
