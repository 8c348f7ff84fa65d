#ifndef RAPPORT_TESTS_SUPPORT_REDIS_CLUSTER_H_
#define RAPPORT_TESTS_SUPPORT_REDIS_CLUSTER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/redis_server.h"

namespace rapport::test_support {

// A Redis cluster of three primaries, each with a third of the slots, and a replica of each. A primary that is away is
// replaced after two seconds. Ends the program when it does not come about.
class RedisCluster {
 public:
  static constexpr int kPrimaries = 3;
  static constexpr int kSlots = 16384;

  RedisCluster();

  // With some of the nodes as seeds.
  std::string url() const;
  // The first three begin as primaries, their replicas follow.
  int size() const { return static_cast<int>(nodes_.size()); }
  RedisServer& node(int index) { return *nodes_[index]; }
  const std::string& id(int index) const { return ids_[index]; }
  int OwnerOf(int slot) const;  // index of the node

  // Moves a slot with all its keys, as resharding does.
  void MoveSlot(int slot, int to);
  // Returns when all nodes agree that the cluster is whole, and every replica follows its primary.
  void AwaitWhole() const;
  bool IsPrimary(int index) const;

 private:
  std::vector<std::unique_ptr<RedisServer>> nodes_;
  std::vector<std::string> ids_;
};

// A primary, a replica and three Sentinels that watch over them, which replace a primary that is away after two
// seconds.
class RedisWithSentinels {
 public:
  // With passwords, when not empty, of the servers and of the Sentinels.
  explicit RedisWithSentinels(std::string password = "", std::string sentinel_password = "");

  // With the passwords.
  std::string url() const;
  // Lets the replica take over at once.
  void Failover();
  int size() const { return static_cast<int>(nodes_.size()); }
  RedisServer& node(int index) { return *nodes_[index]; }
  bool IsPrimary(int index) const;
  // Returns when the Sentinels agree on a primary, which has a replica that follows it.
  void AwaitWhole() const;

 private:
  std::vector<std::unique_ptr<RedisServer>> nodes_;
  std::vector<std::unique_ptr<RedisServer>> sentinels_;
  const std::string password_;
  const std::string sentinel_password_;
};

// Asks again and again, for as long as a slow machine may take. Ends the program, saying what was missed, when it never
// becomes true.
void Await(const std::string& what, const std::function<bool()>& is_true);

}  // namespace rapport::test_support

#endif  // RAPPORT_TESTS_SUPPORT_REDIS_CLUSTER_H_
