#ifndef RAPPORT_COMMON_SERVER_ACCESS_H_
#define RAPPORT_COMMON_SERVER_ACCESS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/metrics/registry.h"
#include "common/server/call.h"
#include "common/server/log.h"

namespace grpc {
class ServerContextBase;
}

namespace rapport::server {

// The principals of a credentials file, by what identifies them.
struct CredentialTable {
  absl::flat_hash_map<std::string, std::shared_ptr<const Principal>> by_token_digest;  // 32 bytes of SHA-256
  absl::flat_hash_map<std::string, std::shared_ptr<const Principal>> by_certificate_name;
};

// Reads rapport.access.v1.Credentials as JSON. INVALID_ARGUMENT names the entry, the field and the remedy.
absl::StatusOr<CredentialTable> ParseCredentials(absl::string_view json);

// Lower-case hexadecimal SHA-256 of a token, as the credentials file holds it.
std::string TokenSha256(absl::string_view token);

// Tells who calls, from the metadata and the connection. Thread-safe.
class Access {
 public:
  virtual ~Access() = default;
  // UNAUTHENTICATED, with what to do, when no valid credential came with the call.
  virtual absl::StatusOr<std::shared_ptr<const Principal>> Identify(const grpc::ServerContextBase& context) = 0;
  // Those whom the credentials name now; in development mode `default`.
  virtual std::set<std::string> Tenants() const = 0;
  // Grows whenever credentials may have changed: who was identified before may no longer be who they were.
  virtual uint64_t generation() const = 0;
  // `changed` is called whenever it has grown, on another thread, until it is replaced, by null for instance.
  virtual void OnChange(std::function<void()> changed) = 0;
};

// Development mode: everybody is `development` with all roles, in tenant `default`; metadata `x-rapport-tenant` and
// `x-rapport-agent` choose another tenant and an agent id.
std::unique_ptr<Access> MakeDevelopmentAccess();

// By `authorization: Bearer TOKEN`, else by the verified client certificate. `file` is looked at once each `poll` and
// read again when it changed; a broken one is logged, shown in metrics, and leaves the credentials as they were. An
// error when the file cannot be used at start. `log` and `registry` must outlive the result.
absl::StatusOr<std::unique_ptr<Access>> MakeFileAccess(const std::string& file, Logger& log,
                                                       metrics::Registry& registry,
                                                       absl::Duration poll = absl::Seconds(1));

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_ACCESS_H_
