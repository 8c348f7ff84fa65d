#ifndef RAPPORT_SERVICES_CHURN_SERVICE_PURCHASES_QUERY_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_PURCHASES_QUERY_H_

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "rapport/churn/v1/queries.pb.h"
#include "services/churn/service/directory.h"

namespace rapport::churn {

// Forecasts purchases. Of each tenant it keeps the last model, and what that forecasts by history: fitting takes
// seconds, so do the forecasts of many customers, and the pages of a list ask for the same ones again. Thread-safe.
class PurchaseForecasts {
 public:
  PurchaseForecasts();
  ~PurchaseForecasts();

  // Answers ForecastPurchases for a tenant as of `now`. INVALID_ARGUMENT names the field; FAILED_PRECONDITION when
  // nobody bought twice. Blocks on the store, and on another question of the same tenant.
  absl::Status Answer(Directory& directory, absl::Time now, absl::string_view tenant,
                      const v1::ForecastPurchasesRequest& request, v1::ForecastPurchasesResponse& response);

 private:
  class Tenant;

  std::shared_ptr<Tenant> Of(absl::string_view tenant);

  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<Tenant>> tenants_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_PURCHASES_QUERY_H_
