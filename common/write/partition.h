#ifndef RAPPORT_COMMON_WRITE_PARTITION_H_
#define RAPPORT_COMMON_WRITE_PARTITION_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "common/store/stable_hash.h"

namespace rapport::write {

using store::StableHash;

// The partition that an id's data lives in.
constexpr uint32_t PartitionOf(absl::string_view id, uint32_t partition_count) {
  return static_cast<uint32_t>((StableHash(id) >> 16) % partition_count);
}

}  // namespace rapport::write

#endif  // RAPPORT_COMMON_WRITE_PARTITION_H_
