#include "common/stats/log_buckets.h"

#include <algorithm>
#include <cstddef>

namespace rapport::stats {
namespace {

// The largest whole duration that may share a bucket with `smallest`: 1 % above `smallest` and 1 % below the result is
// the same value.
constexpr int64_t FarthestCompanion(int64_t smallest) {
  return smallest * 101 / 99;
}

constexpr int64_t NextHigh(int64_t low) {
  int64_t high = std::min(FarthestCompanion(low + 1), kLongestMs);
  for (int64_t bound : kExactBoundsSeconds) {
    if (low < bound * 1000) return std::min(high, bound * 1000);
  }
  return high;
}

constexpr size_t CountBuckets() {
  size_t count = 1;
  for (int64_t high = 0; high < kLongestMs; high = NextHigh(high)) ++count;
  return count;
}

constexpr size_t kBucketCount = CountBuckets();
static_assert(kBucketCount <= kBucketLimit);

// The upper edges, by id.
constexpr std::array<int64_t, kBucketCount> kHighs = [] {
  std::array<int64_t, kBucketCount> highs = {};
  for (size_t i = 1; i < highs.size(); ++i) highs[i] = NextHigh(highs[i - 1]);
  return highs;
}();

}  // namespace

BucketId BucketOf(int64_t ms) {
  return static_cast<BucketId>(std::lower_bound(kHighs.begin(), kHighs.end() - 1, ms) - kHighs.begin());
}

Edges EdgesOf(BucketId bucket) {
  bucket = std::min(bucket, LastBucket());
  return {bucket == 0 ? -1 : kHighs[bucket - 1], kHighs[bucket]};
}

double ValueOf(BucketId bucket) {
  const Edges edges = EdgesOf(bucket);
  if (edges.high == 0) return 0;
  const auto smallest = static_cast<double>(edges.low + 1);
  const auto largest = static_cast<double>(edges.high);
  // As far from both, relative to each.
  return 2 * smallest * largest / (smallest + largest);
}

BucketId LastBucket() {
  return static_cast<BucketId>(kBucketCount - 1);
}

}  // namespace rapport::stats
