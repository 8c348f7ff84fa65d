#include "tests/support/redis_cluster.h"

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace rapport::test_support {
namespace {

constexpr absl::Duration kLimit = absl::Minutes(2);
constexpr absl::Duration kPoll = absl::Milliseconds(20);

std::vector<std::string> WithReplicas(std::vector<std::string> settings) {
  // A replica gets its copy at once, not some seconds later together with others.
  for (const char* each : {"--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1",
                           "--min-replicas-to-write", "1", "--min-replicas-max-lag", "10"}) {
    settings.emplace_back(each);
  }
  return settings;
}

std::vector<std::string> ClusterSettings(int bus_port) {
  return WithReplicas({"--cluster-enabled", "yes", "--cluster-port", absl::StrCat(bus_port), "--cluster-node-timeout",
                       "2000", "--cluster-require-full-coverage", "no", "--cluster-replica-validity-factor", "0"});
}

// Ends the program when the server does not agree.
void Do(const RedisServer& server, const std::vector<std::string>& command) {
  const std::string answer = server.Command(command);
  if (!absl::StartsWith(answer, "ERROR")) return;
  std::fprintf(stderr, "%s: %s\n", absl::StrJoin(command, " ").c_str(), answer.c_str());
  std::abort();
}

// The value of a line of INFO, ROLE and the like.
std::string FieldOf(const std::string& text, absl::string_view name) {
  for (const absl::string_view line : absl::StrSplit(text, absl::ByAnyChar("\r\n"), absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> field = absl::StrSplit(line, absl::MaxSplits(':', 1));
    if (field.first == name) return std::string(field.second);
  }
  return "";
}

bool TakesItselfForAPrimary(const RedisServer& server) {
  return absl::StartsWith(server.Command({"ROLE"}), "master");
}

// Whether a primary has a replica that keeps up, or a replica its primary.
bool IsReplicating(const RedisServer& server) {
  const std::string info = server.Command({"INFO", "replication"});
  if (FieldOf(info, "role") == "slave") return FieldOf(info, "master_link_status") == "up";
  return absl::StrContains(FieldOf(info, "slave0"), "state=online") && FieldOf(info, "min_slaves_good_slaves") == "1";
}

}  // namespace

void Await(const std::string& what, const std::function<bool()>& is_true) {
  for (const absl::Time limit = absl::Now() + kLimit; absl::Now() < limit; absl::SleepFor(kPoll)) {
    if (is_true()) return;
  }
  std::fprintf(stderr, "it did not come about that %s\n", what.c_str());
  std::abort();
}

RedisCluster::RedisCluster() {
  const int first_bus_port = FreePort();
  for (int i = 0; i < 2 * kPrimaries; ++i) {
    nodes_.push_back(std::make_unique<RedisServer>(ClusterSettings(i == 0 ? first_bus_port : FreePort())));
    ids_.push_back(node(i).Command({"CLUSTER", "MYID"}));
    Do(node(i), {"CLUSTER", "SET-CONFIG-EPOCH", absl::StrCat(i + 1)});
    if (i == 0) continue;
    Do(node(i), {"CLUSTER", "MEET", "127.0.0.1", absl::StrCat(node(0).port()), absl::StrCat(first_bus_port)});
  }
  for (int i = 0; i < kPrimaries; ++i) {
    Do(node(i), {"CLUSTER", "ADDSLOTSRANGE", absl::StrCat(kSlots * i / kPrimaries),
                 absl::StrCat(kSlots * (i + 1) / kPrimaries - 1)});
  }
  for (int i = kPrimaries; i < size(); ++i) {
    // It must have heard of its primary.
    Await("a replica joins", [&] { return node(i).Command({"CLUSTER", "REPLICATE", id(i - kPrimaries)}) == "OK"; });
  }
  AwaitWhole();
}

std::string RedisCluster::url() const {
  return absl::StrCat("redis+cluster://127.0.0.1:", nodes_[0]->port(), ",127.0.0.1:", nodes_[1]->port(),
                      "?wait_replicas=1");
}

int RedisCluster::OwnerOf(int slot) const {
  for (const auto& asked : nodes_) {
    const std::string text = asked->Command({"CLUSTER", "NODES"});
    for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
      const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
      for (size_t i = 8; i < words.size(); ++i) {
        const std::vector<absl::string_view> range = absl::StrSplit(words[i], '-');
        int first = 0;
        int last = 0;
        if (!absl::SimpleAtoi(range.front(), &first) || !absl::SimpleAtoi(range.back(), &last)) continue;
        if (slot < first || slot > last) continue;
        for (int owner = 0; owner < size(); ++owner) {
          if (ids_[owner] == words[0]) return owner;
        }
      }
    }
  }
  std::fprintf(stderr, "nobody has slot %d\n", slot);
  std::abort();
}

void RedisCluster::MoveSlot(int slot, int to) {
  const int from = OwnerOf(slot);
  const std::string name = absl::StrCat(slot);
  Do(node(to), {"CLUSTER", "SETSLOT", name, "IMPORTING", id(from)});
  Do(node(from), {"CLUSTER", "SETSLOT", name, "MIGRATING", id(to)});
  while (true) {
    const std::string keys = node(from).Command({"CLUSTER", "GETKEYSINSLOT", name, "3"});
    if (keys.empty()) break;
    std::vector<std::string> migrate = {"MIGRATE", "127.0.0.1", absl::StrCat(node(to).port()), "", "0",
                                        "60000",   "KEYS"};
    for (const absl::string_view key : absl::StrSplit(keys, '\n')) migrate.emplace_back(key);
    Do(node(from), migrate);
  }
  Do(node(to), {"CLUSTER", "SETSLOT", name, "NODE", id(to)});
  Do(node(from), {"CLUSTER", "SETSLOT", name, "NODE", id(to)});
}

bool RedisCluster::IsPrimary(int index) const {
  return TakesItselfForAPrimary(*nodes_[index]);
}

void RedisCluster::AwaitWhole() const {
  for (const auto& node : nodes_) {
    Await("the cluster is whole", [&] {
      int primaries = 0;
      int replicas = 0;
      const std::string all = node->Command({"CLUSTER", "NODES"});
      for (const absl::string_view line : absl::StrSplit(all, '\n', absl::SkipEmpty())) {
        const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
        if (words.size() < 8 || words[7] != "connected") return false;
        const std::vector<absl::string_view> flags = absl::StrSplit(words[2], ',');
        primaries += flags.back() == "master" ? 1 : 0;  // not "master,fail"
        replicas += flags.back() == "slave" ? 1 : 0;
      }
      return primaries == kPrimaries && replicas == kPrimaries && IsReplicating(*node) &&
             FieldOf(node->Command({"CLUSTER", "INFO"}), "cluster_state") == "ok";
    });
  }
}

RedisWithSentinels::RedisWithSentinels(std::string password, std::string sentinel_password)
    : password_(std::move(password)), sentinel_password_(std::move(sentinel_password)) {
  std::vector<std::string> settings;
  if (!password_.empty()) settings = {"--requirepass", password_, "--masterauth", password_};
  for (int i = 0; i < 2; ++i) {
    nodes_.push_back(std::make_unique<RedisServer>(WithReplicas(settings)));
    node(i).SetPassword(password_);
  }
  Do(node(1), {"REPLICAOF", "127.0.0.1", absl::StrCat(node(0).port())});
  Await("the replica follows", [&] { return IsReplicating(node(1)) && IsReplicating(node(0)); });
  settings = {"--sentinel"};
  if (!sentinel_password_.empty()) settings.insert(settings.end(), {"--requirepass", sentinel_password_});
  for (int i = 0; i < 3; ++i) {
    RedisServer& sentinel = *sentinels_.emplace_back(std::make_unique<RedisServer>(settings));
    sentinel.SetPassword(sentinel_password_);
    Do(sentinel, {"SENTINEL", "MONITOR", "main", "127.0.0.1", absl::StrCat(node(0).port()), "2"});
    Do(sentinel, {"SENTINEL", "SET", "main", "down-after-milliseconds", "2000", "failover-timeout", "10000"});
    if (!password_.empty()) Do(sentinel, {"SENTINEL", "SET", "main", "auth-pass", password_});
    if (!sentinel_password_.empty()) Do(sentinel, {"SENTINEL", "CONFIG", "SET", "sentinel-pass", sentinel_password_});
  }
  AwaitWhole();
}

std::string RedisWithSentinels::url() const {
  std::vector<std::string> addresses;
  for (const auto& sentinel : sentinels_) addresses.push_back(absl::StrCat("127.0.0.1:", sentinel->port()));
  return absl::StrCat("redis+sentinel://", password_.empty() ? "" : absl::StrCat(":", password_, "@"),
                      absl::StrJoin(addresses, ","), "/main?wait_replicas=1",
                      sentinel_password_.empty() ? "" : absl::StrCat("&sentinel_password=", sentinel_password_));
}

void RedisWithSentinels::Failover() {
  Do(*sentinels_[0], {"SENTINEL", "FAILOVER", "main"});
}

bool RedisWithSentinels::IsPrimary(int index) const {
  return TakesItselfForAPrimary(*nodes_[index]);
}

void RedisWithSentinels::AwaitWhole() const {
  for (const auto& sentinel : sentinels_) {
    Await("the Sentinels are ready", [&] {
      // The fields, which come as lines: name, value, name, value...
      const std::string master = sentinel->Command({"SENTINEL", "MASTER", "main"});
      return absl::StrContains(master, "\nflags\nmaster\n") && absl::StrContains(master, "\nnum-slaves\n1\n") &&
             absl::StrContains(master, "\nnum-other-sentinels\n2\n");
    });
  }
  for (const auto& node : nodes_) {
    Await("the replica follows", [&] { return IsReplicating(*node); });
  }
}

}  // namespace rapport::test_support
