#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_RESOURCE_STORE_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_RESOURCE_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/store/store.h"
#include "rapport/response_times/storage/v1/storage.pb.h"
#include "rapport/response_times/v1/resources.pb.h"
#include "services/response_times/core/policies.h"

namespace rapport::response_times {

// Keeps the calendars and policies of all tenants in the store. Thread-safe; blocks on the store.
class ResourceStore {
 public:
  // `store` must outlive this.
  ResourceStore(store::Store& store, std::function<absl::Time()> clock) : store_(store), clock_(std::move(clock)) {}

  // What holds now: own changes at once, those of other replicas within a second. While the store is down, what was
  // read last.
  absl::StatusOr<std::shared_ptr<const Policies>> Get(absl::string_view tenant);

  // See resource_versions.h. UNAVAILABLE: the outcome is unknown, repeat the call.
  absl::StatusOr<v1::BusinessCalendar> Create(absl::string_view tenant, const v1::BusinessCalendar& calendar);
  absl::StatusOr<v1::BusinessCalendar> Update(absl::string_view tenant, const v1::BusinessCalendar& calendar);
  absl::StatusOr<v1::SlaPolicy> Create(absl::string_view tenant, const v1::SlaPolicy& policy);
  absl::StatusOr<v1::SlaPolicy> Update(absl::string_view tenant, const v1::SlaPolicy& policy);

 private:
  struct Known {
    std::shared_ptr<const Policies> policies;
    uint64_t version = 0;
    absl::Time read_at;
  };

  // Reads what is stored, into the cache too.
  absl::StatusOr<Known> Read(absl::string_view tenant);
  // The newer of the two counts.
  Known Remember(absl::string_view tenant, Known known);
  // Applies a change to what is stored, again when another writer was faster, until it is committed.
  template <typename Resource>
  absl::StatusOr<Resource> Apply(absl::string_view tenant,
                                 absl::FunctionRef<absl::StatusOr<Resource>(storage::v1::Resources&)> change);

  store::Store& store_;
  const std::function<absl::Time()> clock_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Known> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_RESOURCE_STORE_H_
