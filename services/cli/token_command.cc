#include "services/cli/token_command.h"

#include <google/protobuf/struct.pb.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "services/cli/files.h"
#include "services/cli/json.h"

namespace rapport::cli {
namespace {

using access::v1::Credential;

absl::Status AddToFile(const std::string& path, const Credential& credential) {
  absl::StatusOr<std::string> content = ReadFile(path);
  if (absl::IsNotFound(content.status())) content = "";
  if (!content.ok()) return content.status();
  const absl::StatusOr<std::string> extended = WithCredential(*content, credential);
  if (!extended.ok()) return absl::InvalidArgumentError(absl::StrCat(path, ": ", extended.status().message()));
  return ReplaceFile(path, *extended);
}

}  // namespace

absl::StatusOr<int> NewCredential(Session& session, const TokenOptions& options) {
  const absl::StatusOr<std::string> token = NewToken();
  if (!token.ok()) return token.status();
  const absl::StatusOr<Credential> credential = MakeCredential(options, *token);
  if (!credential.ok()) return credential.status();
  if (!options.add_to.empty()) {
    if (absl::Status status = AddToFile(options.add_to, *credential); !status.ok()) return status;
  }
  std::ostream& out = session.environment.out;
  if (session.json()) {
    out << "{\"token\":\"" << *token << "\",\"credential\":" << JsonLine(*credential) << "}\n";
  } else if (!options.add_to.empty()) {
    out << *token << "\n";
    session.environment.err << "The token is shown this once; its credential is in " << options.add_to << ".\n";
  } else {
    out << *token << "\n" << JsonText(*credential);
    session.environment.err << "The token is shown this once. Add the credential to the credentials file of the "
                               "server, or let --add-to=FILE do it.\n";
  }
  return kDone;
}

}  // namespace rapport::cli
