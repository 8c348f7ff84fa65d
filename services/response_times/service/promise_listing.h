#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_PROMISE_LISTING_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_PROMISE_LISTING_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "rapport/response_times/v1/promises.pb.h"
#include "services/response_times/service/reader.h"

namespace rapport::response_times {

// Answers ListPromises as of the reader's clock. `only_agent`, unless empty, sees own promises only. INVALID_ARGUMENT
// names the field; errors of the store, on which it blocks.
absl::Status ListPromises(Reader& reader, absl::string_view tenant, absl::string_view only_agent,
                          const v1::ListPromisesRequest& request, v1::ListPromisesResponse& response);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_PROMISE_LISTING_H_
