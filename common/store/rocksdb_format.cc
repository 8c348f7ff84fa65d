#include "common/store/rocksdb_format.h"

#include "absl/strings/str_cat.h"
#include "common/store/varint.h"

namespace rapport::store {
namespace {

constexpr uint64_t kSignBit = uint64_t{1} << 63;

template <typename Number>
void AppendBigEndian(Number value, std::string& out) {
  for (int shift = 8 * (sizeof(Number) - 1); shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

template <typename Number>
bool ConsumeBigEndian(absl::string_view& in, Number& value) {
  if (in.size() < sizeof(Number)) return false;
  value = 0;
  for (size_t i = 0; i < sizeof(Number); ++i) value = (value << 8) | static_cast<uint8_t>(in[i]);
  in.remove_prefix(sizeof(Number));
  return true;
}

void AppendName(absl::string_view name, std::string& out) {
  AppendVarint(name.size(), out);
  out.append(name.data(), name.size());
}

std::string Named(absl::string_view prefix, char kind, absl::string_view name) {
  std::string key(prefix);
  key.push_back(kind);
  AppendName(name, key);
  return key;
}

}  // namespace

std::string PartitionPrefix(const Partition& partition) {
  std::string prefix;
  AppendName(partition.tenant, prefix);
  AppendBigEndian<uint32_t>(partition.index, prefix);
  return prefix;
}

std::string SequenceKey(const Partition& partition) {
  return PartitionPrefix(partition) + 's';
}

std::string TrimmedKey(const Partition& partition, absl::string_view stream) {
  return Named(PartitionPrefix(partition), 't', stream);
}

std::string EntityKey(absl::string_view partition_prefix, const Key& key) {
  std::string bytes;
  bytes.reserve(partition_prefix.size() + 1 + key.collection.size() + key.id.size());
  bytes.append(partition_prefix.data(), partition_prefix.size());
  AppendName(key.collection, bytes);
  bytes += key.id;
  return bytes;
}

std::string TableKey(absl::string_view partition_prefix, absl::string_view table) {
  return absl::StrCat(partition_prefix, table);
}

std::string IndexPrefix(absl::string_view partition_prefix, absl::string_view index) {
  return Named(partition_prefix, 'r', index);
}

std::string RankPosition(int64_t score, absl::string_view member) {
  std::string position;
  AppendBigEndian<uint64_t>(static_cast<uint64_t>(score) ^ kSignBit, position);
  position.append(member.data(), member.size());
  return position;
}

std::optional<RankedMember> ParseRankPosition(absl::string_view position) {
  uint64_t score = 0;
  if (!ConsumeBigEndian(position, score)) return std::nullopt;
  return RankedMember{std::string(position), static_cast<int64_t>(score ^ kSignBit)};
}

std::string ScoreKey(absl::string_view partition_prefix, absl::string_view index, absl::string_view member) {
  return absl::StrCat(Named(partition_prefix, 'm', index), member);
}

std::string StreamPrefix(absl::string_view partition_prefix, absl::string_view stream) {
  return Named(partition_prefix, 'q', stream);
}

std::string EncodePosition(const StreamPosition& position) {
  std::string bytes;
  AppendBigEndian<uint64_t>(position.sequence, bytes);
  AppendBigEndian<uint32_t>(position.index, bytes);
  return bytes;
}

std::optional<StreamPosition> ParsePosition(absl::string_view bytes) {
  StreamPosition position;
  if (!ConsumeBigEndian(bytes, position.sequence) || !ConsumeBigEndian(bytes, position.index)) return std::nullopt;
  return position;
}

std::string EncodeNumber(uint64_t value) {
  std::string bytes;
  AppendBigEndian(value, bytes);
  return bytes;
}

std::optional<uint64_t> ParseNumber(absl::string_view bytes) {
  uint64_t value = 0;
  if (!ConsumeBigEndian(bytes, value) || !bytes.empty()) return std::nullopt;
  return value;
}

std::string AfterPrefix(std::string prefix) {
  while (!prefix.empty() && static_cast<uint8_t>(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty()) ++prefix.back();
  return prefix;
}

std::string EncodeEntity(uint64_t version, absl::string_view value, std::optional<absl::Time> expiry) {
  std::string bytes;
  bytes.reserve(value.size() + 18);
  if (expiry) AppendBigEndian<uint64_t>(static_cast<uint64_t>(absl::ToUnixMillis(*expiry)), bytes);
  AppendVarint(version, bytes);
  bytes.append(value.data(), value.size());
  return bytes;
}

std::optional<StoredEntity> ParseEntity(absl::string_view bytes, bool expires) {
  uint64_t expiry = 0;
  StoredEntity entity;
  if (expires && !ConsumeBigEndian(bytes, expiry)) return std::nullopt;
  if (!ConsumeVarint(bytes, entity.version)) return std::nullopt;
  entity.value = bytes;
  return entity;
}

bool HasExpired(absl::string_view bytes, absl::Time now) {
  uint64_t expiry = 0;
  return ConsumeBigEndian(bytes, expiry) && static_cast<int64_t>(expiry) <= absl::ToUnixMillis(now);
}

}  // namespace rapport::store
