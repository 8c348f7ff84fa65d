#ifndef RAPPORT_COMMON_STORE_REDIS_FORMAT_H_
#define RAPPORT_COMMON_STORE_REDIS_FORMAT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/store/counter_log.h"
#include "common/store/store.h"

// Names of keys and bytes of values in Redis.
namespace rapport::store {

// Recorded in each store: one that was written by another format is not opened. 1 had a quarter of the hashes of
// entities.
inline constexpr absl::string_view kRedisFormat = "2";

// The keys of one partition: they share a hash tag, so that a cluster keeps them on one node.
class PartitionKeys {
 public:
  PartitionKeys(absl::string_view service, const Partition& partition);

  // Of all of them, in a cluster.
  uint16_t Slot() const;

  std::string Sequence() const;
  // The hash that holds the entity among others, of collections that do not expire.
  std::string Bucket(const Key& key) const;
  // Of collections that expire, where every entity is a key of its own.
  std::string Entity(const Key& key) const;
  std::string Table(absl::string_view table) const;
  std::string Index(absl::string_view index) const;
  std::string Stream(absl::string_view stream) const;
  // Holds the position of the last entry that was cut off.
  std::string StreamTrim(absl::string_view stream) const;

 private:
  std::string Named(absl::string_view kind, absl::string_view name) const;

  std::string base_;
};

std::string EncodeVersion(uint64_t version);
std::optional<Entity> ParseEntity(absl::string_view bytes);

std::string StreamId(const StreamPosition& position);
std::optional<StreamPosition> ParseStreamId(absl::string_view id);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_REDIS_FORMAT_H_
