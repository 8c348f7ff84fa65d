#ifndef RAPPORT_COMMON_STORE_WRAPPING_H_
#define RAPPORT_COMMON_STORE_WRAPPING_H_

#include <cstdint>

namespace rapport::store {

// For counts: they wrap around instead of overflowing, so that any order of additions gives the same sum.
inline int64_t WrappingAdd(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
inline int64_t WrappingNegate(int64_t a) {
  return static_cast<int64_t>(0 - static_cast<uint64_t>(a));
}

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_WRAPPING_H_
