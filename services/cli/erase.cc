#include "services/cli/erase.h"

#include <grpcpp/client_context.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "rapport/ratings/v1/ratings_service.grpc.pb.h"
#include "services/cli/json.h"
#include "services/cli/text.h"

namespace rapport::cli {

absl::Status ConfirmErasing(Environment& environment, const EraseOptions& options, absl::string_view what) {
  if (options.yes) return absl::OkStatus();
  if (!environment.in_is_terminal) {
    return absl::FailedPreconditionError("erasing cannot be undone; confirm it with --yes");
  }
  environment.err << "Erase all " << what << " of customer '" << Printable(options.customer)
                  << "' for good? Type yes: " << std::flush;
  std::string answer;
  std::getline(environment.in, answer);
  return answer == "yes" ? absl::OkStatus() : absl::CancelledError("nothing was erased");
}

absl::StatusOr<int> Erase(Session& session, const EraseOptions& options) {
  if (absl::Status status = ConfirmErasing(session.environment, options, "ratings, surveys and comments");
      !status.ok()) {
    return status;
  }
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
