#include "common/server/access.h"

#include <tuple>

#include "absl/strings/str_cat.h"
#include "tests/server/harness.h"

namespace rapport::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using namespace testing;  // NOLINT(google-build-using-namespace): the harness is this file's vocabulary

std::string FileOf(std::initializer_list<std::string> entries) {
  std::string list;
  for (const std::string& entry : entries) absl::StrAppend(&list, list.empty() ? "" : ",", entry);
  return absl::StrCat(R"({"credentials":[)", list, "]}");
}

class AccessTest : public ::testing::Test {
 protected:
  void Serve() {
    ServerConfig config = TestConfig();
    config.credentials = file_;
    server_.emplace(config);
    server_->service->async = caller_.Handler();
    stub_ = server_->Stub();
  }

  grpc::Status CallWith(const std::string& authorization) {
    grpc::ClientContext context;
    if (!authorization.empty()) context.AddMetadata("authorization", authorization);
    context.AddMetadata("x-rapport-tenant", "other");
    return CallAsync(*stub_, context);
  }

  const std::string file_ = TempFolder() + "/credentials.json";
  LastCaller caller_;
  std::optional<TestServer> server_;
  std::unique_ptr<v1::RatingsService::Stub> stub_;
};

TEST_F(AccessTest, AllowsExactlyWhatTheCredentialAllows) {
  WriteFile(file_, FileOf({TokenEntry("writer", "w-token", "acme", "ROLE_INGEST"),
                           TokenEntry("reader", "r-token", "acme", "ROLE_READ"),
                           TokenEntry("globex-writer", "g-token", "globex", "ROLE_INGEST")}));
  Serve();
  const std::tuple<std::string, grpc::StatusCode, std::string> cases[] = {
      {"", grpc::StatusCode::UNAUTHENTICATED, "no credential"},
      {"Basic dXNlcg==", grpc::StatusCode::UNAUTHENTICATED, "Bearer TOKEN"},
      {"Bearer unknown", grpc::StatusCode::UNAUTHENTICATED, "not known"},
      {"Bearer ", grpc::StatusCode::UNAUTHENTICATED, ""},
      {"Bearer r-token", grpc::StatusCode::PERMISSION_DENIED, "RecordRating needs ROLE_INGEST; credential 'reader'"},
      {"Bearer w-token", grpc::StatusCode::OK, ""},
      {"bearer w-token", grpc::StatusCode::OK, ""},
      {"Bearer g-token", grpc::StatusCode::OK, ""},
  };
  for (const auto& [authorization, code, text] : cases) {
    const grpc::Status status = CallWith(authorization);
    EXPECT_EQ(status.error_code(), code) << authorization << ": " << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(text)) << authorization;
  }
}

TEST_F(AccessTest, TakesTheTenantFromTheCredentialOnly) {
  WriteFile(file_, FileOf({TokenEntry("writer", "w-token", "acme", "ROLE_INGEST"),
                           TokenEntry("globex-writer", "g-token", "globex", "ROLE_INGEST")}));
  Serve();
  ASSERT_TRUE(CallWith("Bearer w-token").ok());
  EXPECT_EQ(caller_.principal().tenant, "acme");
  ASSERT_TRUE(CallWith("Bearer g-token").ok());
  EXPECT_EQ(caller_.principal().tenant, "globex");
}

TEST_F(AccessTest, ReadsTheFileAgainWhenItChanges) {
  WriteFile(file_, FileOf({TokenEntry("writer", "old", "acme", "ROLE_INGEST")}));
  Serve();
  ASSERT_TRUE(CallWith("Bearer old").ok());
  WriteFile(file_, FileOf({TokenEntry("writer", "new", "acme", "ROLE_INGEST")}));
  EXPECT_TRUE(Eventually([&] { return CallWith("Bearer new").ok(); }));
  EXPECT_THAT(CallWith("Bearer old"), HasCode(grpc::StatusCode::UNAUTHENTICATED));
}

TEST_F(AccessTest, KeepsTheCredentialsWhenTheFileBreaks) {
  WriteFile(file_, FileOf({TokenEntry("writer", "w-token", "acme", "ROLE_INGEST")}));
  Serve();
  EXPECT_THAT(server_->registry.Serialize(), HasSubstr("rapport_credentials_valid 1"));
  WriteFile(file_, "{broken");
  EXPECT_TRUE(Eventually([&] { return server_->log.Has("credentials file is broken"); }));
  EXPECT_THAT(server_->registry.Serialize(),
              AllOf(HasSubstr("rapport_credentials_valid 0"), HasSubstr(R"(reloads_total{outcome="failed"} 1)")));
  EXPECT_TRUE(CallWith("Bearer w-token").ok());
}

TEST_F(AccessTest, EndsTheStreamsOfWithdrawnCredentials) {
  WriteFile(file_, FileOf({TokenEntry("reader", "r-token", "acme", "ROLE_READ"),
                           TokenEntry("writer", "w-token", "acme", "ROLE_INGEST"),
                           TokenEntry("other", "o-token", "acme", "ROLE_READ")}));
  Serve();
  server_->service->watch = [](const Call&) { return [](v1::WatchRatingsResponse*) { return Step::kWait; }; };
  grpc::ClientContext contexts[3];
  contexts[0].AddMetadata("authorization", "Bearer r-token");
  contexts[1].AddMetadata("authorization", "Bearer w-token");
  contexts[2].AddMetadata("authorization", "Bearer o-token");
  const auto withdrawn = stub_->WatchRatings(&contexts[0], {});
  const auto changed = stub_->IngestRatings(&contexts[1]);
  const auto kept = stub_->WatchRatings(&contexts[2], {});
  // The answer tells that the stream is open.
  v1::IngestRatingsResponse acknowledgement;
  ASSERT_TRUE(changed->Write({}));
  ASSERT_TRUE(changed->Read(&acknowledgement));

  WriteFile(file_, FileOf({TokenEntry("writer", "w-token", "globex", "ROLE_INGEST"),
                           TokenEntry("other", "o-token", "acme", "ROLE_READ")}));
  v1::WatchRatingsResponse response;
  EXPECT_FALSE(withdrawn->Read(&response));
  EXPECT_THAT(withdrawn->Finish(), HasCode(grpc::StatusCode::UNAUTHENTICATED));
  EXPECT_FALSE(changed->Read(&acknowledgement));
  EXPECT_THAT(changed->Finish(), HasCode(grpc::StatusCode::UNAUTHENTICATED));
  contexts[2].TryCancel();
  EXPECT_THAT(kept->Finish(), HasCode(grpc::StatusCode::CANCELLED));
}

TEST_F(AccessTest, DoesNotStartWithoutUsableCredentials) {
  ServerConfig config = TestConfig();
  config.credentials = file_;
  metrics::Registry registry;
  EXPECT_THAT(std::string(Server::Create(config, "test", registry).status().message()),
              AllOf(HasSubstr(file_), HasSubstr("cannot be read")));
}

TEST_F(AccessTest, NamesTheTenantsOfItsCredentials) {
  WriteFile(file_, FileOf({TokenEntry("writer", "w-token", "acme", "ROLE_INGEST"),
                           TokenEntry("reader", "r-token", "acme", "ROLE_READ"),
                           TokenEntry("globex-writer", "g-token", "globex", "ROLE_INGEST")}));
  metrics::Registry registry;
  Logger log("test", Severity::kInfo, [](absl::string_view) {});
  EXPECT_THAT((*MakeFileAccess(file_, log, registry))->Tenants(), ::testing::ElementsAre("acme", "globex"));
  EXPECT_THAT(MakeDevelopmentAccess()->Tenants(), ::testing::ElementsAre("default"));
}

TEST_F(AccessTest, LetsEverybodyChooseInDevelopmentMode) {
  server_.emplace(TestConfig());
  server_->service->async = caller_.Handler();
  stub_ = server_->Stub();
  grpc::ClientContext plain;
  ASSERT_TRUE(CallAsync(*stub_, plain).ok());
  EXPECT_EQ(caller_.principal().tenant, "default");
  grpc::ClientContext chosen;
  chosen.AddMetadata("x-rapport-tenant", "acme");
  chosen.AddMetadata("x-rapport-agent", "agent-7");
  ASSERT_TRUE(CallAsync(*stub_, chosen).ok());
  EXPECT_EQ(caller_.principal().tenant, "acme");
  EXPECT_EQ(caller_.principal().agent_id, "agent-7");
  grpc::ClientContext invalid;
  invalid.AddMetadata("x-rapport-tenant", "NOT VALID");
  EXPECT_THAT(CallAsync(*stub_, invalid), HasCode(grpc::StatusCode::UNAUTHENTICATED));
}

TEST(CredentialsFileTest, NamesTheEntryAndTheFault) {
  const std::string digest(64, 'a');
  const std::pair<std::string, std::string> cases[] = {
      {"nonsense", "not JSON of rapport.access.v1.Credentials"},
      {R"({"credentials":[{"colour":"red"}]})", "colour"},
      {R"({"credentials":[{"tenant":"a"}]})", "credentials[0] (''): name is empty"},
      {R"({"credentials":[{"name":"a","tenant":"t","roles":["ROLE_READ"]}]})", "('a'): set exactly one of"},
      {R"({"credentials":[{"name":"a","tokenSha256":"AB","tenant":"t","roles":["ROLE_READ"]}]})", "64 lower-case"},
      {R"({"credentials":[{"name":"a","certificateName":"c","tenant":"A B","roles":["ROLE_READ"]}]})",
       "tenant is 'A B'"},
      {R"({"credentials":[{"name":"a","certificateName":"c","tenant":"t"}]})", "roles is empty"},
      {R"({"credentials":[{"name":"a","certificateName":"c","tenant":"t","roles":["ROLE_UNSPECIFIED"]}]})",
       "roles has 0"},
      {R"({"credentials":[{"name":"a","certificateName":"c","tenant":"t","roles":["ROLE_AGENT"]}]})",
       "agent_id is empty"},
      {FileOf({TokenEntry("a", "same", "t", "ROLE_READ"), TokenEntry("b", "same", "t", "ROLE_READ")}),
       "credentials[1] ('b'): its token_sha256 or certificate_name stands in an earlier entry"},
  };
  for (const auto& [json, fault] : cases) {
    EXPECT_THAT(std::string(ParseCredentials(json).status().message()), HasSubstr(fault)) << json;
  }
}

TEST(CredentialsFileTest, HashesTokensAsSha256sumDoes) {
  EXPECT_EQ(TokenSha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace rapport::server
