#include "services/cli/credential.h"

#include <google/protobuf/util/json_util.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/cli/enum_names.h"
#include "services/cli/json.h"

namespace rapport::cli {
namespace {

using access::v1::Credential;
using access::v1::Credentials;
using access::v1::Role;

absl::StatusOr<std::string> Sha256Hex(absl::string_view text) {
  std::array<unsigned char, 32> digest;
  if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    return absl::InternalError("OpenSSL could not compute a SHA-256");
  }
  return absl::BytesToHexString({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

bool IsTenantName(absl::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         absl::c_all_of(name, [](char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-'; });
}

}  // namespace

absl::StatusOr<std::string> NewToken() {
  std::array<unsigned char, 32> bytes;
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) return absl::InternalError("OpenSSL has no random bytes to give");
  return absl::WebSafeBase64Escape({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

absl::StatusOr<Credential> MakeCredential(const TokenOptions& options, absl::string_view token) {
  if (!IsTenantName(options.tenant)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--tenant '", options.tenant, "' is not 1 to 64 characters of a-z, 0-9 and -"));
  }
  const absl::StatusOr<std::string> hash = Sha256Hex(token);
  if (!hash.ok()) return hash.status();
  Credential credential;
  credential.set_name(options.name);
  credential.set_token_sha256(*hash);
  credential.set_tenant(options.tenant);
  for (const std::string& name : options.roles) {
    const absl::StatusOr<Role> role = ParseShortName<Role>("--roles", name);
    if (!role.ok()) return role.status();
    credential.add_roles(*role);
  }
  if (absl::c_linear_search(credential.roles(), access::v1::ROLE_AGENT) && options.agent_id.empty()) {
    return absl::InvalidArgumentError("the role agent needs --agent-id: whose ratings it covers");
  }
  credential.set_agent_id(options.agent_id);
  for (const std::string& team : options.lead_of) credential.add_lead_of_teams(team);
  return credential;
}

absl::StatusOr<std::string> WithCredential(absl::string_view content, const Credential& credential) {
  Credentials credentials;
  if (!absl::StripAsciiWhitespace(content).empty()) {
    const auto parsed = google::protobuf::util::JsonStringToMessage(
        google::protobuf::StringPiece(content.data(), content.size()), &credentials);
    if (!parsed.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("not a credentials file: ", parsed.ToString()));
    }
  }
  *credentials.add_credentials() = credential;
  return JsonText(credentials);
}

}  // namespace rapport::cli
