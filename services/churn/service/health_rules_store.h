#ifndef RAPPORT_SERVICES_CHURN_SERVICE_HEALTH_RULES_STORE_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_HEALTH_RULES_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/store/store.h"
#include "rapport/churn/v1/health.pb.h"

namespace rapport::churn {

// The health rules of all tenants. Thread-safe; blocks on the store.
class HealthRulesStore {
 public:
  // `store` must outlive this.
  HealthRulesStore(store::Store& store, std::function<absl::Time()> clock) : store_(store), clock_(std::move(clock)) {}

  // Rules and whether they are the default: own changes at once, those of other replicas within a second. While the
  // store is down, what was read last.
  struct Current {
    std::shared_ptr<const v1::HealthRules> rules;
    bool is_default = true;
  };
  absl::StatusOr<Current> Get(absl::string_view tenant);

  // Absent rules mean the default. INVALID_ARGUMENT names what is wrong with them. UNAVAILABLE: the outcome is unknown,
  // repeat the call.
  absl::Status Set(absl::string_view tenant, const std::optional<v1::HealthRules>& rules);

 private:
  struct Known {
    Current current;
    uint64_t version = 0;
    absl::Time read_at;
  };

  // Reads what is stored, into the cache too, in which the newer of the two stays.
  absl::StatusOr<Known> Read(absl::string_view tenant);

  store::Store& store_;
  const std::function<absl::Time()> clock_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Known> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_HEALTH_RULES_STORE_H_
