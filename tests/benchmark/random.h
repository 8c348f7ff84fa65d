#ifndef RAPPORT_TESTS_BENCHMARK_RANDOM_H_
#define RAPPORT_TESTS_BENCHMARK_RANDOM_H_

#include <cstdint>

namespace rapport::benchmark {

// SplitMix64: independent numbers from an index; of each index up to 8 streams.
inline uint64_t Random(uint64_t index, uint64_t stream) {
  uint64_t z = (index * 8 + stream + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace rapport::benchmark

#endif  // RAPPORT_TESTS_BENCHMARK_RANDOM_H_
