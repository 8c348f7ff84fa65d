#include "common/store/redis_settings.h"

#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "common/store/redis_pipeline.h"

namespace rapport::store {
namespace {

// What it takes that acknowledged data survives, and what happens under any other value.
struct SafeSetting {
  absl::string_view name;
  absl::string_view value;
  absl::string_view danger;
};
constexpr std::array<SafeSetting, 4> kSafeSettings = {{
    {"maxmemory-policy", "noeviction", "Redis may drop data when its memory is full"},
    {"appendonly", "yes", "all data since the last snapshot is lost when Redis stops"},
    {"appendfsync", "always", "about a second of acknowledged data is lost when the machine stops"},
    {"aof-load-truncated", "no", "after a kill, half of a commit may be done later; start Redis by deploy/redis/start"},
}};

// Least values under which hashes of entities stay packed. Redis 6.2 knows them by their second names.
struct PackingSetting {
  absl::string_view name;
  absl::string_view old_name;
  int64_t least;
};
constexpr std::array<PackingSetting, 2> kPackingSettings = {{
    {"hash-max-listpack-entries", "hash-max-ziplist-entries", 128},
    {"hash-max-listpack-value", "hash-max-ziplist-value", 1024},
}};

constexpr absl::string_view kMinReplicas = "min-replicas-to-write";
constexpr absl::string_view kFullCoverage = "cluster-require-full-coverage";

using Settings = std::map<std::string, std::string, std::less<>>;

std::string Remedy(absl::string_view name, absl::string_view value) {
  return absl::StrCat("set `", name, " ", value, "` in redis.conf or with CONFIG SET");
}

// What one server says about itself.
struct ServerFacts {
  Settings settings;
  std::string refusal;  // why it does not show its settings
  int64_t replicas = 0;
};

void CheckSafety(const Settings& settings, StoreInfo& info) {
  for (const SafeSetting& safe : kSafeSettings) {
    const auto it = settings.find(safe.name);
    if (it != settings.end() && it->second != safe.value) {
      info.unsafe.push_back(
          absl::StrCat(safe.name, " is ", it->second, ": ", safe.danger, "; ", Remedy(safe.name, safe.value)));
    }
  }
}

void CheckPacking(const Settings& settings, StoreInfo& info) {
  for (const PackingSetting& packing : kPackingSettings) {
    auto it = settings.find(packing.name);
    if (it == settings.end()) it = settings.find(packing.old_name);
    int64_t value = 0;
    if (it != settings.end() && absl::SimpleAtoi(it->second, &value) && value < packing.least) {
      info.advice.push_back(absl::StrCat(it->first, " is ", value,
                                         ": entities that do not fit take about 100 bytes more "
                                         "each; ",
                                         Remedy(it->first, absl::StrCat(packing.least))));
    }
  }
}

void CheckReplication(const RedisUrl& url, const ServerFacts& facts, StoreInfo& info) {
  if (facts.replicas > 0 && url.wait_replicas == 0) {
    info.unsafe.emplace_back(
        "commits do not wait for replicas: what was acknowledged last is lost when a replica takes over; add "
        "`?wait_replicas=1` to the store URL");
  }
  if (facts.replicas < url.wait_replicas) {
    info.advice.push_back(absl::StrCat("wait_replicas is ", url.wait_replicas, " but ", facts.replicas,
                                       " replicas are connected: commits fail until there are as many; add replicas or "
                                       "change the store URL"));
  }
  int64_t least = 0;
  const auto it = facts.settings.find(kMinReplicas);
  if (it != facts.settings.end() && absl::SimpleAtoi(it->second, &least) && least < url.wait_replicas) {
    info.advice.push_back(absl::StrCat(kMinReplicas, " is ", least,
                                       ": without replicas Redis makes changes that it then cannot confirm; ",
                                       Remedy(kMinReplicas, absl::StrCat(url.wait_replicas))));
  }
}

void CheckCoverage(const RedisUrl& url, const Settings& settings, StoreInfo& info) {
  const auto it = settings.find(kFullCoverage);
  if (url.kind != RedisTopologyKind::kCluster || it == settings.end() || it->second == "no") return;
  info.advice.push_back(absl::StrCat(kFullCoverage, " is ", it->second,
                                     ": while one primary is away the others refuse as well; ",
                                     Remedy(kFullCoverage, "no")));
}

// The value of a line of INFO.
std::string FieldOf(absl::string_view text, absl::string_view name) {
  for (const absl::string_view line : absl::StrSplit(text, "\r\n")) {
    const std::pair<absl::string_view, absl::string_view> field = absl::StrSplit(line, absl::MaxSplits(':', 1));
    if (field.first == name) return std::string(field.second);
  }
  return "";
}

absl::StatusOr<ServerFacts> Examine(const std::shared_ptr<RedisNode>& node) {
  std::vector<RedisCommand> commands;
  commands.push_back(RedisCommand{"INFO", "replication"});
  for (const SafeSetting& safe : kSafeSettings) commands.push_back(RedisCommand{"CONFIG", "GET", safe.name});
  for (const PackingSetting& packing : kPackingSettings) {
    commands.push_back(RedisCommand{"CONFIG", "GET", packing.name});
    commands.push_back(RedisCommand{"CONFIG", "GET", packing.old_name});
  }
  commands.push_back(RedisCommand{"CONFIG", "GET", kMinReplicas});
  commands.push_back(RedisCommand{"CONFIG", "GET", kFullCoverage});
  RedisPipeline pipeline;
  pipeline.node = node;
  for (const RedisCommand& command : commands) pipeline.commands.push_back(&command);
  RunPipelines({&pipeline, 1});
  if (!pipeline.status.ok()) return pipeline.status;
  ServerFacts facts;
  if (!absl::SimpleAtoi(FieldOf(ReplyBytes(*pipeline.replies[0]), "connected_slaves"), &facts.replicas)) {
    facts.replicas = 0;
  }
  for (const RedisReply& reply : pipeline.replies) {
    if (reply->type == REDIS_REPLY_ERROR) facts.refusal = std::string(ReplyBytes(*reply));
    const absl::Span<redisReply* const> pair = ReplyElements(*reply);
    if (pair.size() == 2) facts.settings.emplace(ReplyBytes(*pair[0]), ReplyBytes(*pair[1]));
  }
  return facts;
}

}  // namespace

absl::Status CheckRedisVersion(const RedisClient& client) {
  const RedisCommand info{"INFO", "server"};
  for (const std::shared_ptr<RedisNode>& node : client.Primaries()) {
    absl::StatusOr<std::vector<RedisReply>> replies = AskRedis(node, {&info, 1});
    if (absl::IsUnavailable(replies.status())) continue;
    if (!replies.ok()) return replies.status();
    const std::string version = FieldOf(ReplyBytes(*replies->front()), "redis_version");
    const std::vector<absl::string_view> parts = absl::StrSplit(version, '.');
    int major = 0;
    int minor = 0;
    if (parts.size() < 2 || !absl::SimpleAtoi(parts[0], &major) || !absl::SimpleAtoi(parts[1], &minor) ||
        std::pair(major, minor) < std::pair(6, 2)) {
      return absl::FailedPreconditionError(
          absl::StrCat("Redis at ", node->endpoint().HostPort(), " has version '", version, "': use 6.2 or later"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckRedisSettings(const RedisClient& client, StoreInfo& info) {
  const std::vector<std::shared_ptr<RedisNode>> nodes = client.Primaries();
  for (const std::shared_ptr<RedisNode>& node : nodes) {
    const absl::StatusOr<ServerFacts> facts = Examine(node);
    if (!facts.ok()) {
      if (!absl::IsUnavailable(facts.status())) return facts.status();
      info.unsafe.push_back(absl::StrCat("settings could not be checked: ", facts.status().message()));
      continue;
    }
    StoreInfo of_node;
    if (!facts->refusal.empty()) {
      of_node.unsafe.push_back(absl::StrCat("the settings could not be checked (", facts->refusal,
                                            "): let this user run CONFIG GET, or see to maxmemory-policy noeviction, "
                                            "appendonly yes, appendfsync always and aof-load-truncated no"));
    }
    CheckSafety(facts->settings, of_node);
    CheckReplication(client.url(), *facts, of_node);
    CheckPacking(facts->settings, of_node);
    CheckCoverage(client.url(), facts->settings, of_node);
    const std::string prefix = nodes.size() > 1 ? absl::StrCat(node->endpoint().HostPort(), ": ") : "";
    for (const std::string& each : of_node.unsafe) info.unsafe.push_back(absl::StrCat(prefix, each));
    for (const std::string& each : of_node.advice) info.advice.push_back(absl::StrCat(prefix, each));
  }
  return absl::OkStatus();
}

}  // namespace rapport::store
