#include "services/churn/service/peer_channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/support/channel_arguments.h>

#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace rapport::churn {
namespace {

namespace tls = grpc::experimental;

constexpr unsigned kRefreshSeconds = 10;
constexpr int kMaxMessageBytes = 64 << 20;
// Servers allow a ping each ten seconds.
constexpr int kKeepaliveTimeMs = 20'000;
constexpr int kKeepaliveTimeoutMs = 5'000;
constexpr int kFirstReconnectMs = 100;
constexpr int kLongestReconnectMs = 1'000;

absl::Status CheckPem(absl::string_view option, const std::string& path) {
  std::stringstream content;
  content << std::ifstream(path).rdbuf();
  if (absl::StrContains(content.str(), "-----BEGIN ")) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      option, " file '", path, "' cannot be read or is not in PEM form: check the path and its permissions"));
}

absl::Status CheckFiles(const PeerOptions& options) {
  if (options.cert.empty() != options.key.empty()) {
    return absl::InvalidArgumentError("--peer-cert and --peer-key belong together; give both");
  }
  absl::Status ca = CheckPem("--peer-ca", options.ca);
  if (!ca.ok() || options.cert.empty()) return ca;
  const absl::Status cert = CheckPem("--peer-cert", options.cert);
  return cert.ok() ? CheckPem("--peer-key", options.key) : cert;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakePeerCredentials(const PeerOptions& options) {
  if (options.ca.empty()) {
    if (options.cert.empty() && options.key.empty()) return grpc::InsecureChannelCredentials();
    return absl::InvalidArgumentError(
        "--peer-cert needs --peer-ca: name the PEM file of who signed the servers' certificates");
  }
  const absl::Status files = CheckFiles(options);
  if (!files.ok()) return files;
  tls::TlsChannelCredentialsOptions tls_options;
  if (options.cert.empty()) {
    tls_options.set_certificate_provider(
        std::make_shared<tls::FileWatcherCertificateProvider>(options.ca, kRefreshSeconds));
  } else {
    tls_options.set_certificate_provider(
        std::make_shared<tls::FileWatcherCertificateProvider>(options.key, options.cert, options.ca, kRefreshSeconds));
    tls_options.watch_identity_key_cert_pairs();
  }
  tls_options.watch_root_certs();
  return tls::TlsCredentials(tls_options);
}

std::shared_ptr<grpc::Channel> MakePeerChannel(const std::string& target,
                                               const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  arguments.SetLoadBalancingPolicyName("round_robin");
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kLongestReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kLongestReconnectMs);
  return grpc::CreateCustomChannel(target, credentials, arguments);
}

}  // namespace rapport::churn
