#include "common/server/tls.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"

namespace rapport::server {
namespace {

namespace tls = grpc::experimental;

constexpr unsigned kRefreshSeconds = 10;

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

absl::Status Fault(absl::string_view flag, absl::string_view file, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(flag, " file '", file, "' ", what));
}

File Open(const std::string& path) {
  return {std::fopen(path.c_str(), "r"), &std::fclose};
}

absl::StatusOr<Certificate> ReadCertificate(absl::string_view flag, const std::string& path) {
  const File file = Open(path);
  if (file == nullptr) return Fault(flag, path, "cannot be read: check the path and its permissions");
  Certificate certificate(PEM_read_X509(file.get(), nullptr, nullptr, nullptr), &X509_free);
  if (certificate == nullptr) return Fault(flag, path, "holds no certificate in PEM form");
  return certificate;
}

absl::StatusOr<Key> ReadKey(absl::string_view flag, const std::string& path) {
  const File file = Open(path);
  if (file == nullptr) return Fault(flag, path, "cannot be read: check the path and its permissions");
  // An empty password: an encrypted key is refused instead of asking on the terminal.
  Key key(PEM_read_PrivateKey(file.get(), nullptr, nullptr, const_cast<char*>("")), &EVP_PKEY_free);
  if (key == nullptr) return Fault(flag, path, "holds no unencrypted private key in PEM form");
  return key;
}

absl::Status CheckFiles(const ServerConfig& config) {
  const absl::StatusOr<Certificate> certificate = ReadCertificate("--tls-cert", config.tls_cert);
  if (!certificate.ok()) return certificate.status();
  const absl::StatusOr<Key> key = ReadKey("--tls-key", config.tls_key);
  if (!key.ok()) return key.status();
  if (X509_check_private_key(certificate->get(), key->get()) != 1) {
    return Fault("--tls-key", config.tls_key, "is not the key of the certificate in --tls-cert");
  }
  if (config.tls_client_ca.empty()) return absl::OkStatus();
  return ReadCertificate("--tls-client-ca", config.tls_client_ca).status();
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(const ServerConfig& config) {
  if (config.tls_cert.empty()) return grpc::InsecureServerCredentials();
  if (absl::Status status = CheckFiles(config); !status.ok()) return status;
  tls::TlsServerCredentialsOptions options(std::make_shared<tls::FileWatcherCertificateProvider>(
      config.tls_key, config.tls_cert, config.tls_client_ca, kRefreshSeconds));
  options.watch_identity_key_cert_pairs();
  if (!config.tls_client_ca.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return tls::TlsServerCredentials(options);
}

}  // namespace rapport::server
