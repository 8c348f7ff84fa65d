#ifndef RAPPORT_COMMON_STORE_VARINT_H_
#define RAPPORT_COMMON_STORE_VARINT_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace rapport::store {

// Protobuf's encoding: seven bits a byte, the lowest first. No encoding is the beginning of another.
inline void AppendVarint(uint64_t value, std::string& out) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

// Takes a varint off the front of `in`; false, with `in` in any state, when there is none.
inline bool ConsumeVarint(absl::string_view& in, uint64_t& value) {
  value = 0;
  for (size_t i = 0; i < in.size() && i < 10; ++i) {
    const uint8_t byte = static_cast<uint8_t>(in[i]);
    value |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      in.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_VARINT_H_
