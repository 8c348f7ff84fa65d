#ifndef RAPPORT_SERVICES_CHURN_SERVICE_RISK_LISTING_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_RISK_LISTING_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "rapport/churn/v1/scores.pb.h"
#include "services/churn/service/reader.h"

namespace rapport::churn {

// Answers ListCustomersByRisk. INVALID_ARGUMENT names the field; errors of the store, on which it blocks.
absl::Status ListCustomersByRisk(Reader& reader, absl::string_view tenant,
                                 const v1::ListCustomersByRiskRequest& request,
                                 v1::ListCustomersByRiskResponse& response);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_RISK_LISTING_H_
