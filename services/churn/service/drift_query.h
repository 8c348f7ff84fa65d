#ifndef RAPPORT_SERVICES_CHURN_SERVICE_DRIFT_QUERY_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_DRIFT_QUERY_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rapport/churn/v1/training.pb.h"
#include "services/churn/service/churn_metrics.h"
#include "services/churn/service/model_store.h"

namespace rapport::churn {

// What the last sweep met against what a model was trained on, and what became of its predictions: the contract of the
// RPC GetDrift. Blocks on the store.
absl::Status QueryDrift(ModelStore& models, absl::string_view tenant, const v1::GetDriftRequest& request,
                        v1::GetDriftResponse& response);

// What gauges show of a tenant's models. Blocks on the store.
absl::StatusOr<ModelFigures> QueryModelFigures(ModelStore& models, absl::string_view tenant);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_DRIFT_QUERY_H_
