#ifndef RAPPORT_SERVICES_RATINGS_SERVICE_QUERY_H_
#define RAPPORT_SERVICES_RATINGS_SERVICE_QUERY_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/rollup/dictionary.h"
#include "rapport/ratings/v1/ratings.pb.h"
#include "services/ratings/service/reader.h"

namespace rapport::ratings {

// Answers QueryRatings for a tenant. Groups with fewer than `min_group_size` ratings are suppressed. Blocks on the
// store.
absl::Status Query(Reader& reader, rollup::Dictionary& dictionary, absl::string_view tenant, int min_group_size,
                   const v1::QueryRatingsRequest& request, v1::QueryRatingsResponse& response);

// The code of a filter's value, for counters and facts alike. INVALID_ARGUMENT or FAILED_PRECONDITION names `field`.
// Nothing when no event is counted under the value by itself.
absl::StatusOr<std::optional<rollup::Code>> ParseFilter(rollup::Dictionary& dictionary, absl::string_view tenant,
                                                        const common::v1::DimensionValue& filter,
                                                        absl::string_view field);

}  // namespace rapport::ratings

#endif  // RAPPORT_SERVICES_RATINGS_SERVICE_QUERY_H_
