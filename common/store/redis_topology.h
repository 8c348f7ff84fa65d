#ifndef RAPPORT_COMMON_STORE_REDIS_TOPOLOGY_H_
#define RAPPORT_COMMON_STORE_REDIS_TOPOLOGY_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/store/redis_connection.h"
#include "common/store/redis_pipeline.h"
#include "common/store/redis_url.h"

namespace rapport::store {

constexpr int kRedisSlots = 16384;

// The slot of a key in a cluster: of its hash tag, the part between the first '{' and the next '}', if it has one.
uint16_t RedisSlotOf(absl::string_view key);

// Which server takes which keys. A single server, and the master that Sentinels name, take all of them. Thread-safe.
class RedisTopology {
 public:
  RedisTopology(RedisUrl url, int connections, absl::Duration timeout);

  // Finds out who serves what now. Does nothing when another thread is just doing it or did it a moment ago, nor where
  // nothing can change.
  absl::Status Refresh();

  // Null when nobody serves the slot as far as is known.
  std::shared_ptr<RedisNode> NodeOf(uint16_t slot) const;
  // Those that serve slots, each once.
  std::vector<std::shared_ptr<RedisNode>> Primaries() const;

  // A small number of the node that serves the slot, the same as long as the node serves any; UINT32_MAX when nobody
  // does.
  uint32_t GroupOf(uint16_t slot) const;

  std::shared_ptr<RedisNode> NodeAt(const RedisEndpoint& endpoint);
  void SetNodeOf(uint16_t slot, std::shared_ptr<RedisNode> node);

  const RedisUrl& url() const { return url_; }

 private:
  using Slots = std::vector<std::shared_ptr<RedisNode>>;  // by slot

  void Number(const std::shared_ptr<RedisNode>& node);  // with mutex_ held
  absl::StatusOr<Slots> AskSentinels();
  absl::StatusOr<Slots> AskCluster();
  std::vector<std::shared_ptr<RedisNode>> KnownNodes();
  Slots ParseSlots(const redisReply& reply, const RedisEndpoint& asked);

  const RedisUrl url_;
  const int connections_;
  const absl::Duration timeout_;
  std::vector<std::shared_ptr<RedisNode>> sentinels_;

  std::mutex refresh_mutex_;
  absl::Time next_refresh_ = absl::InfinitePast();
  absl::Status last_refresh_;

  mutable std::mutex mutex_;
  std::map<RedisEndpoint, std::weak_ptr<RedisNode>> nodes_;
  Slots slots_;
  std::vector<std::shared_ptr<RedisNode>> numbered_;  // by number; null where it is free
  size_t next_asked_ = 0;
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_REDIS_TOPOLOGY_H_
