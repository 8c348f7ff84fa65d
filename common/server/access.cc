#include "common/server/access.h"

#include <google/protobuf/util/json_util.h>
#include <grpc/grpc_security_constants.h>
#include <grpcpp/server_context.h>
#include <openssl/sha.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/metrics/runtime_metrics.h"

namespace rapport::server {
namespace {

using access::v1::Credential;
using access::v1::Role;

constexpr RoleSet kAllRoles = {access::v1::ROLE_INGEST, access::v1::ROLE_READ, access::v1::ROLE_AGENT,
                               access::v1::ROLE_ADMIN};

std::string Sha256(absl::string_view bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

// The value of a metadata entry, empty when there is none.
absl::string_view Metadata(const grpc::ServerContextBase& context, const char* key) {
  const auto found = context.client_metadata().find(key);
  if (found == context.client_metadata().end()) return "";
  return {found->second.data(), found->second.size()};
}

bool OnlyHas(absl::string_view text, absl::string_view allowed) {
  return text.find_first_not_of(allowed) == absl::string_view::npos;
}

bool IsTenant(absl::string_view text) {
  return !text.empty() && text.size() <= 64 && OnlyHas(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

// What is wrong with one entry; empty when it is right.
std::string FaultOf(const Credential& credential) {
  if (credential.name().empty()) return "name is empty: say what to call the credential in logs";
  if (credential.token_sha256().empty() == credential.certificate_name().empty()) {
    return "set exactly one of token_sha256 and certificate_name";
  }
  if (!credential.token_sha256().empty() &&
      (credential.token_sha256().size() != 64 || !OnlyHas(credential.token_sha256(), "0123456789abcdef"))) {
    return "token_sha256 must be 64 lower-case hexadecimal digits: printf %s TOKEN | sha256sum";
  }
  if (!IsTenant(credential.tenant())) {
    return absl::StrCat("tenant is '", credential.tenant(), "': give 1 to 64 characters of [a-z0-9-]");
  }
  if (credential.roles().empty()) return "roles is empty: give ROLE_INGEST, ROLE_READ, ROLE_AGENT or ROLE_ADMIN";
  for (const int role : credential.roles()) {
    if (!access::v1::Role_IsValid(role) || role == access::v1::ROLE_UNSPECIFIED) {
      return absl::StrCat("roles has ", role, ": give ROLE_INGEST, ROLE_READ, ROLE_AGENT or ROLE_ADMIN");
    }
    if (role == access::v1::ROLE_AGENT && credential.agent_id().empty()) {
      return "agent_id is empty: ROLE_AGENT needs the id of the agent whose ratings it covers";
    }
  }
  return "";
}

std::shared_ptr<const Principal> ToPrincipal(const Credential& credential) {
  auto principal = std::make_shared<Principal>();
  principal->name = credential.name();
  principal->tenant = credential.tenant();
  for (const int role : credential.roles()) principal->roles.Add(static_cast<Role>(role));
  if (principal->Has(access::v1::ROLE_AGENT)) principal->agent_id = credential.agent_id();
  principal->lead_of_teams.assign(credential.lead_of_teams().begin(), credential.lead_of_teams().end());
  return principal;
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  if (!file) return absl::InvalidArgumentError(absl::StrCat("cannot be read: ", std::strerror(errno)));
  return content.str();
}

class DevelopmentAccess final : public Access {
 public:
  absl::StatusOr<std::shared_ptr<const Principal>> Identify(const grpc::ServerContextBase& context) override {
    const absl::string_view tenant = Metadata(context, "x-rapport-tenant");
    const absl::string_view agent = Metadata(context, "x-rapport-agent");
    if (tenant.empty() && agent.empty()) return default_;
    Principal chosen = *default_;
    if (!tenant.empty()) {
      if (!IsTenant(tenant)) {
        return absl::UnauthenticatedError("x-rapport-tenant must be 1 to 64 characters of [a-z0-9-]");
      }
      chosen.tenant = std::string(tenant);
    }
    chosen.agent_id = std::string(agent);
    return std::make_shared<const Principal>(std::move(chosen));
  }
  std::set<std::string> Tenants() const override { return {default_->tenant}; }
  uint64_t generation() const override { return 0; }
  void OnChange(std::function<void()> /*changed*/) override {}

 private:
  const std::shared_ptr<const Principal> default_ = std::make_shared<const Principal>(
      Principal{.name = "development", .tenant = "default", .roles = kAllRoles, .agent_id = "", .lead_of_teams = {}});
};

// What changes when a file is written, replaced or a symbolic link to it is moved.
using FileIdentity = std::tuple<ino_t, off_t, int64_t, int64_t>;

FileIdentity IdentityOf(const std::string& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0) return {};
  return {info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

class FileAccess final : public Access {
 public:
  FileAccess(std::string file, Logger& log, metrics::Registry& registry)
      : file_(std::move(file)),
        log_(log),
        reloaded_(registry.GetCounter(metrics::kCredentialReloads, {"ok"})),
        failed_(registry.GetCounter(metrics::kCredentialReloads, {"failed"})),
        valid_(registry.GetGauge(metrics::kCredentialsValid)) {}

  ~FileAccess() override {
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
    }
    if (watcher_.joinable()) watcher_.join();
  }

  absl::Status Load() {
    // The identity is taken first: a change during the reading shows in the next look.
    identity_ = IdentityOf(file_);
    absl::StatusOr<CredentialTable> table = Parse();
    valid_.Set(table.ok() ? 1 : 0);
    (table.ok() ? reloaded_ : failed_).Increment();
    if (!table.ok()) return table.status();
    auto snapshot = std::make_shared<const CredentialTable>(*std::move(table));
    {
      absl::MutexLock lock(&mutex_);
      table_ = std::move(snapshot);
    }
    generation_.fetch_add(1);
    return absl::OkStatus();
  }

  void Watch(absl::Duration poll) {
    watcher_ = std::thread([this, poll] {
      absl::MutexLock lock(&mutex_);
      while (!mutex_.AwaitWithTimeout(absl::Condition(&stopping_), poll)) {
        mutex_.Unlock();
        if (IdentityOf(file_) != identity_) Reload();
        mutex_.Lock();
      }
    });
  }

  absl::StatusOr<std::shared_ptr<const Principal>> Identify(const grpc::ServerContextBase& context) override {
    const absl::string_view authorization = Metadata(context, "authorization");
    return authorization.empty() ? ByCertificate(context) : ByToken(authorization);
  }

  std::set<std::string> Tenants() const override {
    const std::shared_ptr<const CredentialTable> current = table();
    std::set<std::string> tenants;
    for (const auto* principals : {&current->by_token_digest, &current->by_certificate_name}) {
      for (const auto& [key, principal] : *principals) tenants.insert(principal->tenant);
    }
    return tenants;
  }

  uint64_t generation() const override { return generation_.load(); }

  void OnChange(std::function<void()> changed) override {
    absl::MutexLock lock(&changed_mutex_);
    changed_ = std::move(changed);
  }

 private:
  absl::StatusOr<CredentialTable> Parse() const {
    absl::StatusOr<std::string> json = ReadFile(file_);
    if (!json.ok()) return json.status();
    return ParseCredentials(*json);
  }

  void Reload() {
    const absl::Status status = Load();
    if (status.ok()) {
      log_.Info("credentials file was read again", {{"file", file_}});
      absl::MutexLock lock(&changed_mutex_);
      if (changed_) changed_();
    } else {
      log_.Error("credentials file is broken: the earlier credentials stay in use until it is corrected",
                 {{"file", file_}, {"detail", status.message()}});
    }
  }

  std::shared_ptr<const CredentialTable> table() const {
    absl::ReaderMutexLock lock(&mutex_);
    return table_;
  }

  absl::StatusOr<std::shared_ptr<const Principal>> ByToken(absl::string_view authorization) const {
    constexpr absl::string_view kScheme = "bearer ";
    if (!absl::StartsWithIgnoreCase(authorization, kScheme)) {
      return absl::UnauthenticatedError("metadata `authorization` must be `Bearer TOKEN`");
    }
    const absl::string_view token = absl::StripAsciiWhitespace(authorization.substr(kScheme.size()));
    const std::shared_ptr<const CredentialTable> current = table();
    const auto found = current->by_token_digest.find(Sha256(token));
    if (found == current->by_token_digest.end()) {
      return absl::UnauthenticatedError("the token is not known: ask the operator for a current one");
    }
    return found->second;
  }

  absl::StatusOr<std::shared_ptr<const Principal>> ByCertificate(const grpc::ServerContextBase& context) const {
    const std::shared_ptr<const grpc::AuthContext> connection = context.auth_context();
    if (connection != nullptr && connection->IsPeerAuthenticated()) {
      const std::shared_ptr<const CredentialTable> current = table();
      for (const char* property : {GRPC_X509_SAN_PROPERTY_NAME, GRPC_X509_CN_PROPERTY_NAME}) {
        for (const grpc::string_ref& name : connection->FindPropertyValues(property)) {
          const auto found = current->by_certificate_name.find(absl::string_view(name.data(), name.size()));
          if (found != current->by_certificate_name.end()) return found->second;
        }
      }
    }
    return absl::UnauthenticatedError(
        "no credential: send metadata `authorization: Bearer TOKEN`, or a client certificate that the server knows");
  }

  const std::string file_;
  Logger& log_;
  metrics::Counter& reloaded_;
  metrics::Counter& failed_;
  metrics::Gauge& valid_;
  FileIdentity identity_;  // of the start-up, then of the watcher
  std::atomic<uint64_t> generation_ = 0;
  std::thread watcher_;

  absl::Mutex changed_mutex_;
  std::function<void()> changed_ ABSL_GUARDED_BY(changed_mutex_);

  mutable absl::Mutex mutex_;
  std::shared_ptr<const CredentialTable> table_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

absl::StatusOr<CredentialTable> ParseCredentials(absl::string_view json) {
  access::v1::Credentials credentials;
  const auto parsed = google::protobuf::util::JsonStringToMessage({json.data(), json.size()}, &credentials);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("not JSON of rapport.access.v1.Credentials: ",
                     absl::string_view(parsed.message().data(), parsed.message().size())));
  }
  CredentialTable table;
  for (int i = 0; i < credentials.credentials_size(); ++i) {
    const Credential& credential = credentials.credentials(i);
    std::string fault = FaultOf(credential);
    if (fault.empty()) {
      const bool added =
          credential.certificate_name().empty()
              ? table.by_token_digest
                    .emplace(absl::HexStringToBytes(credential.token_sha256()), ToPrincipal(credential))
                    .second
              : table.by_certificate_name.emplace(credential.certificate_name(), ToPrincipal(credential)).second;
      if (!added) fault = "its token_sha256 or certificate_name stands in an earlier entry too: remove one of them";
    }
    if (!fault.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("credentials[", i, "] ('", credential.name(), "'): ", fault));
    }
  }
  return table;
}

std::string TokenSha256(absl::string_view token) {
  return absl::BytesToHexString(Sha256(token));
}

std::unique_ptr<Access> MakeDevelopmentAccess() {
  return std::make_unique<DevelopmentAccess>();
}

absl::StatusOr<std::unique_ptr<Access>> MakeFileAccess(const std::string& file, Logger& log,
                                                       metrics::Registry& registry, absl::Duration poll) {
  auto access = std::make_unique<FileAccess>(file, log, registry);
  if (absl::Status status = access->Load(); !status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--credentials file '", file, "': ", status.message()));
  }
  access->Watch(poll);
  return access;
}

}  // namespace rapport::server
