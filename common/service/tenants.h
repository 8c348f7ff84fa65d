#ifndef RAPPORT_COMMON_SERVICE_TENANTS_H_
#define RAPPORT_COMMON_SERVICE_TENANTS_H_

#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/store/store.h"

namespace rapport::service {

// Who has data in the store: for gauges over all tenants. Thread-safe; blocks on the store.
class Tenants {
 public:
  // `store` must outlive this.
  explicit Tenants(store::Store& store) : store_(store) {}

  // Notes a tenant, in the store the first time that this process meets it.
  absl::Status Note(absl::string_view tenant);

  absl::StatusOr<std::vector<std::string>> All();

 private:
  store::Store& store_;
  absl::Mutex mutex_;
  absl::flat_hash_set<std::string> noted_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rapport::service

#endif  // RAPPORT_COMMON_SERVICE_TENANTS_H_
