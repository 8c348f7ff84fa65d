#ifndef RAPPORT_SERVICES_RATINGS_SERVICE_QUERY_H_
#define RAPPORT_SERVICES_RATINGS_SERVICE_QUERY_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/rollup/dictionary.h"
#include "rapport/ratings/v1/ratings.pb.h"
#include "services/ratings/service/reader.h"

namespace rapport::ratings {

// Answers QueryRatings for a tenant. Groups with fewer than `min_group_size` ratings are suppressed. Blocks on the
// store.
absl::Status Query(Reader& reader, rollup::Dictionary& dictionary, absl::string_view tenant, int min_group_size,
                   const v1::QueryRatingsRequest& request, v1::QueryRatingsResponse& response);

}  // namespace rapport::ratings

#endif  // RAPPORT_SERVICES_RATINGS_SERVICE_QUERY_H_
