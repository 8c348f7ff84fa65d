#ifndef RAPPORT_SERVICES_CLI_TOKEN_COMMAND_H_
#define RAPPORT_SERVICES_CLI_TOKEN_COMMAND_H_

#include "absl/status/statusor.h"
#include "services/cli/credential.h"
#include "services/cli/session.h"

namespace rapport::cli {

// Makes a token, prints it, and prints its credential or adds it to the credentials file.
absl::StatusOr<int> NewCredential(Session& session, const TokenOptions& options);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_TOKEN_COMMAND_H_
