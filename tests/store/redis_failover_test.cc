#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "common/store/open_store.h"
#include "common/store/redis_format.h"
#include "common/store/store.h"
#include "common/write/write_path.h"
#include "tests/support/redis_cluster.h"

// What is acknowledged while servers go away and slots move is there exactly once.
namespace rapport::store {
namespace {

using test_support::Await;
using test_support::RedisCluster;
using test_support::RedisWithSentinels;
using ::testing::HasSubstr;

constexpr uint32_t kPartitions = 8;
constexpr char kService[] = "test";

Partition PartitionAt(int64_t index) {
  return {"acme", static_cast<uint32_t>(index % kPartitions)};
}

StoreOptions Options(const std::string& url) {
  StoreOptions options;
  options.partitions = kPartitions;
  options.url = url;
  options.service = kService;
  options.redis_connections = 8;
  return options;
}

std::unique_ptr<Store> Open(const std::string& url) {
  absl::StatusOr<std::unique_ptr<Store>> store = OpenStore(Options(url));
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

// An event that counts once however often it is sent: its entity says that it is there.
class Event final : public write::Write {
 public:
  Event(std::string id, int64_t partition, std::promise<absl::Status> finished)
      : partition_(PartitionAt(partition)), keys_({{"e", std::move(id), false}}), finished_(std::move(finished)) {}

  const Partition& partition() const override { return partition_; }
  absl::Span<const Key> keys() const override { return keys_; }
  int64_t bytes() const override { return 1; }

  absl::Status Plan(absl::Span<write::EntityState*> entities, write::Changes& changes) override {
    if (!entities[0]->value.empty()) return absl::OkStatus();
    entities[0]->Set("there");
    changes.Add("events", "all", 1);
    changes.Add(absl::StrCat("of ", keys_[0].id.substr(0, 1)), "all", 1);
    changes.Rank("events", keys_[0].id, 1);
    changes.StreamEntry("events").append("x");
    return absl::OkStatus();
  }
  void Finish(const absl::Status& status) override { finished_.set_value(status); }

 private:
  const Partition partition_;
  const std::vector<Key> keys_;
  std::promise<absl::Status> finished_;
};

// Clients of two services that share the store, which send events of their own one after the other, each again until it
// is acknowledged.
class Clients {
 public:
  static constexpr int kClients = 6;

  explicit Clients(const std::string& url) {
    for (Replica& replica : replicas_) {
      replica.store = Open(url);
      replica.path = std::make_unique<write::WritePath>(*replica.store, write::WriteOptions(), nullptr);
    }
    for (int i = 0; i < kClients; ++i) threads_.emplace_back([this, i] { Send(i); });
  }
  ~Clients() {
    if (!stopped_) Stop();
  }

  // Returns when so many more events were acknowledged to each of the clients.
  void AwaitMore(int64_t events) {
    for (const std::atomic<int64_t>& acknowledged : acknowledged_) {
      const int64_t wanted = acknowledged + events;
      Await("events are acknowledged", [&] { return acknowledged >= wanted; });
    }
  }

  // Stops, and compares what was acknowledged with what is there.
  void StopAndCompare(Store& store) {
    Stop();
    std::map<int64_t, int64_t> expected;  // by partition
    int64_t all = 0;
    for (int i = 0; i < kClients; ++i) {
      all += acknowledged_[i];
      for (int64_t n = 0; n < acknowledged_[i]; ++n) ++expected[(i + n) % kPartitions];
    }
    for (int64_t partition = 0; partition < kPartitions; ++partition) {
      const auto tables = store.ReadCounters({TableRef{PartitionAt(partition), "events"}});
      ASSERT_TRUE(tables.ok()) << tables.status();
      EXPECT_EQ(tables->front().Sum()["all"], expected[partition]) << "partition " << partition;
    }
    std::printf("%lld events, %lld sent again by their clients\n", static_cast<long long>(all),
                static_cast<long long>(repeated_));
  }

 private:
  struct Replica {
    std::unique_ptr<Store> store;
    std::unique_ptr<write::WritePath> path;
  };

  void Send(int client) {
    for (int64_t n = 0; !stopped_; ++n) {
      const std::string id = absl::StrCat(client, "-", n);
      // The next attempt may go to the other service, as behind a load balancer.
      for (int attempt = 0; !Attempt(*replicas_[(client + attempt) % 2].path, id, client + n); ++attempt) ++repeated_;
      ++acknowledged_[client];
    }
  }

  static bool Attempt(write::WritePath& path, const std::string& id, int64_t partition) {
    std::promise<absl::Status> promise;
    std::future<absl::Status> finished = promise.get_future();
    std::vector<std::unique_ptr<write::Write>> writes;
    writes.push_back(std::make_unique<Event>(id, partition, std::move(promise)));
    EXPECT_TRUE(path.Submit(std::move(writes)).ok());
    const absl::Status status = finished.get();
    EXPECT_TRUE(status.ok() || absl::IsUnavailable(status)) << status;
    return status.ok();
  }

  void Stop() {
    stopped_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

  std::array<Replica, 2> replicas_;
  std::atomic<bool> stopped_ = false;
  std::array<std::atomic<int64_t>, kClients> acknowledged_{};
  std::atomic<int64_t> repeated_ = 0;
  std::vector<std::thread> threads_;
};

TEST(RedisFailoverTest, EveryEventCountsOnceWhileSlotsMove) {
  RedisCluster cluster;
  const auto store = Open(cluster.url());
  Clients clients(cluster.url());
  clients.AwaitMore(5);
  for (int64_t partition = 0; partition < kPartitions; ++partition) {
    const int slot = PartitionKeys(kService, PartitionAt(partition)).Slot();
    cluster.MoveSlot(slot, (cluster.OwnerOf(slot) + 1) % RedisCluster::kPrimaries);
    clients.AwaitMore(1);
  }
  clients.StopAndCompare(*store);
}

TEST(RedisFailoverTest, EveryEventCountsOnceWhenAReplicaOfTheClusterTakesOver) {
  RedisCluster cluster;
  const auto store = Open(cluster.url());
  Clients clients(cluster.url());
  clients.AwaitMore(5);
  const int killed = cluster.OwnerOf(PartitionKeys(kService, PartitionAt(0)).Slot());
  const int replica = killed + RedisCluster::kPrimaries;
  cluster.node(killed).Kill();
  Await("the replica takes over", [&] { return cluster.IsPrimary(replica); });
  // Nothing is acknowledged before the new primary has a replica of its own.
  cluster.node(killed).Start();
  cluster.AwaitWhole();
  EXPECT_FALSE(cluster.IsPrimary(killed));
  clients.AwaitMore(5);
  clients.StopAndCompare(*store);
}

TEST(RedisFailoverTest, EveryEventCountsOnceWhenSentinelsPromoteTheReplica) {
  RedisWithSentinels servers;
  const auto store = Open(servers.url());
  Clients clients(servers.url());
  clients.AwaitMore(5);
  servers.node(0).Kill();
  Await("the replica takes over", [&] { return servers.IsPrimary(1); });
  // It begins as a primary, as which nobody must believe it.
  servers.node(0).Start();
  Await("the Sentinels make it a replica", [&] { return !servers.IsPrimary(0); });
  servers.AwaitWhole();
  clients.AwaitMore(5);
  clients.StopAndCompare(*store);
}

TEST(RedisFailoverTest, ServersAndSentinelsMayHavePasswordsOfTheirOwn) {
  RedisWithSentinels servers("server-secret", "sentinel-secret");
  Mutation mutation;
  mutation.partition = PartitionAt(0);
  mutation.puts.push_back({{"e", "a", false}, "there"});
  ASSERT_TRUE(Open(servers.url())->Commit({mutation})[0].ok());
  // One that reads while there is no replica.
  const auto reader = Open(absl::StrReplaceAll(servers.url(), {{"wait_replicas=1", "wait_replicas=0"}}));
  servers.Failover();
  Await("the replica takes over", [&] { return servers.IsPrimary(1); });
  servers.node(0).Kill();
  Await("it is read from", [&] {
    const auto loaded = reader->Load({LoadRequest{PartitionAt(0), {{"e", "a", false}}}});
    return loaded.ok() && loaded->front().entities[0].value == "there";
  });

  for (const char* wrong : {"", "&sentinel_password=server-secret"}) {
    const std::string url = absl::StrReplaceAll(servers.url(), {{"&sentinel_password=sentinel-secret", wrong}});
    const absl::Status status = OpenStore(Options(url)).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("sentinel_password= where it is a Sentinel"));
  }
}

}  // namespace
}  // namespace rapport::store
