#ifndef RAPPORT_SERVICES_CLI_TIME_OUTPUT_H_
#define RAPPORT_SERVICES_CLI_TIME_OUTPUT_H_

#include <string>

#include "absl/time/time.h"
#include "rapport/response_times/v1/escalations.pb.h"
#include "rapport/response_times/v1/response_times.pb.h"

namespace rapport::cli {

// The answer to `request` as tables for people: times with one line for each bucket, group, metric and clock, then the
// whole period; counts of conversations; histograms when there are any.
std::string TimesText(const response_times::v1::QueryResponseTimesRequest& request,
                      const response_times::v1::QueryResponseTimesResponse& response, absl::TimeZone zone);

// `6h 00m of first response time is slower than 71.1 % (70.5 to 71.7) of 24,916 answers`.
std::string ShareRankText(const response_times::v1::GetShareRankRequest& request,
                          const response_times::v1::GetShareRankResponse& response);

// Why people are angry: by reason, what they tried before, and on which channels.
std::string EscalationsText(const response_times::v1::QueryEscalationsRequest& request,
                            const response_times::v1::QueryEscalationsResponse& response, absl::TimeZone zone);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_TIME_OUTPUT_H_
