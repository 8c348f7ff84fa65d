#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_PROMISES_QUERY_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_PROMISES_QUERY_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/rollup/dictionary.h"
#include "rapport/response_times/v1/promises.pb.h"
#include "services/response_times/service/reader.h"

namespace rapport::response_times {

// Answers QueryPromises for a tenant, as of the reader's clock. For audiences other than INTERNAL, groups with fewer
// than `min_group_size` promises are withheld. Blocks on the store.
absl::Status QueryPromises(Reader& reader, rollup::Dictionary& dictionary, absl::string_view tenant, int min_group_size,
                           const v1::QueryPromisesRequest& request, v1::QueryPromisesResponse& response);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_PROMISES_QUERY_H_
