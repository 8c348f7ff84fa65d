#include "absl/time/clock.h"
#include "tests/store/store_contract.h"
#include "tests/support/redis_server.h"

namespace rapport::store {
namespace {

class RedisEnvironment final : public StoreEnvironment {
 public:
  RedisEnvironment() { Server().Command({"FLUSHALL"}); }

  std::string url() const override { return Server().url() + "/3"; }
  // Redis has no other clock than the real one.
  void Pass(absl::Duration duration) override { absl::SleepFor(duration); }
  absl::Time Now() const override { return absl::Now(); }

 private:
  static test_support::RedisServer& Server() {
    static test_support::RedisServer server;
    return server;
  }
};

INSTANTIATE_TEST_SUITE_P(Redis, StoreContract, testing::Values(+[]() -> std::unique_ptr<StoreEnvironment> {
                           return std::make_unique<RedisEnvironment>();
                         }),
                         [](const auto&) { return "Store"; });

}  // namespace
}  // namespace rapport::store
