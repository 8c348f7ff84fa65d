#ifndef RAPPORT_SERVICES_CLI_ERASE_H_
#define RAPPORT_SERVICES_CLI_ERASE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/cli/session.h"

namespace rapport::cli {

struct EraseOptions {
  std::string customer;
  bool yes = false;
};

// Asks on a terminal whether to erase `what` of the customer; elsewhere an error without --yes.
absl::Status ConfirmErasing(Environment& environment, const EraseOptions& options, absl::string_view what);

// Erases a customer's ratings after asking on a terminal; elsewhere only with --yes.
absl::StatusOr<int> Erase(Session& session, const EraseOptions& options);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_ERASE_H_
