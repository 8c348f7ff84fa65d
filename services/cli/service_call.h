#ifndef RAPPORT_SERVICES_CLI_SERVICE_CALL_H_
#define RAPPORT_SERVICES_CLI_SERVICE_CALL_H_

#include <grpcpp/client_context.h>

#include "absl/status/statusor.h"
#include "services/cli/session.h"

namespace rapport::cli {

// Calls one method of a service once.
template <class Stub, class Request, class Response>
absl::StatusOr<Response> Call(const Connection& connection,
                              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                              const Request& request) {
  Stub stub(connection.channel());
  Response response;
  const grpc::Status called = (stub.*method)(connection.NewContext().get(), request, &response);
  if (!called.ok()) return connection.Explain(called);
  return response;
}

// The same on a connection of its own.
template <class Stub, class Request, class Response>
absl::StatusOr<Response> Call(const Session& session,
                              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                              const Request& request) {
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  return Call(*connection, method, request);
}

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_SERVICE_CALL_H_
