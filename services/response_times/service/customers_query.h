#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_CUSTOMERS_QUERY_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_CUSTOMERS_QUERY_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "rapport/response_times/v1/response_times.pb.h"
#include "services/response_times/core/policies.h"
#include "services/response_times/service/reader.h"

namespace rapport::response_times {

// Answers BatchGetCustomerResponsiveness for a tenant, as of the reader's clock or of an earlier moment; `policies` are
// its own. Promises belong to the day on which they are due. Blocks on the store.
absl::Status GetResponsiveness(Reader& reader, const Policies& policies, absl::string_view tenant,
                               const v1::BatchGetCustomerResponsivenessRequest& request,
                               v1::BatchGetCustomerResponsivenessResponse& response);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_CUSTOMERS_QUERY_H_
