#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_TIMES_QUERY_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_TIMES_QUERY_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/rollup/dictionary.h"
#include "rapport/response_times/v1/response_times.pb.h"
#include "services/response_times/core/policies.h"
#include "services/response_times/service/reader.h"

// Answers for a tenant; `policies` are its own. For audiences other than INTERNAL, groups with fewer than
// `min_group_size` stretches are withheld. Blocks on the store.
namespace rapport::response_times {

absl::Status QueryTimes(Reader& reader, rollup::Dictionary& dictionary, const Policies& policies,
                        absl::string_view tenant, int min_group_size, const v1::QueryResponseTimesRequest& request,
                        v1::QueryResponseTimesResponse& response);

absl::Status QueryShareRank(Reader& reader, rollup::Dictionary& dictionary, const Policies& policies,
                            absl::string_view tenant, int min_group_size, const v1::GetShareRankRequest& request,
                            v1::GetShareRankResponse& response);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_TIMES_QUERY_H_
