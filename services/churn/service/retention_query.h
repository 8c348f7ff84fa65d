#ifndef RAPPORT_SERVICES_CHURN_SERVICE_RETENTION_QUERY_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_RETENTION_QUERY_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/churn/v1/queries.pb.h"
#include "services/churn/service/directory.h"

namespace rapport::churn {

// Answers QueryRetention for a tenant as of `now`. INVALID_ARGUMENT names the field. Blocks on the store.
absl::Status QueryRetention(Directory& directory, absl::Time now, absl::string_view tenant,
                            const v1::QueryRetentionRequest& request, v1::QueryRetentionResponse& response);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_RETENTION_QUERY_H_
