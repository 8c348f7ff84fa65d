#include "common/server/trace.h"

#include <grpcpp/client_context.h>

#include <cstdint>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"

namespace rapport::server {
namespace {

// VERSION-TRACEID-SPANID-FLAGS
constexpr size_t kTraceIdStart = 3;
constexpr size_t kTraceIdSize = 32;
constexpr size_t kSpanIdStart = 36;
constexpr size_t kSpanIdSize = 16;
constexpr size_t kFlagsStart = 53;
constexpr size_t kSize = 55;

bool IsHex(absl::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == absl::string_view::npos;
}

bool IsZero(absl::string_view text) {
  return text.find_first_not_of('0') == absl::string_view::npos;
}

bool IsValid(absl::string_view header) {
  if (header.size() < kSize || header[2] != '-' || header[35] != '-' || header[52] != '-') return false;
  const absl::string_view version = header.substr(0, 2);
  if (!IsHex(version) || version == "ff") return false;
  // Later versions may append fields; version 00 may not.
  if (header.size() > kSize && (version == "00" || header[kSize] != '-')) return false;
  const absl::string_view trace_id = header.substr(kTraceIdStart, kTraceIdSize);
  const absl::string_view span_id = header.substr(kSpanIdStart, kSpanIdSize);
  return IsHex(trace_id) && !IsZero(trace_id) && IsHex(span_id) && !IsZero(span_id) &&
         IsHex(header.substr(kFlagsStart, 2));
}

thread_local const Call* current_call = nullptr;

absl::Hex RandomHex() {
  thread_local absl::InsecureBitGen random;
  return absl::Hex(absl::Uniform<uint64_t>(absl::IntervalClosed, random, 1, ~uint64_t{0}), absl::kZeroPad16);
}

}  // namespace

Trace ContinueTrace(absl::string_view incoming) {
  Trace trace;
  absl::string_view flags = "00";
  if (IsValid(incoming)) {
    trace.trace_id = std::string(incoming.substr(kTraceIdStart, kTraceIdSize));
    flags = incoming.substr(kFlagsStart, 2);
  } else {
    trace.trace_id = absl::StrCat(RandomHex(), RandomHex());
  }
  trace.traceparent = absl::StrCat("00-", trace.trace_id, "-", RandomHex(), "-", flags);
  return trace;
}

void PropagateTrace(const Call& call, grpc::ClientContext* context) {
  context->AddMetadata("traceparent", call.traceparent);
}

void PropagateTrace(grpc::ClientContext* context) {
  context->AddMetadata("traceparent",
                       current_call == nullptr ? ContinueTrace("").traceparent : current_call->traceparent);
}

TraceScope::TraceScope(const Call& call) : outer_(current_call) {
  current_call = &call;
}

TraceScope::~TraceScope() {
  current_call = outer_;
}

}  // namespace rapport::server
