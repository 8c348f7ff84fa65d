#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_ESCALATIONS_QUERY_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_ESCALATIONS_QUERY_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/rollup/dictionary.h"
#include "rapport/response_times/v1/escalations.pb.h"
#include "services/response_times/service/reader.h"

namespace rapport::response_times {

// Answers QueryEscalations for a tenant. Reads every escalation of the period: customers are told apart. Blocks on the
// store.
absl::Status QueryEscalations(Reader& reader, rollup::Dictionary& dictionary, absl::string_view tenant,
                              const v1::QueryEscalationsRequest& request, v1::QueryEscalationsResponse& response);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_ESCALATIONS_QUERY_H_
