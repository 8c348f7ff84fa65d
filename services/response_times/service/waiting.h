#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_WAITING_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_WAITING_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rapport/response_times/v1/conversations.pb.h"
#include "services/response_times/service/reader.h"
#include "services/response_times/service/response_times_metrics.h"

// Who waits for us now. All of it blocks on the store.
namespace rapport::response_times {

absl::Status ListWaiting(Reader& reader, absl::string_view tenant, const v1::ListWaitingRequest& request,
                         v1::ListWaitingResponse& response);

absl::Status GetBacklog(Reader& reader, absl::string_view tenant, v1::GetBacklogResponse& response);

// Adds what waits of one tenant.
absl::Status AddBacklog(Reader& reader, absl::string_view tenant, BacklogSnapshot& snapshot);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_WAITING_H_
