#ifndef RAPPORT_SERVICES_CHURN_SERVICE_PURCHASES_QUERY_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_PURCHASES_QUERY_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "rapport/churn/v1/queries.pb.h"
#include "services/churn/core/bg_nbd.h"
#include "services/churn/service/directory.h"

namespace rapport::churn {

// Forecasts purchases, and keeps the last model of each tenant: fitting takes far longer than forecasting, and the same
// histories have the same model. Thread-safe.
class PurchaseForecasts {
 public:
  // Answers ForecastPurchases for a tenant as of `now`. INVALID_ARGUMENT names the field; FAILED_PRECONDITION when
  // nobody bought twice. Blocks on the store, and on a fit of the same tenant that is under way.
  absl::Status Answer(Directory& directory, absl::Time now, absl::string_view tenant,
                      const v1::ForecastPurchasesRequest& request, v1::ForecastPurchasesResponse& response);

 private:
  struct Fit {
    absl::Mutex mutex;
    std::optional<size_t> fingerprint ABSL_GUARDED_BY(mutex);  // of the histories
    v1::PurchaseModel model ABSL_GUARDED_BY(mutex);
  };

  absl::StatusOr<v1::PurchaseModel> ModelOf(absl::string_view tenant, std::vector<PurchaseHistory> histories);

  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<Fit>> fits_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_PURCHASES_QUERY_H_
