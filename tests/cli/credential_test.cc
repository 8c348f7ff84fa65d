#include "services/cli/credential.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

namespace rapport::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const TokenOptions kOptions = {.name = "helpdesk", .tenant = "acme", .roles = {"ingest", "read"}};

TEST(NewTokenTest, IsLongAndNeverTheSame) {
  const std::string token = *NewToken();
  EXPECT_EQ(token.size(), 43);
  EXPECT_NE(token, *NewToken());
}

TEST(MakeCredentialTest, HoldsTheHashAndNotTheToken) {
  const auto credential = MakeCredential(kOptions, "abc");
  ASSERT_TRUE(credential.ok()) << credential.status();
  EXPECT_EQ(credential->token_sha256(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_THAT(credential->roles(), ElementsAre(access::v1::ROLE_INGEST, access::v1::ROLE_READ));
}

TEST(MakeCredentialTest, RefusesWhatNoServerAccepts) {
  TokenOptions options = kOptions;
  options.tenant = "Acme Inc";
  EXPECT_THAT(std::string(MakeCredential(options, "abc").status().message()), HasSubstr("--tenant 'Acme Inc'"));
  options = kOptions;
  options.roles = {"owner"};
  EXPECT_THAT(std::string(MakeCredential(options, "abc").status().message()), HasSubstr("INGEST, READ, AGENT, ADMIN"));
  options.roles = {"agent"};
  EXPECT_THAT(std::string(MakeCredential(options, "abc").status().message()), HasSubstr("--agent-id"));
}

TEST(WithCredentialTest, KeepsWhatIsInTheFile) {
  const std::string one = *WithCredential("", *MakeCredential(kOptions, "abc"));
  const std::string two = *WithCredential(one, *MakeCredential(kOptions, "def"));
  access::v1::Credentials credentials;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(two, &credentials).ok());
  EXPECT_EQ(credentials.credentials_size(), 2);
}

TEST(WithCredentialTest, RefusesAFileOfAnotherKind) {
  EXPECT_THAT(std::string(WithCredential("{\"users\": 1}", {}).status().message()),
              HasSubstr("not a credentials file"));
}

}  // namespace
}  // namespace rapport::cli
