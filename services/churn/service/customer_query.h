#ifndef RAPPORT_SERVICES_CHURN_SERVICE_CUSTOMER_QUERY_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_CUSTOMER_QUERY_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "rapport/churn/v1/customers.pb.h"
#include "services/churn/service/reader.h"

namespace rapport::churn {

// The contract of GetCustomer. A customer of a past moment comes without score. Blocks on the store.
absl::Status QueryCustomer(Reader& reader, absl::string_view tenant, const v1::GetCustomerRequest& request,
                           v1::GetCustomerResponse& response);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_CUSTOMER_QUERY_H_
