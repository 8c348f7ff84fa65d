#ifndef RAPPORT_SERVICES_CLI_CREDENTIAL_H_
#define RAPPORT_SERVICES_CLI_CREDENTIAL_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rapport/access/v1/credentials.pb.h"

namespace rapport::cli {

struct TokenOptions {
  std::string name{};
  std::string tenant{};
  std::vector<std::string> roles{};
  std::string agent_id{};
  std::vector<std::string> lead_of{};
  std::string add_to{};
};

// A secret of 256 random bits that can stand in a header, a shell and a URL.
absl::StatusOr<std::string> NewToken();

// The credential that a server needs to know `token`; it does not tell the token.
absl::StatusOr<access::v1::Credential> MakeCredential(const TokenOptions& options, absl::string_view token);

// The credentials file `content` (empty for a new one) with one credential more.
absl::StatusOr<std::string> WithCredential(absl::string_view content, const access::v1::Credential& credential);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_CREDENTIAL_H_
