#include "common/store/redis_format.h"

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/store/redis_topology.h"
#include "common/store/stable_hash.h"
#include "common/store/varint.h"

namespace rapport::store {
namespace {

// Few enough that a hash of a million ratings over four partitions holds fifteen, which share its overhead; many enough
// that eight million stay below the 128 up to which Redis packs a hash: a write looks through all of it.
constexpr uint64_t kBuckets = 16384;

}  // namespace

PartitionKeys::PartitionKeys(absl::string_view service, const Partition& partition)
    // A brace in the tenant's name would end the hash tag.
    : base_(absl::StrCat(service, ":{", absl::StrReplaceAll(partition.tenant, {{"%", "%25"}, {"}", "%7D"}}), "/",
                         partition.index, "}")) {}

std::string PartitionKeys::Named(absl::string_view kind, absl::string_view name) const {
  return absl::StrCat(base_, kind, name);
}

uint16_t PartitionKeys::Slot() const {
  return RedisSlotOf(base_);
}

std::string PartitionKeys::Sequence() const {
  return absl::StrCat(base_, "s");
}

std::string PartitionKeys::Bucket(const Key& key) const {
  return absl::StrCat(base_, "e:", key.collection, ":", absl::Hex(StableHash(key.id) % kBuckets));
}

std::string PartitionKeys::Entity(const Key& key) const {
  return absl::StrCat(base_, "x:", key.collection, ":", key.id);
}

std::string PartitionKeys::Table(absl::string_view table) const {
  return Named("c:", table);
}
std::string PartitionKeys::Index(absl::string_view index) const {
  return Named("r:", index);
}
std::string PartitionKeys::Stream(absl::string_view stream) const {
  return Named("q:", stream);
}
std::string PartitionKeys::StreamTrim(absl::string_view stream) const {
  return Named("t:", stream);
}

std::string EncodeVersion(uint64_t version) {
  std::string bytes;
  AppendVarint(version, bytes);
  return bytes;
}

std::optional<Entity> ParseEntity(absl::string_view bytes) {
  Entity entity;
  if (!ConsumeVarint(bytes, entity.version)) return std::nullopt;
  entity.value = std::string(bytes);
  return entity;
}

std::string StreamId(const StreamPosition& position) {
  return absl::StrCat(position.sequence, "-", position.index);
}

std::optional<StreamPosition> ParseStreamId(absl::string_view id) {
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(id, absl::MaxSplits('-', 1));
  StreamPosition position;
  if (!absl::SimpleAtoi(parts.first, &position.sequence) || !absl::SimpleAtoi(parts.second, &position.index)) {
    return std::nullopt;
  }
  return position;
}

}  // namespace rapport::store
