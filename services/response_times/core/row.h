#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_ROW_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_ROW_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/strings/string_view.h"
#include "common/rollup/dimensions.h"
#include "common/store/varint.h"

// Rows of counter tables as bytes: the same row always has the same bytes, so that taking back what was counted finds
// it.
namespace rapport::response_times {

class RowWriter {
 public:
  RowWriter& Number(int64_t value) {  // not negative
    store::AppendVarint(static_cast<uint64_t>(value), bytes_);
    return *this;
  }
  // Numbers that may be absent.
  RowWriter& Optional(std::optional<int64_t> value) { return Number(value ? *value + 1 : 0); }
  RowWriter& Text(absl::string_view text) {
    Number(static_cast<int64_t>(text.size()));
    bytes_.append(text.data(), text.size());
    return *this;
  }
  RowWriter& Codes(const rollup::Codes& codes) {
    for (const rollup::Code code : codes) Number(code);
    return *this;
  }

  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Reads what a RowWriter wrote. After a failure everything reads as 0 or empty.
class RowReader {
 public:
  explicit RowReader(absl::string_view bytes) : left_(bytes) {}

  int64_t Number() {
    uint64_t value = 0;
    if (!failed_ && store::ConsumeVarint(left_, value) && value <= INT64_MAX) return static_cast<int64_t>(value);
    failed_ = true;
    return 0;
  }
  std::optional<int64_t> Optional() {
    const int64_t value = Number();
    return value == 0 ? std::nullopt : std::optional(value - 1);
  }
  // A value of an enum, which may be one that a later version of it has.
  template <typename Enum>
  Enum Choice() {
    const int64_t value = Number();
    failed_ = failed_ || value > std::numeric_limits<std::underlying_type_t<Enum>>::max();
    return static_cast<Enum>(value);
  }
  // Points into the bytes.
  absl::string_view Text() {
    const auto size = static_cast<uint64_t>(Number());
    if (failed_ || size > left_.size()) {
      failed_ = true;
      return {};
    }
    const absl::string_view text = left_.substr(0, size);
    left_.remove_prefix(size);
    return text;
  }
  rollup::Codes Codes() {
    rollup::Codes codes{};
    for (rollup::Code& code : codes) {
      const int64_t value = Number();
      failed_ = failed_ || value > UINT16_MAX;
      code = static_cast<rollup::Code>(value);
    }
    return codes;
  }

  // Whether everything was there, and nothing is left.
  bool Complete() const { return !failed_ && left_.empty(); }

 private:
  absl::string_view left_;
  bool failed_ = false;
};

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_ROW_H_
