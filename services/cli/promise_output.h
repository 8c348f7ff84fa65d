#ifndef RAPPORT_SERVICES_CLI_PROMISE_OUTPUT_H_
#define RAPPORT_SERVICES_CLI_PROMISE_OUTPUT_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "rapport/response_times/v1/promises.pb.h"

namespace rapport::cli {

// Promises, one a line.
std::string PromisesText(absl::Span<const response_times::v1::Promise* const> promises, absl::TimeZone zone);

// One promise in one line, for a stream.
std::string PromiseLine(const response_times::v1::Promise& promise, absl::TimeZone zone);

// The answer to `request`: one line for each bucket and group, then the whole period.
std::string PromiseFiguresText(const response_times::v1::QueryPromisesRequest& request,
                               const response_times::v1::QueryPromisesResponse& response, absl::TimeZone zone);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_PROMISE_OUTPUT_H_
