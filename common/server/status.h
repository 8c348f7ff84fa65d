#ifndef RAPPORT_COMMON_SERVER_STATUS_H_
#define RAPPORT_COMMON_SERVER_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace rapport::server {

// The only conversion of our statuses into gRPC's. Internal errors get a fixed text, since theirs may hold what the
// caller must not see (it goes to the log); other messages are cut at 1 KiB, because trailers are limited.
grpc::Status ToGrpcStatus(const absl::Status& status);

// `status` with the advice that it carries (common/status/retry_after.h) lengthened by chance, up to twice, so that
// those who were refused at the same time do not come back at the same time; the message tells it as well. Without
// advice as it is.
absl::Status WithSpreadAdvice(const absl::Status& status);

// The refusals of the runtime itself.
absl::Status Draining();
absl::Status ExecutorFull();
absl::Status WaitedTooLong();

// "RESOURCE_EXHAUSTED", for labels and logs. Lives as long as the process.
absl::string_view CodeName(absl::StatusCode code);

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_STATUS_H_
