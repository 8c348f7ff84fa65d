#include "common/server/status.h"

#include <array>
#include <string>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/status/retry_after.h"

namespace rapport::server {
namespace {

constexpr size_t kMaxMessageBytes = 1024;  // trailers share the peer's metadata limit with other headers

constexpr std::array<absl::string_view, 17> kCodeNames = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

bool IsInternal(absl::StatusCode code) {
  return code == absl::StatusCode::kInternal || code == absl::StatusCode::kUnknown ||
         code == absl::StatusCode::kDataLoss;
}

std::string Capped(absl::string_view message) {
  if (message.size() <= kMaxMessageBytes) return std::string(message);
  constexpr absl::string_view kEllipsis = "...";
  size_t end = kMaxMessageBytes - kEllipsis.size();
  // Not inside a UTF-8 sequence.
  while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0u) == 0x80u) --end;
  return std::string(message.substr(0, end)).append(kEllipsis.data(), kEllipsis.size());
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  // The code numbers of Abseil are gRPC's.
  const auto code = static_cast<grpc::StatusCode>(status.code());
  if (IsInternal(status.code())) {
    return {code, "internal error: the server's log has the details under the trace id of this call"};
  }
  return {code, Capped(status.message())};
}

absl::Status WithSpreadAdvice(const absl::Status& status) {
  const absl::Duration advice = RetryAfter(status);
  if (advice == absl::ZeroDuration()) return status;
  thread_local absl::InsecureBitGen random;
  const absl::Duration wait = absl::Ceil(advice * absl::Uniform(random, 1.0, 2.0), absl::Milliseconds(1));
  return WithRetryAfter(
      absl::Status(status.code(), absl::StrCat(status.message(), ": retry after ", absl::FormatDuration(wait))), wait);
}

absl::Status Draining() {
  return absl::UnavailableError("the server is shutting down: retry, and another one answers");
}

absl::Status ExecutorFull() {
  return absl::ResourceExhaustedError("the server has too much of the tenant's work waiting (--executor-queue)");
}

absl::Status WaitedTooLong() {
  return absl::ResourceExhaustedError("the call waited too long for a thread (--executor-max-wait)");
}

absl::string_view CodeName(absl::StatusCode code) {
  const auto index = static_cast<size_t>(code);
  return kCodeNames[index < kCodeNames.size() ? index : static_cast<size_t>(absl::StatusCode::kUnknown)];
}

}  // namespace rapport::server
