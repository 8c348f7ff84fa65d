#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_ERASURE_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_ERASURE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/response_times/service/issue_recorder.h"
#include "services/response_times/service/promise_recorder.h"
#include "services/response_times/service/reader.h"
#include "services/response_times/service/recorder.h"

namespace rapport::response_times {

// Erases a customer from conversations, promises and issues, until nothing is left; how many were changed. UNAVAILABLE
// when others keep changing them at the same time. Blocks on the store.
absl::StatusOr<int64_t> EraseEverywhere(Recorder& recorder, PromiseRecorder& promises, IssueRecorder& issues,
                                        Reader& reader, absl::string_view tenant, const std::string& customer_id);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_ERASURE_H_
