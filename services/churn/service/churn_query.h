#ifndef RAPPORT_SERVICES_CHURN_SERVICE_CHURN_QUERY_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_CHURN_QUERY_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/churn/v1/queries.pb.h"
#include "services/churn/service/directory.h"

namespace rapport::churn {

// Answers QueryChurn for a tenant as of `now`. Buckets and periods that have not ended are not compared, nor are
// buckets that the period cuts: churn grows with time. INVALID_ARGUMENT names the field. Blocks on the store.
absl::Status QueryChurn(Directory& directory, absl::Time now, absl::string_view tenant,
                        const v1::QueryChurnRequest& request, v1::QueryChurnResponse& response);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_CHURN_QUERY_H_
