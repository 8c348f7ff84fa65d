#include "common/store/redis_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/store/open_store.h"
#include "common/store/store.h"
#include "tests/support/redis_cluster.h"
#include "tests/support/redis_server.h"

namespace rapport::store {
namespace {

using test_support::RedisServer;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

StoreOptions Options(const std::string& url) {
  StoreOptions options;
  options.partitions = 8;
  options.url = url;
  options.service = "test";
  return options;
}

std::unique_ptr<Store> Open(const std::string& url) {
  absl::StatusOr<std::unique_ptr<Store>> store = OpenStore(Options(url));
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

Mutation PutOne(const std::string& id, const std::string& value) {
  Mutation mutation;
  mutation.partition = {"acme", 0};
  mutation.puts.push_back({{"r", id, false}, value});
  return mutation;
}

absl::StatusOr<std::string> LoadOne(Store& store, const std::string& id) {
  absl::StatusOr<std::vector<Loaded>> loaded = store.Load({LoadRequest{{"acme", 0}, {{"r", id, false}}}});
  if (!loaded.ok()) return loaded.status();
  return loaded->at(0).entities.at(0).value;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(RedisStoreTest, FindsNothingUnsafeInTheDocumentedSettings) {
  const RedisServer server;
  const auto store = Open(server.url());
  EXPECT_EQ(store->info().engine, "redis");
  EXPECT_THAT(store->info().unsafe, IsEmpty());
  EXPECT_THAT(store->info().advice, IsEmpty());
}

TEST(RedisStoreTest, RefusesAStoreOfAnotherFormat) {
  const RedisServer server;
  ASSERT_EQ(server.Command({"SET", "test:format", "format=1 service=test partitions=8"}), "OK");
  const absl::Status status = OpenStore(Options(server.url())).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("has format 1 but this version reads 2"));
}

TEST(RedisStoreTest, NamesUnsafeSettingsAndTheirRemedies) {
  const RedisServer server({"--appendonly", "no", "--appendfsync", "everysec", "--maxmemory-policy", "allkeys-lru",
                            "--aof-load-truncated", "yes", "--hash-max-listpack-value", "64",
                            "--hash-max-listpack-entries", "64"});
  const auto store = Open(server.url());
  EXPECT_THAT(
      store->info().unsafe,
      ElementsAre(AllOf(HasSubstr("maxmemory-policy is allkeys-lru"), HasSubstr("`maxmemory-policy noeviction`")),
                  AllOf(HasSubstr("appendonly is no"), HasSubstr("`appendonly yes`")),
                  AllOf(HasSubstr("appendfsync is everysec"), HasSubstr("`appendfsync always`")),
                  AllOf(HasSubstr("aof-load-truncated is yes"), HasSubstr("deploy/redis/start"))));
  EXPECT_THAT(store->info().advice,
              ElementsAre(HasSubstr("`hash-max-listpack-entries 128`"), HasSubstr("`hash-max-listpack-value 1024`")));
  EXPECT_TRUE(store->Commit({PutOne("a", std::string(2000, 'x'))})[0].ok());
  EXPECT_EQ(LoadOne(*store, "a")->size(), 2000);
}

TEST(RedisStoreTest, SaysWhenTheSettingsCannotBeChecked) {
  const RedisServer server;
  ASSERT_EQ(server.Command({"ACL", "SETUSER", "app", "on", ">secret", "~*", "+@all", "-config"}), "OK");
  const auto store = Open(absl::StrCat("redis://app:secret@127.0.0.1:", server.port()));
  EXPECT_THAT(store->info().unsafe, ElementsAre(HasSubstr("could not be checked")));
  EXPECT_TRUE(store->Commit({PutOne("a", "one")})[0].ok());
}

TEST(RedisStoreTest, WorksForAUserWithTheDocumentedRights) {
  const RedisServer server;
  ASSERT_EQ(server.Command({"ACL", "SETUSER", "app", "on", ">secret", "resetchannels", "~test:*", "-@all", "+@read",
                            "+@write", "+@scripting", "+@connection", "+info", "+config|get", "+role", "+cluster|info",
                            "+cluster|slots"}),
            "OK");
  const auto store = Open(absl::StrCat("redis://app:secret@127.0.0.1:", server.port()));
  EXPECT_THAT(store->info().unsafe, IsEmpty());
  Mutation mutation = PutOne("a", "one");
  mutation.appends.push_back({"s", "two"});
  mutation.ranks.push_back({"i", "m", 1});
  EXPECT_TRUE(store->Commit({mutation})[0].ok());
  EXPECT_TRUE(store->ReadStreams({StreamRange{{"acme", 0}, "s", {}, 10}}).ok());
  EXPECT_TRUE(store->RangeIndex(IndexRange{{"acme", 0}, "i", 0, 5, false, 10, ""}).ok());
}

TEST(RedisStoreTest, SaysWhyItCannotBeOpened) {
  const std::string url = absl::StrCat("redis://127.0.0.1:", test_support::FreePort());
  const absl::Status nobody = OpenStore(Options(url)).status();
  EXPECT_TRUE(absl::IsUnavailable(nobody)) << nobody;
  EXPECT_THAT(std::string(nobody.message()), HasSubstr("Connection refused"));

  const RedisServer server({"--requirepass", "secret"});
  for (const char* credentials : {"", "default:wrong@", ":wrong@"}) {
    const absl::Status refused =
        OpenStore(Options(absl::StrCat("redis://", credentials, "127.0.0.1:", server.port()))).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
    EXPECT_THAT(std::string(refused.message()), AllOf(HasSubstr("refuses this user"), Not(HasSubstr("wrong@"))));
  }
  EXPECT_NE(Open(absl::StrCat("redis://:secret@127.0.0.1:", server.port())), nullptr);
}

TEST(RedisStoreTest, ServicesAndDatabasesAreApart) {
  const RedisServer server;
  const auto store = Open(server.url());
  ASSERT_TRUE(store->Commit({PutOne("a", "one")})[0].ok());
  StoreOptions options = Options(server.url());
  options.service = "other";
  options.partitions = 4;
  const auto other_service = *OpenStore(options);
  EXPECT_EQ(*LoadOne(*other_service, "a"), "");
  const auto other_database = Open(server.url() + "/2");
  EXPECT_EQ(*LoadOne(*other_database, "a"), "");
}

TEST(RedisStoreTest, WorksAgainAfterTheServerWasRestarted) {
  RedisServer server;
  const auto store = Open(server.url());
  ASSERT_TRUE(store->Commit({PutOne("a", "one")})[0].ok());
  for (int round = 0; round < 3; ++round) {
    round % 2 == 0 ? server.Stop() : server.Kill();
    server.Start();
    // A commit is never repeated by itself, and its script is gone from the server.
    const absl::Status committed = store->Commit({PutOne("a", absl::StrCat(round))})[0];
    EXPECT_TRUE(committed.ok()) << committed;
    EXPECT_EQ(*LoadOne(*store, "a"), absl::StrCat(round));
    server.Stop();
    server.Start();
    EXPECT_EQ(*LoadOne(*store, "a"), absl::StrCat(round));
    EXPECT_TRUE(store->Ping().ok());
  }
  server.Command({"SCRIPT", "FLUSH"});
  EXPECT_TRUE(store->RangeIndex(IndexRange{{"acme", 0}, "i", 0, 5, false, 10, ""}).ok());
}

TEST(RedisStoreTest, ACommitThatWasHalfWrittenIsNeverDone) {
  RedisServer server;
  const std::string file = server.folder() + "/appendonlydir/appendonly.aof.1.incr.aof";
  Mutation mutation = PutOne("a", "one");
  mutation.adds.push_back({"t", {}});
  mutation.adds.back().deltas.Add("f", 1);
  mutation.ranks.push_back({"i", "m", 1});
  ASSERT_TRUE(Open(server.url())->Commit({PutOne("before", "it")})[0].ok());
  const size_t begin = std::filesystem::file_size(file);
  ASSERT_TRUE(Open(server.url())->Commit({mutation})[0].ok());
  server.Kill();
  const std::string whole = ReadFile(file);
  for (size_t cut = begin + 1; cut < whole.size(); cut += 17) {
    std::ofstream(file, std::ios::binary) << whole.substr(0, cut);
    server.Start();
    const auto store = Open(server.url());
    EXPECT_EQ(*LoadOne(*store, "a"), "") << cut;
    EXPECT_EQ(*LoadOne(*store, "before"), "it") << cut;
    ASSERT_TRUE(store->Commit({PutOne("b", "other")})[0].ok());
    server.Kill();
    server.Start();
    const auto again = Open(server.url());
    EXPECT_EQ(*LoadOne(*again, "a"), "") << cut;
    EXPECT_EQ(*LoadOne(*again, "b"), "other") << cut;
    EXPECT_TRUE(again->ReadCounters({TableRef{{"acme", 0}, "t"}})->front().Sum().empty()) << cut;
    server.Kill();
  }
}

TEST(RedisStoreTest, SaysThatTheServerIsAwayAndRecovers) {
  RedisServer server;
  const auto store = Open(server.url());
  server.Stop();
  const absl::Status committed = store->Commit({PutOne("a", "one")})[0];
  EXPECT_TRUE(absl::IsUnavailable(committed)) << committed;
  EXPECT_TRUE(absl::IsUnavailable(LoadOne(*store, "a").status()));
  EXPECT_TRUE(absl::IsUnavailable(store->Ping()));
  server.Start();
  // The store holds off for up to a second after an attempt that failed.
  const absl::Time limit = absl::Now() + absl::Seconds(30);
  while (!store->Ping().ok() && absl::Now() < limit) absl::SleepFor(absl::Milliseconds(10));
  EXPECT_TRUE(store->Commit({PutOne("a", "two")})[0].ok());
}

TEST(RedisStoreTest, WithoutTheReplicasAskedForNothingIsAcknowledged) {
  const RedisServer server;
  StoreOptions options = Options(server.url() + "?wait_replicas=1");
  options.redis_timeout = absl::Seconds(2);
  absl::StatusOr<std::unique_ptr<Store>> opened = OpenStore(options);
  ASSERT_TRUE(opened.ok()) << opened.status();
  Store& store = **opened;
  EXPECT_THAT(store.info().advice, ElementsAre(HasSubstr("wait_replicas is 1 but 0 replicas are connected"),
                                               HasSubstr("`min-replicas-to-write 1`")));
  const absl::Status committed = store.Commit({PutOne("a", "one")})[0];
  EXPECT_TRUE(absl::IsUnavailable(committed)) << committed;
  EXPECT_THAT(std::string(committed.message()), HasSubstr("0 confirmed"));
  // It is there, but a failover would lose it: a retry must not take it for done.
  EXPECT_TRUE(absl::IsUnavailable(LoadOne(store, "a").status()));
  EXPECT_EQ(*LoadOne(*Open(server.url()), "a"), "one");
}

TEST(RedisStoreTest, NobodyPlansFromWhatTheReplicaDoesNotHave) {
  const RedisServer server({"--repl-diskless-sync-delay", "0"});
  RedisServer replica;
  ASSERT_EQ(replica.Command({"REPLICAOF", "127.0.0.1", absl::StrCat(server.port())}), "OK");
  StoreOptions options = Options(server.url() + "?wait_replicas=1");
  options.redis_timeout = absl::Seconds(2);
  const auto store = *OpenStore(options);
  const auto other = *OpenStore(options);
  test_support::Await("the replica follows", [&] { return store->Commit({PutOne("a", "one")})[0].ok(); });
  test_support::Await("it is read", [&] { return LoadOne(*other, "a").value_or("") == "one"; });
  replica.Pause();
  EXPECT_TRUE(absl::IsUnavailable(store->Commit({PutOne("a", "two")})[0]));
  // Over a connection of its own, which has written nothing.
  EXPECT_TRUE(absl::IsUnavailable(LoadOne(*other, "a").status()));
  EXPECT_TRUE(absl::IsUnavailable(other->ReadStreams({StreamRange{{"acme", 0}, "s", {}, 10}}).status()));
  const auto figures = other->ReadCounters({TableRef{{"acme", 0}, "t"}});
  EXPECT_TRUE(figures.ok()) << figures.status();
  const auto lasting = other->ReadCounters({TableRef{{"acme", 0}, "t", true}});
  EXPECT_TRUE(absl::IsUnavailable(lasting.status())) << lasting.status();
  replica.Resume();
  test_support::Await("the replica has caught up", [&] { return LoadOne(*other, "a").value_or("") == "two"; });
}

TEST(RedisStoreTest, AFullMemoryIsResourceExhaustedAndNothingIsApplied) {
  const RedisServer server({"--maxmemory", "20mb"});
  const auto store = Open(server.url());
  absl::Status status;
  int stored = 0;
  for (; status.ok() && stored < 100; ++stored) {
    Mutation mutation = PutOne(absl::StrCat(stored), std::string(1 << 20, 'x'));
    mutation.adds.emplace_back().table = "t";
    mutation.adds.back().deltas.Add("f", 1);
    status = store->Commit({mutation})[0];
  }
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("raise its maxmemory"));
  EXPECT_EQ((*store->ReadCounters({TableRef{{"acme", 0}, "t"}}))[0].Sum()["f"], stored - 1);
  EXPECT_EQ(*LoadOne(*store, absl::StrCat(stored - 1)), "");
  ASSERT_EQ(server.Command({"CONFIG", "SET", "maxmemory", "0"}), "OK");
  EXPECT_TRUE(store->Commit({PutOne("more", "x")})[0].ok());
}

TEST(RedisStoreTest, KeepsTheKeysOfAPartitionInOneSlot) {
  const RedisServer server;
  const auto store = Open(server.url());
  Mutation mutation = PutOne("a}b", "one");
  mutation.partition = {"ten{an}t", 5};
  mutation.puts.push_back({{"m", "{x}", true}, "two", absl::Hours(1)});
  mutation.adds.emplace_back().table = "{t}";
  mutation.adds.back().deltas.Add("f", 1);
  mutation.ranks.push_back({"i", "m", 1});
  mutation.appends.push_back({"s", "entry"});
  ASSERT_TRUE(store->Commit({mutation})[0].ok());
  std::vector<std::string> keys;
  for (const absl::string_view line : {"s", "e:r:", "x:m:{x}", "c:{t}", "r:i", "q:s"}) {
    const std::string pattern = absl::StrCat("test:{ten{an%7Dt/5}", line, "*");
    const std::string found = server.Command({"KEYS", pattern});
    EXPECT_NE(found, "") << pattern;
  }
  EXPECT_EQ(server.Command({"DBSIZE"}), "7");  // and the format
}

TEST(RedisStoreTest, TablesThatAreDueTogetherAreSummedUpOneAfterAnother) {
  const RedisServer server;
  const auto store = Open(server.url());
  constexpr int kTables = 200;
  constexpr int kLogs = 16;  // when a table is due
  const auto logs = [&server](int table) { return server.Command({"LLEN", absl::StrCat("test:{acme/0}c:", table)}); };
  const auto summed_up = [&logs] {
    int count = 0;
    for (int i = 0; i < kTables; ++i) count += logs(i) == "1" ? 1 : 0;
    return count;
  };
  Mutation all;
  all.partition = {"acme", 0};
  for (int i = 0; i < kTables; ++i) {
    all.adds.emplace_back().table = absl::StrCat(i);
    all.adds.back().deltas.Add("f", 1);
  }
  for (int i = 0; i < kLogs; ++i) ASSERT_TRUE(store->Commit({all})[0].ok());
  const int at_first = summed_up();
  EXPECT_GT(at_first, 0);
  EXPECT_LT(at_first, 10);

  // Commits of another partition leave them alone: they may be of another node.
  Mutation elsewhere = PutOne("a", "x");
  elsewhere.partition = {"acme", 1};
  ASSERT_TRUE(store->Commit({elsewhere})[0].ok());
  EXPECT_EQ(summed_up(), at_first);

  for (int i = 0; i < kTables / 2; ++i) ASSERT_TRUE(store->Commit({PutOne("a", "x")})[0].ok());
  EXPECT_EQ(summed_up(), kTables);
  EXPECT_EQ((*store->ReadCounters({TableRef{{"acme", 0}, "0"}}))[0].Sum()["f"], kLogs);
}

TEST(RedisStoreTest, PacksEntitiesIntoSharedHashes) {
  const RedisServer server;
  const auto store = Open(server.url());
  constexpr int kEntities = 60'000;
  constexpr int kValueSize = 100;
  const auto used = [&server] {
    const std::string info = server.Command({"INFO", "memory"});
    return std::stoll(info.substr(info.find("used_memory_dataset:") + 20));
  };
  const int64_t before = used();
  for (int i = 0; i < kEntities; i += 5000) {
    Mutation mutation;
    mutation.partition = {"acme", 0};
    for (int j = i; j < i + 5000; ++j) {
      mutation.puts.push_back({{"r", absl::StrCat(100'000 + j), false}, std::string(kValueSize, 'x')});
    }
    ASSERT_TRUE(store->Commit({mutation})[0].ok());
  }
  const int64_t overhead = (used() - before) / kEntities - kValueSize - 6;
  EXPECT_LT(overhead, 50);
}

}  // namespace
}  // namespace rapport::store
