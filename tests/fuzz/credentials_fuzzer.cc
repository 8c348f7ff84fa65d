// The file of credentials, as a server reads it and as the CLI adds to it.
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/server/access.h"
#include "services/cli/credential.h"
#include "tests/fuzz/fail.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace rapport;
  const std::string json(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<server::CredentialTable> table = server::ParseCredentials(json);
  if (!table.ok()) fuzz::RequireClear(table.status(), "a file of credentials");
  if (table.ok()) {
    for (const auto& [digest, principal] : table->by_token_digest) {
      fuzz::Require(digest.size() == 32 && !principal->tenant.empty(), "whoever is known belongs to a tenant");
    }
    for (const auto& [name, principal] : table->by_certificate_name) {
      fuzz::Require(!name.empty() && !principal->tenant.empty(), "whoever is known belongs to a tenant");
    }
  }
  cli::TokenOptions options;
  options.name = "new";
  options.tenant = "acme";
  options.roles = {"read"};
  const auto credential = cli::MakeCredential(options, "token");
  fuzz::Require(credential.ok(), "a credential can be made");
  const absl::StatusOr<std::string> added = cli::WithCredential(json, *credential);
  if (!added.ok()) fuzz::RequireClear(added.status(), "a file that a credential is added to");
  if (added.ok() && table.ok()) {
    const auto grown = server::ParseCredentials(*added);
    // The name may be there already.
    if (!grown.ok()) fuzz::RequireClear(grown.status(), "a file of credentials with one more");
  }
  return 0;
}
