#include "common/rollup/cells.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"

namespace rapport::rollup {
namespace {

// Short names on the stack: a batch makes tens of thousands of them.
struct ShortName {
  std::array<char, 16> bytes;
  size_t size = 0;

  void Put(char c) { bytes[size++] = c; }
  void PutNumber(int value, int digits) {
    for (int i = digits - 1; i >= 0; --i, value /= 10) bytes[size + i] = static_cast<char>('0' + value % 10);
    size += digits;
  }
  void PutVarint(uint32_t value) {
    for (; value >= 0x80; value >>= 7) Put(static_cast<char>(value | 0x80));
    Put(static_cast<char>(value));
  }
  absl::string_view view() const { return {bytes.data(), size}; }
};

char Letter(const std::optional<common::v1::Dimension>& dimension) {
  return static_cast<char>('0' + (dimension ? static_cast<int>(*dimension) : 0));
}

ShortName MakeTableName(Level level, char first, char second, int date, Family family) {
  ShortName name;
  name.Put(static_cast<char>(level));
  name.Put(first);
  name.Put(second);
  name.PutNumber(date, level == Level::kSlots ? 8 : 6);
  if (family == 0) return name;
  name.Put('.');
  name.PutNumber(static_cast<int>(family), 3);
  return name;
}

// The measure last, so that sorted cells of one place stand together.
ShortName MakeCell(const Cell& cell) {
  ShortName bytes;
  bytes.Put(static_cast<char>(cell.position));
  bytes.PutVarint(cell.first);
  bytes.PutVarint(cell.second);
  bytes.PutVarint(cell.measure);
  return bytes;
}

// Of at most 21 bits.
bool TakeVarint(absl::string_view& bytes, uint32_t& value) {
  value = 0;
  for (int shift = 0; shift < 21 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<uint32_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool TakeCode(absl::string_view& bytes, Code& code) {
  uint32_t value = 0;
  if (!TakeVarint(bytes, value) || value > UINT16_MAX) return false;
  code = static_cast<Code>(value);
  return true;
}

}  // namespace

std::string TableName(Level level, const DimensionSet& set, int date, Family family) {
  return std::string(MakeTableName(level, Letter(set.first), Letter(set.second), date, family).view());
}

std::string EncodeCell(const Cell& cell) {
  return std::string(MakeCell(cell).view());
}

std::optional<Cell> DecodeCell(absl::string_view bytes) {
  if (bytes.size() < 4) return std::nullopt;
  Cell cell;
  cell.position = static_cast<uint8_t>(bytes[0]);
  bytes.remove_prefix(1);
  if (!TakeCode(bytes, cell.first) || !TakeCode(bytes, cell.second)) return std::nullopt;
  if (!TakeVarint(bytes, cell.measure) || !bytes.empty()) return std::nullopt;
  return cell;
}

void Count(absl::Time time, const Codes& codes, Measure measure, int64_t delta, write::Changes& changes, Pairs pairs) {
  const absl::CivilSecond utc = absl::ToCivilSecond(time, absl::UTCTimeZone());
  const int month = static_cast<int>(utc.year()) * 100 + utc.month();
  const int date = month * 100 + utc.day();
  const auto day = static_cast<uint8_t>(utc.day());
  const auto slot = static_cast<uint8_t>((utc.hour() * 60 + utc.minute()) / 15);

  const auto count = [&](char first_letter, Code first, char second_letter, Code second) {
    const auto add = [&](Level level, int table_date, uint8_t position) {
      changes.Add(MakeTableName(level, first_letter, second_letter, table_date, FamilyOf(measure)).view(),
                  MakeCell({position, first, second, measure % kFamilySize}).view(), delta);
    };
    add(Level::kMonth, month, 0);
    if (second != kNoValue && pairs == Pairs::kMonthsOnly) return;
    add(Level::kDays, month, day);
    add(Level::kSlots, date, slot);
  };
  count('0', kNoValue, '0', kNoValue);
  for (int i = 0; i < kDimensionCount; ++i) {
    if (codes[i] == kNoValue) continue;
    const char first_letter = Letter(DimensionAt(i));
    count(first_letter, codes[i], '0', kNoValue);
    for (int j = i + 1; j < kDimensionCount; ++j) {
      if (codes[j] != kNoValue) count(first_letter, codes[i], Letter(DimensionAt(j)), codes[j]);
    }
  }
}

}  // namespace rapport::rollup
