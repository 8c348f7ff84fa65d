#ifndef RAPPORT_COMMON_SERVER_TRACE_H_
#define RAPPORT_COMMON_SERVER_TRACE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "common/server/call.h"

namespace grpc {
class ClientContext;
}

namespace rapport::server {

// A W3C trace context (https://www.w3.org/TR/trace-context/).
struct Trace {
  std::string traceparent;
  std::string trace_id;
};

// The trace that `incoming` (a traceparent header) belongs to, with a span of this server; a new trace when `incoming`
// is empty or invalid.
Trace ContinueTrace(absl::string_view incoming);

// Hands the call's trace on to a call that is made to answer it.
void PropagateTrace(const Call& call, grpc::ClientContext* context);

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_TRACE_H_
