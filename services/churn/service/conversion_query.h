#ifndef RAPPORT_SERVICES_CHURN_SERVICE_CONVERSION_QUERY_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_CONVERSION_QUERY_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/churn/v1/queries.pb.h"
#include "services/churn/core/retention.h"
#include "services/churn/service/directory.h"

namespace rapport::churn {

// Of a customer whose signup is known.
Signup SignupOf(const storage::v1::CustomerRow& row);

// Answers QueryConversion for a tenant as of `now`. INVALID_ARGUMENT names the field. Blocks on the store.
absl::Status QueryConversion(Directory& directory, absl::Time now, absl::string_view tenant,
                             const v1::QueryConversionRequest& request, v1::QueryConversionResponse& response);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_CONVERSION_QUERY_H_
