#ifndef RAPPORT_COMMON_STORE_WRAPPING_ADD_H_
#define RAPPORT_COMMON_STORE_WRAPPING_ADD_H_

#include <cstdint>

namespace rapport::store {

// Of counts: wraps around instead of overflowing, so that any order of additions gives the same sum.
inline int64_t WrappingAdd(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_WRAPPING_ADD_H_
