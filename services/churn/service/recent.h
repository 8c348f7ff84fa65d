#ifndef RAPPORT_SERVICES_CHURN_SERVICE_RECENT_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_RECENT_H_

#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace rapport::churn {

// What was found out about customers lately, for some time, of a bounded number of them. Values are cheap to copy, such
// as shared pointers; a default one says that nothing is remembered. Those that are over are let go, with what they
// hold alive, while others are remembered. Thread-safe.
template <typename Value>
class Recent {
 public:
  explicit Recent(absl::Duration kept_for) : kept_for_(kept_for) {}

  Value Recall(absl::string_view tenant, absl::string_view customer_id, absl::Time now) {
    const std::string key = Key(tenant, customer_id);
    Shard& shard = ShardOf(key);
    const absl::MutexLock lock(&shard.mutex);
    for (const Generation* generation : {&shard.young, &shard.old}) {
      const auto found = generation->find(key);
      if (found != generation->end()) return now < found->second.second ? found->second.first : Value();
    }
    return Value();
  }

  void Remember(absl::string_view tenant, absl::string_view customer_id, Value value, absl::Time now) {
    std::string key = Key(tenant, customer_id);
    Shard& shard = ShardOf(key);
    Generation over;  // let go outside the lock
    const absl::MutexLock lock(&shard.mutex);
    if (shard.young.size() >= kMostPerShard || now - shard.young_since >= kept_for_) {
      over = std::exchange(shard.old, std::move(shard.young));
      shard.young.clear();
      shard.young_since = now;
    }
    shard.young[std::move(key)] = {std::move(value), now + kept_for_};
  }

 private:
  using Generation = absl::flat_hash_map<std::string, std::pair<Value, absl::Time>>;
  static constexpr size_t kMostPerShard = 1024;  // in each of two generations

  // When the younger generation is full, or its first value is over, it becomes the older one, which is dropped.
  struct Shard {
    absl::Mutex mutex;
    Generation young ABSL_GUARDED_BY(mutex);
    absl::Time young_since ABSL_GUARDED_BY(mutex) = absl::InfinitePast();
    Generation old ABSL_GUARDED_BY(mutex);
  };

  // Tenants have no NUL in their names.
  static std::string Key(absl::string_view tenant, absl::string_view customer_id) {
    return absl::StrCat(tenant, absl::string_view("\0", 1), customer_id);
  }
  Shard& ShardOf(const std::string& key) { return shards_[absl::HashOf(key) % shards_.size()]; }

  const absl::Duration kept_for_;
  std::array<Shard, 16> shards_;
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_RECENT_H_
