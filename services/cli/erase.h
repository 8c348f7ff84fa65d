#ifndef RAPPORT_SERVICES_CLI_ERASE_H_
#define RAPPORT_SERVICES_CLI_ERASE_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/cli/session.h"

namespace rapport::cli {

struct EraseOptions {
  std::string customer;
  bool yes = false;
};

// Erases a customer after asking on a terminal; elsewhere only with --yes.
absl::StatusOr<int> Erase(Session& session, const EraseOptions& options);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_ERASE_H_
