#include "services/cli/connection.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/cli/files.h"

namespace rapport::cli {
namespace {

constexpr int kMaxMessageBytes = 64 << 20;

bool UsesTls(const ConnectionOptions& options) {
  return options.tls || !options.tls_ca.empty() || !options.tls_cert.empty() || !options.tls_key.empty() ||
         !options.tls_server_name.empty();
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(const ConnectionOptions& options) {
  if (!UsesTls(options)) return grpc::InsecureChannelCredentials();
  if (options.tls_cert.empty() != options.tls_key.empty()) {
    return absl::InvalidArgumentError("--tls-cert and --tls-key belong together; give both");
  }
  grpc::SslCredentialsOptions ssl;
  const std::pair<const std::string*, std::string*> files[] = {{&options.tls_ca, &ssl.pem_root_certs},
                                                               {&options.tls_cert, &ssl.pem_cert_chain},
                                                               {&options.tls_key, &ssl.pem_private_key}};
  for (const auto& [path, content] : files) {
    if (path->empty()) continue;
    absl::StatusOr<std::string> read = ReadFile(*path);
    if (!read.ok()) return read.status();
    *content = *std::move(read);
  }
  return grpc::SslCredentials(ssl);
}

absl::string_view Remedy(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAUTHENTICATED:
      return "give a token with --token-file or RAPPORT_TOKEN; `rapport token new` makes one";
    case grpc::StatusCode::PERMISSION_DENIED:
      return "use a credential that has the role; `rapport token new --roles=...` makes one";
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return "the server is at a limit: try again in a moment, or lower --batch-size";
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return "give it longer with --timeout, or ask for less";
    case grpc::StatusCode::UNIMPLEMENTED:
      return "the server is older than this client, or --server names another service";
    default:
      return "";
  }
}

}  // namespace

std::string ServerOf(const ServiceAddress& service, absl::string_view given) {
  std::string server(given);
  for (const char* variable : {service.variable, "RAPPORT_SERVER"}) {
    const char* value = std::getenv(variable);
    if (server.empty() && value != nullptr) server = value;
  }
  if (server.empty()) server = "127.0.0.1";
  return absl::StrContains(server, ':') ? server : absl::StrCat(server, ":", service.port);
}

absl::StatusOr<Connection> Connection::Open(const ConnectionOptions& given) {
  ConnectionOptions options = given;
  if (!options.token_file.empty()) {
    absl::StatusOr<std::string> token = ReadFile(options.token_file);
    if (!token.ok()) return token.status();
    options.token = std::string(absl::StripAsciiWhitespace(*token));
  }
  absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> credentials = MakeCredentials(options);
  if (!credentials.ok()) return credentials.status();
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  // A proxy for web traffic in the environment is not meant for a service at hand.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  if (!options.tls_server_name.empty()) arguments.SetSslTargetNameOverride(options.tls_server_name);
  std::shared_ptr<grpc::ChannelInterface> channel = grpc::CreateCustomChannel(options.server, *credentials, arguments);
  return Connection(std::move(options), std::move(channel));
}

Connection::Connection(ConnectionOptions options, std::shared_ptr<grpc::ChannelInterface> channel)
    : options_(std::move(options)), channel_(std::move(channel)) {}

std::unique_ptr<grpc::ClientContext> Connection::NewStreamContext() const {
  auto context = std::make_unique<grpc::ClientContext>();
  if (!options_.token.empty()) context->AddMetadata("authorization", absl::StrCat("Bearer ", options_.token));
  if (!options_.agent.empty()) context->AddMetadata("x-rapport-agent", options_.agent);
  if (!options_.tenant.empty()) context->AddMetadata("x-rapport-tenant", options_.tenant);
  return context;
}

std::unique_ptr<grpc::ClientContext> Connection::NewContext() const {
  std::unique_ptr<grpc::ClientContext> context = NewStreamContext();
  context->set_deadline(absl::ToChronoTime(absl::Now() + options_.timeout));
  return context;
}

absl::Status Connection::Explain(const grpc::Status& status) const {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  if (code == absl::StatusCode::kUnavailable) {
    return absl::Status(code, absl::StrCat("no server answered at ", options_.server,
                                           ": is it running? start one with deploy/local/run, or name another with "
                                           "--server (",
                                           status.error_message(), ")"));
  }
  const absl::string_view remedy = Remedy(status);
  return absl::Status(code, absl::StrCat(absl::StatusCodeToString(code), ": ", status.error_message(),
                                         remedy.empty() ? "" : "; ", remedy));
}

bool ExposesToken(const ConnectionOptions& options) {
  if (options.token.empty() && options.token_file.empty()) return false;
  const absl::string_view server = options.server;
  const bool local = absl::StartsWith(server, "127.") || absl::StartsWith(server, "localhost") ||
                     absl::StartsWith(server, "[::1]") || absl::StartsWith(server, "unix:");
  return !local && !UsesTls(options);
}

}  // namespace rapport::cli
