#ifndef RAPPORT_SERVICES_CHURN_SERVICE_CUSTOMER_SEARCH_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_CUSTOMER_SEARCH_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "rapport/churn/v1/customers.pb.h"
#include "services/churn/service/directory.h"
#include "services/churn/service/reader.h"

namespace rapport::churn {

// Answers SearchCustomers for a tenant, as of the reader's clock. INVALID_ARGUMENT names the field. Blocks on the
// store, in which it looks for no more than the filter and the page need.
absl::Status SearchCustomers(Directory& directory, Reader& reader, absl::string_view tenant,
                             const v1::SearchCustomersRequest& request, v1::SearchCustomersResponse& response);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_CUSTOMER_SEARCH_H_
