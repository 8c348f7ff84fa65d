#include "absl/time/clock.h"
#include "tests/store/store_contract.h"
#include "tests/support/redis_cluster.h"
#include "tests/support/redis_server.h"

namespace rapport::store {
namespace {

class RedisEnvironment : public StoreEnvironment {
 public:
  // Redis has no other clock than the real one.
  void Pass(absl::Duration duration) override { absl::SleepFor(duration); }
  absl::Time Now() const override { return absl::Now(); }
};

class StandaloneEnvironment final : public RedisEnvironment {
 public:
  StandaloneEnvironment() { Server().Command({"FLUSHALL"}); }

  std::string url() const override { return Server().url() + "/3"; }

 private:
  static test_support::RedisServer& Server() {
    static test_support::RedisServer server;
    return server;
  }
};

class SentinelEnvironment final : public RedisEnvironment {
 public:
  SentinelEnvironment() { Servers().node(0).Command({"FLUSHALL"}); }

  std::string url() const override { return Servers().url(); }

 private:
  static test_support::RedisWithSentinels& Servers() {
    static test_support::RedisWithSentinels servers;
    return servers;
  }
};

class ClusterEnvironment final : public RedisEnvironment {
 public:
  ClusterEnvironment() {
    for (int i = 0; i < test_support::RedisCluster::kPrimaries; ++i) Cluster().node(i).Command({"FLUSHALL"});
  }

  std::string url() const override { return Cluster().url(); }

 private:
  static test_support::RedisCluster& Cluster() {
    static test_support::RedisCluster cluster;
    return cluster;
  }
};

template <typename Environment>
std::unique_ptr<StoreEnvironment> Make() {
  return std::make_unique<Environment>();
}

INSTANTIATE_TEST_SUITE_P(Redis, StoreContract, testing::Values(&Make<StandaloneEnvironment>),
                         [](const auto&) { return "Store"; });
INSTANTIATE_TEST_SUITE_P(RedisWithSentinels, StoreContract, testing::Values(&Make<SentinelEnvironment>),
                         [](const auto&) { return "Store"; });
INSTANTIATE_TEST_SUITE_P(RedisCluster, StoreContract, testing::Values(&Make<ClusterEnvironment>),
                         [](const auto&) { return "Store"; });

}  // namespace
}  // namespace rapport::store
