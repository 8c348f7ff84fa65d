#ifndef RAPPORT_TESTS_STATS_DURATIONS_H_
#define RAPPORT_TESTS_STATS_DURATIONS_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <vector>

#include "common/stats/sketch.h"
#include "gtest/gtest.h"

// What tests of sketches share.
namespace rapport::stats {

inline BucketCounts CountsOf(const std::vector<int64_t>& durations_ms) {
  std::map<BucketId, int64_t> counts;
  for (int64_t ms : durations_ms) ++counts[BucketOf(ms)];
  return {counts.begin(), counts.end()};
}

// Compares every quantile from 0.001 to 0.99999 with the sorted data.
inline void ExpectQuantilesWithinOnePercent(std::vector<int64_t> durations_ms) {
  std::sort(durations_ms.begin(), durations_ms.end());
  const Sketch sketch(CountsOf(durations_ms));
  std::vector<double> probabilities;
  for (int i = 1; i < 1000; ++i) probabilities.push_back(i / 1000.0);
  for (int i = 1; i <= 99; ++i) probabilities.push_back(0.999 + i / 100'000.0);
  for (double probability : probabilities) {
    // By definition: the least value that enough values do not exceed.
    const auto rank = static_cast<size_t>(std::ceil(probability * static_cast<double>(durations_ms.size()) - 1e-6));
    const auto exact = static_cast<double>(durations_ms[rank - 1]);
    EXPECT_NEAR(sketch.Quantile(probability, 0.95)->value, exact, kBucketAccuracy * exact + 1e-9) << probability;
  }
}

}  // namespace rapport::stats

#endif  // RAPPORT_TESTS_STATS_DURATIONS_H_
