#include "common/server/tls.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "tests/server/harness.h"

namespace rapport::server {
namespace {

using ::testing::HasSubstr;
using namespace testing;  // NOLINT(google-build-using-namespace): the harness is this file's vocabulary

std::string Read(const std::string& path) {
  std::stringstream content;
  content << std::ifstream(path).rdbuf();
  return content.str();
}

// A certificate authority of its own, with certificates for a server and for clients.
class Certificates {
 public:
  Certificates() {
    Run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj "
        "/CN=test-ca");
    Issue("server", "DNS:localhost,IP:127.0.0.1");
    Issue("named-by-common-name", "");
    Issue("workload", "URI:spiffe://acme/ingest");
    Issue("stranger", "");
  }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }

  std::shared_ptr<grpc::ChannelCredentials> Client(const std::string& name = "") const {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = Read(Path("ca.pem"));
    if (!name.empty()) {
      options.pem_cert_chain = Read(Path(name + ".pem"));
      options.pem_private_key = Read(Path(name + ".key"));
    }
    return grpc::SslCredentials(options);
  }

 private:
  void Issue(const std::string& name, const std::string& alternative_name) const {
    WriteFile(Path("extensions"), alternative_name.empty() ? "" : "subjectAltName=" + alternative_name);
    Run(absl::StrCat("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ", name, ".key -out ",
                     name, ".csr -subj /CN=", name));
    Run(absl::StrCat("openssl x509 -req -in ", name, ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -out ", name,
                     ".pem -extfile extensions"));
  }
  void Run(const std::string& command) const {
    ASSERT_EQ(std::system(absl::StrCat("cd ", folder_, " && ", command, " 2>openssl.log").c_str()), 0)
        << command << "\n"
        << Read(Path("openssl.log"));
  }

  const std::string folder_ = TempFolder();
};

class TlsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { certificates = new Certificates; }
  static void TearDownTestSuite() { delete certificates; }

  static ServerConfig Config() {
    ServerConfig config = TestConfig();
    config.tls_cert = certificates->Path("server.pem");
    config.tls_key = certificates->Path("server.key");
    return config;
  }

  static grpc::Status Call(const TestServer& server, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
                           const std::string& token = "") {
    const auto stub = v1::RatingsService::NewStub(server.Channel(credentials));
    grpc::ClientContext context;
    if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
    return CallAsync(*stub, context);
  }

  static Certificates* certificates;
};

Certificates* TlsTest::certificates = nullptr;

TEST_F(TlsTest, ServesOverTlsOnly) {
  const TestServer server(Config());
  EXPECT_TRUE(Call(server, certificates->Client()).ok());
  EXPECT_THAT(Call(server, grpc::InsecureChannelCredentials()), HasCode(grpc::StatusCode::UNAVAILABLE));
}

TEST_F(TlsTest, KnowsClientsByTheirCertificates) {
  const std::string file = certificates->Path("credentials.json");
  WriteFile(file, absl::StrCat(R"({"credentials":[
      {"name":"cn","certificateName":"named-by-common-name","tenant":"acme","roles":["ROLE_INGEST"]},
      {"name":"uri","certificateName":"spiffe://acme/ingest","tenant":"spiffe","roles":["ROLE_INGEST"]},)",
                               TokenEntry("token", "t-token", "globex", "ROLE_INGEST"), "]}"));
  ServerConfig config = Config();
  config.credentials = file;
  config.tls_client_ca = certificates->Path("ca.pem");
  LastCaller caller;
  TestServer server(config);
  server.service->async = caller.Handler();
  EXPECT_TRUE(Call(server, certificates->Client("named-by-common-name")).ok());
  EXPECT_EQ(caller.principal().tenant, "acme");
  EXPECT_TRUE(Call(server, certificates->Client("workload")).ok());
  EXPECT_EQ(caller.principal().tenant, "spiffe");
  EXPECT_TRUE(Call(server, certificates->Client("stranger"), "t-token").ok());
  EXPECT_EQ(caller.principal().tenant, "globex");
  EXPECT_THAT(Call(server, certificates->Client("stranger")), HasCode(grpc::StatusCode::UNAUTHENTICATED));
  EXPECT_THAT(Call(server, certificates->Client(), "t-token"), HasCode(grpc::StatusCode::UNAVAILABLE));
}

TEST_F(TlsTest, RefusesCertificatesOfAnotherAuthority) {
  const Certificates others;
  ServerConfig config = Config();
  config.tls_client_ca = others.Path("ca.pem");
  const TestServer server(config);
  EXPECT_THAT(Call(server, certificates->Client("workload")), HasCode(grpc::StatusCode::UNAVAILABLE));
}

TEST_F(TlsTest, NamesTheFileThatIsWrong) {
  const auto fault = [](const std::function<void(ServerConfig&)>& change) {
    ServerConfig config = Config();
    change(config);
    return std::string(MakeServerCredentials(config).status().message());
  };
  EXPECT_THAT(fault([](ServerConfig& config) { config.tls_cert = "/nowhere.pem"; }),
              HasSubstr("--tls-cert file '/nowhere.pem' cannot be read"));
  EXPECT_THAT(fault([](ServerConfig& config) { config.tls_cert = config.tls_key; }), HasSubstr("holds no certificate"));
  EXPECT_THAT(fault([](ServerConfig& config) { config.tls_key = config.tls_cert; }), HasSubstr("private key"));
  EXPECT_THAT(fault([](ServerConfig& config) { config.tls_key = certificates->Path("stranger.key"); }),
              HasSubstr("is not the key of the certificate"));
  EXPECT_THAT(fault([](ServerConfig& config) { config.tls_client_ca = "/nowhere.pem"; }), HasSubstr("--tls-client-ca"));
}

}  // namespace
}  // namespace rapport::server
