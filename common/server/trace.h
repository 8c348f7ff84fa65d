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
// The same for the call that this thread works for, from below where the Call is at hand; a new trace when there is
// none.
void PropagateTrace(grpc::ClientContext* context);

// While it lives, its thread works for a call. `call` must outlive it.
class TraceScope {
 public:
  explicit TraceScope(const Call& call);
  ~TraceScope();
  TraceScope(const TraceScope&) = delete;
  TraceScope& operator=(const TraceScope&) = delete;

 private:
  const Call* const outer_;
};

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_TRACE_H_
