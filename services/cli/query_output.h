#ifndef RAPPORT_SERVICES_CLI_QUERY_OUTPUT_H_
#define RAPPORT_SERVICES_CLI_QUERY_OUTPUT_H_

#include <string>

#include "absl/time/time.h"
#include "rapport/ratings/v1/ratings.pb.h"

namespace rapport::cli {

// The answer to `request` as a table for people: one line for each bucket, group and scale, then the whole period.
std::string QueryText(const ratings::v1::QueryRatingsRequest& request,
                      const ratings::v1::QueryRatingsResponse& response, absl::TimeZone zone);

// How often each value was given, the best first, as one bar a value: `▇▂▁▁▁`.
std::string DistributionBars(const ratings::v1::RatingFigures& figures);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_QUERY_OUTPUT_H_
