#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/store/open_store.h"
#include "common/store/redis_connection.h"

namespace rapport::store {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(RedisUrlTest, ReadsAllParts) {
  const RedisAddress address = *ParseRedisUrl("redis://me:p%40ss%3A%2Fword@cache.example:7000/5");
  EXPECT_EQ(address.host, "cache.example");
  EXPECT_EQ(address.port, 7000);
  EXPECT_EQ(address.user, "me");
  EXPECT_EQ(address.password, "p@ss:/word");
  EXPECT_EQ(address.database, 5);
}

TEST(RedisUrlTest, AllButTheHostMayBeLeftOut) {
  const RedisAddress address = *ParseRedisUrl("redis://localhost");
  EXPECT_EQ(address.HostPort(), "localhost:6379");
  EXPECT_EQ(address.user, "");
  EXPECT_EQ(address.database, 0);
  EXPECT_EQ(ParseRedisUrl("redis://:secret@localhost/")->password, "secret");
}

TEST(RedisUrlTest, ReadsIpv6Addresses) {
  const RedisAddress address = *ParseRedisUrl("redis://[::1]:7000");
  EXPECT_EQ(address.host, "::1");
  EXPECT_EQ(address.HostPort(), "[::1]:7000");
  EXPECT_EQ(ParseRedisUrl("redis://[::1]")->port, 6379);
}

TEST(RedisUrlTest, RefusesWhatItCannotReadWithoutRepeatingThePassword) {
  for (const char* url : {"redis://", "redis://user:secret@", "redis://user:secret@host:0",
                          "redis://user:secret@host:x", "redis://user:secret@host/x", "redis://user:secret%4@host",
                          "redis://secret@host", "redis://user:secret@[::1", "redis://user:secret@host:70000"}) {
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
