#include "services/ratings/core/facts.h"

#include "absl/strings/str_cat.h"
#include "common/write/partition.h"

namespace rapport::ratings {
namespace {

constexpr uint8_t kHasComment = 0x80;
constexpr int kCustomerTables = 64;

void PutVarint(uint32_t value, std::string& bytes) {
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
  bytes.push_back(static_cast<char>(value));
}

bool TakeVarint(absl::string_view& bytes, uint32_t& value) {
  value = 0;
  for (int shift = 0; shift < 28 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<uint32_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

void PutBigEndian(uint32_t value, int size, std::string& bytes) {
  for (int i = size - 1; i >= 0; --i) bytes.push_back(static_cast<char>(value >> (8 * i)));
}

uint32_t TakeBigEndian(absl::string_view& bytes, int size) {
  uint32_t value = 0;
  for (int i = 0; i < size; ++i) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  bytes.remove_prefix(size);
  return value;
}

}  // namespace

std::string FactTable(int64_t day) {
  return absl::StrCat("f", day);
}

// Time first and big-endian, so that the bytes sort by it.
std::string EncodeFact(const Fact& fact) {
  std::string bytes;
  bytes.reserve(16 + fact.customer_id.size() + fact.rating_id.size());
  PutBigEndian(fact.millis, 4, bytes);
  bytes.push_back(static_cast<char>(fact.code | (fact.has_comment ? kHasComment : 0)));
  for (const rollup::Code code : fact.codes) PutVarint(code, bytes);
  bytes.push_back(static_cast<char>(fact.customer_id.size()));
  absl::StrAppend(&bytes, fact.customer_id, fact.rating_id);
  return bytes;
}

std::optional<Fact> DecodeFact(absl::string_view bytes) {
  if (bytes.size() < 6) return std::nullopt;
  Fact fact;
  fact.millis = TakeBigEndian(bytes, 4);
  const auto code = static_cast<uint8_t>(bytes.front());
  bytes.remove_prefix(1);
  fact.code = code & ~kHasComment;
  fact.has_comment = (code & kHasComment) != 0;
  for (rollup::Code& each : fact.codes) {
    uint32_t value = 0;
    if (!TakeVarint(bytes, value) || value > UINT16_MAX) return std::nullopt;
    each = static_cast<rollup::Code>(value);
  }
  if (bytes.empty()) return std::nullopt;
  const auto customer_size = static_cast<uint8_t>(bytes.front());
  bytes.remove_prefix(1);
  if (bytes.size() < customer_size) return std::nullopt;
  fact.customer_id = bytes.substr(0, customer_size);
  fact.rating_id = bytes.substr(customer_size);
  return fact;
}

std::string CustomerDayTable(absl::string_view customer_id) {
  return absl::StrCat("c", write::StableHash(customer_id) % kCustomerTables);
}

std::string EncodeCustomerDay(const CustomerDay& day) {
  std::string bytes;
  bytes.reserve(4 + day.customer_id.size());
  bytes.push_back(static_cast<char>(day.code));
  PutBigEndian(static_cast<uint32_t>(day.day), 3, bytes);
  absl::StrAppend(&bytes, day.customer_id);
  return bytes;
}

std::optional<CustomerDay> DecodeCustomerDay(absl::string_view bytes) {
  if (bytes.size() < 4) return std::nullopt;
  CustomerDay day;
  day.code = static_cast<ScoreCode>(bytes.front());
  bytes.remove_prefix(1);
  day.day = TakeBigEndian(bytes, 3);
  day.customer_id = bytes;
  return day;
}

}  // namespace rapport::ratings
