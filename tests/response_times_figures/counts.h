#ifndef RAPPORT_TESTS_RESPONSE_TIMES_FIGURES_COUNTS_H_
#define RAPPORT_TESTS_RESPONSE_TIMES_FIGURES_COUNTS_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

#include "common/stats/log_buckets.h"
#include "services/response_times/core/figures.h"

// Counts for tests of what is made of counts.
namespace rapport::response_times {

inline constexpr int64_t kSecond = 1000;
inline constexpr int64_t kMinute = 60 * kSecond;
inline constexpr int64_t kHour = 60 * kMinute;
inline constexpr int64_t kDay = 24 * kHour;

inline TimeCounts Times(const std::vector<int64_t>& answered_ms, std::vector<int64_t> open_ms = {}) {
  std::map<stats::BucketId, int64_t> buckets;
  for (int64_t ms : answered_ms) ++buckets[stats::BucketOf(ms)];
  TimeCounts counts;
  counts.answered = {buckets.begin(), buckets.end()};
  counts.sum_ms = std::accumulate(answered_ms.begin(), answered_ms.end(), int64_t{0});
  if (!answered_ms.empty()) counts.max_ms = *std::max_element(answered_ms.begin(), answered_ms.end());
  counts.open_ms = std::move(open_ms);
  return counts;
}

// Durations from `from` on, each `step` longer than the one before.
inline std::vector<int64_t> Ascending(int count, int64_t from, int64_t step) {
  std::vector<int64_t> durations;
  for (int i = 0; i < count; ++i) durations.push_back(from + i * step);
  return durations;
}

inline TimeOptions DefaultOptions() {
  return {.quantiles = {0.5, 0.9, 0.95, 0.99}, .thresholds_ms = {kHour, 6 * kHour}, .confidence = 0.95};
}

}  // namespace rapport::response_times

#endif  // RAPPORT_TESTS_RESPONSE_TIMES_FIGURES_COUNTS_H_
