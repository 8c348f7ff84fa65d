#include "common/server/listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>

#include "tests/server/harness.h"

namespace rapport::server {
namespace {

using ::testing::HasSubstr;

class ListenerTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Listener>> Open(const std::string& address, int max_connections = 10) {
    return Listener::Open({address, max_connections}, log_, registry_);
  }

  Logger log_{"test", Severity::kInfo, [](absl::string_view) {}};
  metrics::Registry registry_;
};

TEST_F(ListenerTest, GivesConnectionsUntilItIsClosed) {
  auto listener = Open("127.0.0.1:0");
  ASSERT_TRUE(listener.ok()) << listener.status();
  std::atomic<int> taken = 0;
  (*listener)->Start([&](int fd) {
    ++taken;
    close(fd);
  });
  testing::HttpGet((*listener)->port(), "/");
  EXPECT_TRUE(testing::Eventually([&] { return taken == 1; }));
  (*listener)->Close();
  EXPECT_EQ(testing::HttpGet((*listener)->port(), "/"), "");
  EXPECT_EQ(taken, 1);
}

TEST_F(ListenerTest, ListensOnEachAddressOfAName) {
  const auto listener = Open("localhost:0");
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_GT((*listener)->port(), 0);
}

TEST_F(ListenerTest, SaysWhatIsWrongWithTheAddress) {
  const auto first = Open("127.0.0.1:0");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(std::string(Open("127.0.0.1:" + std::to_string((*first)->port())).status().message()),
              HasSubstr("Address already in use"));
  EXPECT_FALSE(Open("no.such.host.invalid:0").ok());
}

}  // namespace
}  // namespace rapport::server
