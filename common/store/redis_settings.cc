#include "common/store/redis_settings.h"

#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace rapport::store {
namespace {

// What it takes that acknowledged data survives, and what happens under any other value.
struct SafeSetting {
  absl::string_view name;
  absl::string_view value;
  absl::string_view danger;
};
constexpr std::array<SafeSetting, 3> kSafeSettings = {{
    {"maxmemory-policy", "noeviction", "Redis may drop data when its memory is full"},
    {"appendonly", "yes", "all data since the last snapshot is lost when Redis stops"},
    {"appendfsync", "always", "about a second of acknowledged data is lost when the machine stops"},
}};

// Least values under which hashes of entities stay packed. Redis 6.2 knows them by their second names.
struct PackingSetting {
  absl::string_view name;
  absl::string_view old_name;
  int64_t least;
};
constexpr std::array<PackingSetting, 2> kPackingSettings = {{
    {"hash-max-listpack-entries", "hash-max-ziplist-entries", 512},
    {"hash-max-listpack-value", "hash-max-ziplist-value", 1024},
}};

using Settings = std::map<std::string, std::string, std::less<>>;

std::string Remedy(absl::string_view name, absl::string_view value) {
  return absl::StrCat("set `", name, " ", value, "` in redis.conf or with CONFIG SET");
}

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

}  // namespace

absl::Status CheckRedisVersion(RedisPool& pool) {
  std::vector<RedisCommand> commands;
  commands.push_back(RedisCommand{"INFO", "server"});
  absl::StatusOr<std::vector<RedisReply>> replies = pool.Read(commands);
  if (!replies.ok()) return replies.status();
  for (const absl::string_view line : absl::StrSplit(ReplyBytes(*replies->front()), "\r\n")) {
    const std::pair<absl::string_view, absl::string_view> field = absl::StrSplit(line, absl::MaxSplits(':', 1));
    if (field.first != "redis_version") continue;
    const std::vector<absl::string_view> parts = absl::StrSplit(field.second, '.');
    int major = 0;
    int minor = 0;
    if (parts.size() >= 2 && absl::SimpleAtoi(parts[0], &major) && absl::SimpleAtoi(parts[1], &minor) &&
        std::pair(major, minor) >= std::pair(6, 2)) {
      return absl::OkStatus();
    }
    return absl::FailedPreconditionError(
        absl::StrCat("Redis at ", pool.address().HostPort(), " has version ", field.second, ": use 6.2 or later"));
  }
  return absl::FailedPreconditionError(
      absl::StrCat("the server at ", pool.address().HostPort(),
                   " does not say which version of Redis it is: use Redis 6.2 or later"));
}

absl::Status CheckRedisSettings(RedisPool& pool, StoreInfo& info) {
  std::vector<RedisCommand> commands;
  commands.reserve(kSafeSettings.size() + 2 * kPackingSettings.size());
  for (const SafeSetting& safe : kSafeSettings) commands.push_back(RedisCommand{"CONFIG", "GET", safe.name});
  for (const PackingSetting& packing : kPackingSettings) {
    commands.push_back(RedisCommand{"CONFIG", "GET", packing.name});
    commands.push_back(RedisCommand{"CONFIG", "GET", packing.old_name});
  }
  const RedisPool::Outcome outcome = pool.Run(commands);
  if (!outcome.status.ok()) return outcome.status;
  Settings settings;
  for (const RedisReply& reply : outcome.replies) {
    if (reply->type == REDIS_REPLY_ERROR) {
      info.unsafe.push_back(absl::StrCat("the settings could not be checked (", ReplyBytes(*reply),
                                         "): let this user run CONFIG GET, or see to maxmemory-policy noeviction, "
                                         "appendonly yes and appendfsync always"));
      return absl::OkStatus();
    }
    const absl::Span<redisReply* const> pair = ReplyElements(*reply);
    if (pair.size() == 2) settings.emplace(ReplyBytes(*pair[0]), ReplyBytes(*pair[1]));
  }
  CheckSafety(settings, info);
  CheckPacking(settings, info);
  return absl::OkStatus();
}

}  // namespace rapport::store
