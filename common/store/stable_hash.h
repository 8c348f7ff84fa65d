#ifndef RAPPORT_COMMON_STORE_STABLE_HASH_H_
#define RAPPORT_COMMON_STORE_STABLE_HASH_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace rapport::store {

// FNV-1a with a final mix: the same on every machine and for ever, since data is placed by it.
constexpr uint64_t StableHash(absl::string_view bytes) {
  uint64_t hash = 14695981039346656037u;
  for (const char c : bytes) hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211u;
  hash ^= hash >> 32;
  hash *= 0xd6e8feb86659fd93u;
  return hash ^ hash >> 32;
}

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_STABLE_HASH_H_
