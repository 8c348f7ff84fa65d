#include "services/cli/erase.h"

#include <grpcpp/client_context.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "rapport/ratings/v1/ratings_service.grpc.pb.h"
#include "services/cli/json.h"
#include "services/cli/text.h"

namespace rapport::cli {
namespace {

absl::Status Confirm(Environment& environment, const EraseOptions& options) {
  if (options.yes) return absl::OkStatus();
  if (!environment.in_is_terminal) {
    return absl::FailedPreconditionError("erasing cannot be undone; confirm it with --yes");
  }
  environment.err << "Erase all ratings, surveys and comments of customer '" << Printable(options.customer)
                  << "' for good? Type yes: " << std::flush;
  std::string answer;
  std::getline(environment.in, answer);
  return answer == "yes" ? absl::OkStatus() : absl::CancelledError("nothing was erased");
}

}  // namespace

absl::StatusOr<int> Erase(Session& session, const EraseOptions& options) {
  if (absl::Status status = Confirm(session.environment, options); !status.ok()) return status;
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  ratings::v1::EraseCustomerRequest request;
  request.set_customer_id(options.customer);
  ratings::v1::EraseCustomerResponse response;
  const grpc::Status called = ratings::v1::RatingsService::NewStub(connection->channel())
                                  ->EraseCustomer(connection->NewContext().get(), request, &response);
  if (!called.ok()) return connection->Explain(called);
  session.environment.out << (session.json()
                                  ? JsonLine(response)
                                  : absl::StrCat("erased ", Grouped(response.erased_count()), " ratings and surveys"))
                          << "\n";
  return kDone;
}

}  // namespace rapport::cli
