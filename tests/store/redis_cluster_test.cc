#include "tests/support/redis_cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/store/open_store.h"
#include "common/store/redis_format.h"
#include "common/store/redis_topology.h"
#include "common/store/store.h"

namespace rapport::store {
namespace {

using test_support::Await;
using test_support::RedisCluster;
using test_support::RedisServer;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

StoreOptions Options(const std::string& url) {
  StoreOptions options;
  options.partitions = 64;
  options.url = url;
  options.service = "test";
  return options;
}

std::unique_ptr<Store> Open(const StoreOptions& options) {
  absl::StatusOr<std::unique_ptr<Store>> store = OpenStore(options);
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

Mutation PutOne(const Partition& partition, const std::string& value) {
  Mutation mutation;
  mutation.partition = partition;
  mutation.puts.push_back({{"r", "a", false}, value});
  return mutation;
}

absl::StatusOr<std::string> LoadOne(Store& store, const Partition& partition) {
  absl::StatusOr<std::vector<Loaded>> loaded = store.Load({LoadRequest{partition, {{"r", "a", false}}}});
  if (!loaded.ok()) return loaded.status();
  return loaded->at(0).entities.at(0).value;
}

int SlotOf(const Partition& partition) {
  return PartitionKeys("test", partition).Slot();
}

TEST(RedisSlotTest, IsOfTheHashTag) {
  EXPECT_EQ(RedisSlotOf("123456789"), 12739);  // the check value of CRC-16/XMODEM
  EXPECT_EQ(RedisSlotOf("a{123456789}b{c}"), 12739);
  EXPECT_EQ(RedisSlotOf("{}123456789"), RedisSlotOf("{}123456789"));
  EXPECT_NE(RedisSlotOf("{}123456789"), RedisSlotOf("{}a"));
  EXPECT_EQ(RedisSlotOf(""), 0);
}

TEST(RedisSlotTest, PartitionsSpreadOverThePrimaries) {
  for (const char* tenant : {"acme", "default", "a", "some-longer-name", "tenant-17"}) {
    std::array<int, 3> share{};
    for (uint32_t i = 0; i < 64; ++i) ++share[SlotOf({tenant, i}) * 3 / kRedisSlots];
    EXPECT_GE(*std::min_element(share.begin(), share.end()), 15) << tenant;
    EXPECT_LE(*std::max_element(share.begin(), share.end()), 28) << tenant;
  }
}

class RedisClusterTest : public testing::Test {
 protected:
  static RedisCluster& Cluster() {
    static RedisCluster cluster;
    return cluster;
  }

  // A partition that the node has.
  static Partition PartitionOn(int node) {
    for (uint32_t i = 0; i < 64; ++i) {
      if (Cluster().OwnerOf(SlotOf({"acme", i})) == node) return {"acme", i};
    }
    return {};
  }
};

TEST_F(RedisClusterTest, AgreesWithTheServersOnSlots) {
  for (const char* key : {"", "a", "a{b}c", "a{}b", "a{b", "a}b{c}", "{{a}}", "test:{acme/3}s"}) {
    EXPECT_EQ(absl::StrCat(RedisSlotOf(key)), Cluster().node(0).Command({"CLUSTER", "KEYSLOT", key})) << key;
  }
}

TEST_F(RedisClusterTest, FindsNothingUnsafeInTheDocumentedSettings) {
  const auto store = Open(Options(Cluster().url()));
  EXPECT_EQ(store->info().engine, "redis");
  EXPECT_THAT(store->info().unsafe, IsEmpty());
  EXPECT_THAT(store->info().advice, IsEmpty());
}

TEST_F(RedisClusterTest, NamesUnsafeSettingsOfEveryPrimary) {
  RedisServer& node = Cluster().node(1);
  node.Command({"CONFIG", "SET", "cluster-require-full-coverage", "yes"});
  const auto store = Open(Options(absl::StrReplaceAll(Cluster().url(), {{"?wait_replicas=1", ""}})));
  node.Command({"CONFIG", "SET", "cluster-require-full-coverage", "no"});
  EXPECT_THAT(store->info().unsafe, SizeIs(RedisCluster::kPrimaries));
  EXPECT_THAT(store->info().unsafe, Each(HasSubstr("`?wait_replicas=1`")));
  ASSERT_THAT(store->info().advice, SizeIs(1));
  EXPECT_THAT(store->info().advice[0], HasSubstr(absl::StrCat(node.port(), ": cluster-require-full-coverage is yes")));
}

TEST_F(RedisClusterTest, AnySeedThatAnswersWillDo) {
  const std::string url = absl::StrCat("redis+cluster://127.0.0.1:", test_support::FreePort(), ",127.0.0.1:",
                                       Cluster().node(4).port());  // nobody, and a replica
  const auto store = Open(Options(url));
  for (uint32_t i = 0; i < 64; ++i) {
    const absl::Status committed = store->Commit({PutOne({"seeds", i}, "one")})[0];
    EXPECT_TRUE(committed.ok()) << committed;
  }
}

TEST_F(RedisClusterTest, SaysThatTheUrlIsOfAnotherTopology) {
  const RedisServer standalone;
  const absl::Status no_cluster =
      OpenStore(Options(absl::StrCat("redis+cluster://127.0.0.1:", standalone.port()))).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(no_cluster)) << no_cluster;
  EXPECT_THAT(std::string(no_cluster.message()), HasSubstr("give redis://"));

  // The format record is on one of the three nodes only.
  int refused = 0;
  for (int i = 0; i < RedisCluster::kPrimaries; ++i) {
    const absl::Status status = OpenStore(Options(Cluster().node(i).url())).status();
    if (status.ok()) continue;
    ++refused;
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("redis+cluster://"));
  }
  EXPECT_EQ(refused, 2);
}

TEST_F(RedisClusterTest, WorksForAUserWithTheDocumentedRights) {
  for (int i = 0; i < Cluster().size(); ++i) {
    ASSERT_EQ(Cluster().node(i).Command({"ACL", "SETUSER", "app", "on", ">secret", "resetchannels", "~test:*", "-@all",
                                         "+@read", "+@write", "+@scripting", "+@connection", "+info", "+config|get",
                                         "+role", "+cluster|info", "+cluster|slots"}),
              "OK");
  }
  const auto store = Open(Options(absl::StrReplaceAll(Cluster().url(), {{"//", "//app:secret@"}})));
  EXPECT_THAT(store->info().unsafe, IsEmpty());
  for (int node = 0; node < RedisCluster::kPrimaries; ++node) {
    EXPECT_TRUE(store->Commit({PutOne(PartitionOn(node), "one")})[0].ok());
  }
}

TEST_F(RedisClusterTest, ReadsAndWritesASlotThatIsHalfMoved) {
  const auto store = Open(Options(Cluster().url()));
  const Partition partition = PartitionOn(0);
  const std::string slot = absl::StrCat(SlotOf(partition));
  ASSERT_TRUE(store->Commit({PutOne(partition, "one")})[0].ok());
  const RedisServer& from = Cluster().node(0);
  const RedisServer& to = Cluster().node(1);
  ASSERT_EQ(to.Command({"CLUSTER", "SETSLOT", slot, "IMPORTING", Cluster().id(0)}), "OK");
  ASSERT_EQ(from.Command({"CLUSTER", "SETSLOT", slot, "MIGRATING", Cluster().id(1)}), "OK");
  // The commit sequence is elsewhere, the entity not yet.
  const std::string sequence = PartitionKeys("test", partition).Sequence();
  ASSERT_EQ(from.Command({"MIGRATE", "127.0.0.1", absl::StrCat(to.port()), sequence, "0", "60000"}), "OK");
  const auto loaded = store->Load({LoadRequest{partition, {{"r", "a", false}}}});
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_GE(loaded->front().sequence, 1);
  EXPECT_EQ(loaded->front().entities[0].value, "one");
  // A commit needs both in one place, and waits for that.
  absl::Status committed;
  std::thread writer([&] { committed = store->Commit({PutOne(partition, "two")})[0]; });
  Cluster().MoveSlot(SlotOf(partition), 1);
  writer.join();
  EXPECT_TRUE(committed.ok()) << committed;
  EXPECT_EQ(*LoadOne(*store, partition), "two");
  Cluster().MoveSlot(SlotOf(partition), 0);
  EXPECT_EQ(*LoadOne(*store, partition), "two");
}

TEST_F(RedisClusterTest, KeysMayVanishWhileTheirSlotMoves) {
  const auto store = Open(Options(Cluster().url()));
  const Partition partition = PartitionOn(1);
  const PartitionKeys keys("test", partition);
  const Key first{"v", "first", false};
  Key second{"v", "", false};  // in the same hash
  for (int i = 0; second.id.empty() || keys.Bucket(second) != keys.Bucket(first); ++i) second.id = absl::StrCat(i);
  const auto add = [&](const std::string& table, int64_t delta) {
    Mutation mutation;
    mutation.partition = partition;
    mutation.adds.emplace_back().table = table;
    mutation.adds.back().deltas.Add("f", delta);
    return mutation;
  };
  const auto sum = [&](const std::string& table) {
    return (*store->ReadCounters({TableRef{partition, table}}))[0].Sum()["f"];
  };
  Mutation begin = add("dropped", 1);
  begin.adds.push_back(add("gone", 1).adds[0]);
  begin.puts.push_back({first, "x"});
  begin.ranks.push_back({"i", "m", 1});
  for (const Mutation& mutation : {begin, add("summed", 1)}) ASSERT_TRUE(store->Commit({mutation})[0].ok());

  const std::string slot = absl::StrCat(SlotOf(partition));
  ASSERT_EQ(Cluster().node(2).Command({"CLUSTER", "SETSLOT", slot, "IMPORTING", Cluster().id(1)}), "OK");
  ASSERT_EQ(Cluster().node(1).Command({"CLUSTER", "SETSLOT", slot, "MIGRATING", Cluster().id(2)}), "OK");
  Mutation emptying = add("dropped", 10);
  emptying.dropped_tables = {"dropped", "gone"};
  emptying.erases = {first, second};
  emptying.ranks.push_back({"i", "m", std::nullopt});
  const absl::Status committed = store->Commit({emptying})[0];
  EXPECT_TRUE(committed.ok()) << committed;
  // Enough to be summed up.
  for (int i = 0; i < 40; ++i) EXPECT_TRUE(store->Commit({add("summed", 1)})[0].ok());
  Cluster().MoveSlot(SlotOf(partition), 2);
  EXPECT_EQ(sum("dropped"), 10);
  EXPECT_EQ(sum("gone"), 0);
  EXPECT_EQ(sum("summed"), 41);
  EXPECT_EQ(store->Load({LoadRequest{partition, {first}}})->front().entities[0].version, 0);
  Cluster().MoveSlot(SlotOf(partition), 1);
}

TEST_F(RedisClusterTest, PartitionsAreGroupedByTheNodeThatHasThem) {
  const auto store = Open(Options(Cluster().url()));
  std::array<Partition, RedisCluster::kPrimaries> partitions;
  std::set<uint32_t> groups;
  for (int node = 0; node < RedisCluster::kPrimaries; ++node) {
    partitions[node] = PartitionOn(node);
    groups.insert(store->GroupOf(partitions[node]));
  }
  EXPECT_THAT(groups, ElementsAre(0, 1, 2));
  for (uint32_t i = 0; i < 64; ++i) {
    const Partition partition = {"acme", i};
    const int owner = Cluster().OwnerOf(SlotOf(partition));
    EXPECT_EQ(store->GroupOf(partition), store->GroupOf(partitions[owner])) << i;
  }
  // When it moves, the first call finds out.
  const uint32_t group_of_1 = store->GroupOf(partitions[1]);
  Cluster().MoveSlot(SlotOf(partitions[0]), 1);
  EXPECT_TRUE(LoadOne(*store, partitions[0]).ok());
  EXPECT_EQ(store->GroupOf(partitions[0]), group_of_1);
  EXPECT_EQ(store->GroupOf(partitions[1]), group_of_1);
  Cluster().MoveSlot(SlotOf(partitions[0]), 0);
}

TEST_F(RedisClusterTest, AStoppedNodeHoldsUpNobodyElse) {
  for (int i = RedisCluster::kPrimaries; i < Cluster().size(); ++i) {
    Cluster().node(i).Command({"CONFIG", "SET", "cluster-replica-no-failover", "yes"});
  }
  StoreOptions options = Options(Cluster().url());
  options.redis_timeout = absl::Minutes(2);  // longer than the node is stopped
  options.redis_connections = 2;             // fewer than the threads that hang
  const auto store = Open(options);
  const int with_format = Cluster().OwnerOf(RedisSlotOf("test:format"));
  const int without = (with_format + 1) % RedisCluster::kPrimaries;
  const Partition stopped = PartitionOn(without);
  const Partition running = PartitionOn(with_format);
  ASSERT_TRUE(store->Commit({PutOne(stopped, "before"), PutOne(running, "before")})[0].ok());
  Cluster().node(without).Pause();
  std::atomic<int> returned = 0;
  std::vector<std::thread> hanging;
  for (int i = 0; i < 4; ++i) {
    hanging.emplace_back([&] {
      store->Commit({PutOne(stopped, "hangs"), PutOne(running, "goes on")});
      ++returned;
    });
  }
  Await("the others are written to", [&] { return LoadOne(*store, running).value_or("") == "goes on"; });
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(store->Commit({PutOne(running, absl::StrCat(i))})[0].ok());
  EXPECT_TRUE(store->Ping().ok());
  // A service can be started meanwhile.
  options.redis_timeout = absl::Seconds(2);
  if (const auto opened = Open(options); opened != nullptr) {
    EXPECT_THAT(opened->info().unsafe, ElementsAre(HasSubstr("could not be checked")));
    EXPECT_TRUE(LoadOne(*opened, running).ok());
  }
  EXPECT_LE(returned, 2) << "those who have no connection wait for a sign of life only";
  Cluster().node(without).Resume();
  for (std::thread& thread : hanging) thread.join();
  Await("the node is back", [&] { return LoadOne(*store, stopped).ok(); });
}

}  // namespace
}  // namespace rapport::store
