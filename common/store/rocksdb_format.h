#ifndef RAPPORT_COMMON_STORE_ROCKSDB_FORMAT_H_
#define RAPPORT_COMMON_STORE_ROCKSDB_FORMAT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/store/store.h"

// Bytes of keys and values in RocksDB. Numbers in keys are big-endian, so that they sort; names that are followed by
// something are preceded by their length, so that no key is the beginning of another kind's.
namespace rapport::store {

// Recorded in each store: one that was written by another format is not opened.
inline constexpr absl::string_view kRocksdbFormat = "1";

std::string PartitionPrefix(const Partition& partition);

std::string SequenceKey(const Partition& partition);
std::string TrimmedKey(const Partition& partition, absl::string_view stream);
std::string EntityKey(absl::string_view partition_prefix, const Key& key);
std::string TableKey(absl::string_view partition_prefix, absl::string_view table);

// Members of an index by score, and the score of a member.
std::string IndexPrefix(absl::string_view partition_prefix, absl::string_view index);
std::string RankPosition(int64_t score, absl::string_view member);
std::optional<RankedMember> ParseRankPosition(absl::string_view position);
std::string ScoreKey(absl::string_view partition_prefix, absl::string_view index, absl::string_view member);

std::string StreamPrefix(absl::string_view partition_prefix, absl::string_view stream);
std::string EncodePosition(const StreamPosition& position);
std::optional<StreamPosition> ParsePosition(absl::string_view bytes);

std::string EncodeNumber(uint64_t value);
std::optional<uint64_t> ParseNumber(absl::string_view bytes);

// The first key after all those that begin with `prefix`.
std::string AfterPrefix(std::string prefix);

// A stored value: its expiry, in the collections that expire, then its version, then its bytes.
struct StoredEntity {
  uint64_t version = 0;
  absl::string_view value;
};
std::string EncodeEntity(uint64_t version, absl::string_view value, std::optional<absl::Time> expiry);
std::optional<StoredEntity> ParseEntity(absl::string_view bytes, bool expires);
bool HasExpired(absl::string_view bytes, absl::Time now);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_ROCKSDB_FORMAT_H_
