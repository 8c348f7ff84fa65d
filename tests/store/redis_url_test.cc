#include "common/store/redis_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/store/open_store.h"

namespace rapport::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> Endpoints(const RedisUrl& url) {
  std::vector<std::string> all;
  for (const RedisEndpoint& endpoint : url.endpoints) all.push_back(endpoint.HostPort());
  return all;
}

TEST(RedisUrlTest, ReadsAllParts) {
  const RedisUrl url = *ParseRedisUrl("redis://me:p%40ss%3A%2Fword@cache.example:7000/5?wait_replicas=2");
  EXPECT_EQ(url.kind, RedisTopologyKind::kStandalone);
  EXPECT_THAT(Endpoints(url), ElementsAre("cache.example:7000"));
  EXPECT_EQ(url.login.user, "me");
  EXPECT_EQ(url.login.password, "p@ss:/word");
  EXPECT_EQ(url.login.database, 5);
  EXPECT_EQ(url.wait_replicas, 2);
}

TEST(RedisUrlTest, AllButTheHostMayBeLeftOut) {
  const RedisUrl url = *ParseRedisUrl("redis://localhost");
  EXPECT_THAT(Endpoints(url), ElementsAre("localhost:6379"));
  EXPECT_EQ(url.login.user, "");
  EXPECT_EQ(url.login.database, 0);
  EXPECT_EQ(url.wait_replicas, 0);
  EXPECT_EQ(ParseRedisUrl("redis://:secret@localhost/")->login.password, "secret");
}

TEST(RedisUrlTest, ReadsIpv6Addresses) {
  EXPECT_THAT(Endpoints(*ParseRedisUrl("redis://[::1]:7000")), ElementsAre("[::1]:7000"));
  EXPECT_THAT(Endpoints(*ParseRedisUrl("redis+cluster://[::1],[::2]:7000")), ElementsAre("[::1]:6379", "[::2]:7000"));
}

TEST(RedisUrlTest, ReadsSeedsOfACluster) {
  const RedisUrl url = *ParseRedisUrl("redis+cluster://me:secret@a:7000,b,c:7002/?wait_replicas=1");
  EXPECT_EQ(url.kind, RedisTopologyKind::kCluster);
  EXPECT_THAT(Endpoints(url), ElementsAre("a:7000", "b:6379", "c:7002"));
  EXPECT_EQ(url.login.password, "secret");
  EXPECT_EQ(url.wait_replicas, 1);
}

TEST(RedisUrlTest, ReadsSentinelsAndTheirMaster) {
  const RedisUrl url = *ParseRedisUrl("redis+sentinel://me:secret@a,b:7000/main/4?wait_replicas=1");
  EXPECT_EQ(url.kind, RedisTopologyKind::kSentinel);
  EXPECT_THAT(Endpoints(url), ElementsAre("a:26379", "b:7000"));
  EXPECT_EQ(url.master, "main");
  EXPECT_EQ(url.login.database, 4);
  EXPECT_EQ(url.sentinel_login.password, "") << "the password of the servers is not given to Sentinels";
}

TEST(RedisUrlTest, ReadsWhatSentinelsAskFor) {
  const RedisUrl url = *ParseRedisUrl(
      "redis+sentinel://me:secret@a,b/main?sentinel_user=w%26tch&wait_replicas=1&sentinel_password=s3%40%3Dx=");
  EXPECT_EQ(url.login.password, "secret");
  EXPECT_EQ(url.sentinel_login.user, "w&tch");
  EXPECT_EQ(url.sentinel_login.password, "s3@=x=");
  EXPECT_EQ(url.wait_replicas, 1);
  EXPECT_EQ(ParseRedisUrl("redis+sentinel://a/main?sentinel_password=x")->sentinel_login.user, "");
}

TEST(RedisUrlTest, RefusesWhatItCannotReadWithoutRepeatingThePassword) {
  for (const char* url : {"redis://",
                          "redis://user:secret@",
                          "redis://user:secret@host:0",
                          "redis://user:secret@host:x",
                          "redis://user:secret@host/x",
                          "redis://user:secret%4@host",
                          "redis://secret@host",
                          "redis://user:secret@[::1",
                          "redis://user:secret@host:70000",
                          "redis://user:secret@a,b",
                          "redis+cluster://user:secret@a,,b",
                          "redis+cluster://user:secret@a/1",
                          "redis+sentinel://user:secret@a",
                          "redis+sentinel://user:secret@a/main/x",
                          "redis://user:secret@host?wait_replicas=x",
                          "redis://user:secret@host?replicas=1",
                          "redis://user:secret@host?wait_replicas=1&",
                          "redis://host?sentinel_password=secret",
                          "redis+sentinel://a/main?sentinel_password=secret%4",
                          "redis+sentinel://a/main?sentinel_user=secret",
                          "redis+sentinel://a/main?sentinel_password=x@secret"}) {
    const absl::Status status = ParseRedisUrl(url).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << url;
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("secret"))) << url;
  }
}

TEST(StoreUrlTest, TlsIsRefusedWithAWayOut) {
  StoreOptions options;
  options.url = "rediss://user:secret@host";
  options.service = "test";
  const absl::Status status = OpenStore(options).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("TLS sidecar"));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("secret")));
}

TEST(StoreUrlTest, UnknownSchemesAreRefused) {
  StoreOptions options;
  options.service = "test";
  for (const char* url : {"", "rocksdb:", "/var/lib/data", "http://user:secret@host"}) {
    options.url = url;
    const absl::Status status = OpenStore(options).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << url;
    EXPECT_THAT(std::string(status.message()), HasSubstr("give rocksdb:PATH or redis://")) << url;
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace rapport::store
