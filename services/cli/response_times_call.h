#ifndef RAPPORT_SERVICES_CLI_RESPONSE_TIMES_CALL_H_
#define RAPPORT_SERVICES_CLI_RESPONSE_TIMES_CALL_H_

#include <grpcpp/client_context.h>

#include "absl/status/statusor.h"
#include "rapport/response_times/v1/response_times_service.grpc.pb.h"
#include "services/cli/session.h"

namespace rapport::cli {

using ResponseTimesStub = response_times::v1::ResponseTimesService::Stub;

// Calls one method of the response times service once.
template <class Request, class Response>
absl::StatusOr<Response> Call(const Session& session,
                              grpc::Status (ResponseTimesStub::*method)(grpc::ClientContext*, const Request&,
                                                                        Response*),
                              const Request& request) {
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  ResponseTimesStub stub(connection->channel());
  Response response;
  const grpc::Status called = (stub.*method)(connection->NewContext().get(), request, &response);
  if (!called.ok()) return connection->Explain(called);
  return response;
}

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_RESPONSE_TIMES_CALL_H_
