#ifndef RAPPORT_COMMON_STATS_SKETCH_H_
#define RAPPORT_COMMON_STATS_SKETCH_H_

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "common/stats/kaplan_meier.h"
#include "common/stats/log_buckets.h"
#include "common/stats/mean.h"

namespace rapport::stats {

// How many durations each bucket holds: ascending by bucket, each bucket once.
using BucketCounts = std::vector<std::pair<BucketId, int64_t>>;

// The counts of both.
BucketCounts MergeCounts(absl::Span<const std::pair<BucketId, int64_t>> a,
                         absl::Span<const std::pair<BucketId, int64_t>> b);

// A sample of durations of which only the buckets are known. Durations are in milliseconds.
class Sketch {
 public:
  // Buckets without a positive count are left out.
  explicit Sketch(absl::Span<const std::pair<BucketId, int64_t>> counts);

  int64_t size() const { return buckets_.empty() ? 0 : buckets_.back().up_to; }

  // The duration at a rank from 1 to size(), within kBucketAccuracy of the true one.
  double ValueAt(int64_t rank) const;

  // The least duration that at least the share `probability` of the sample does not exceed: no mean of two ranks. Its
  // interval is made of order statistics (QuantileRanks). Absent when the sample is empty.
  std::optional<QuantileEstimate> Quantile(double probability, double confidence) const;

  // How much of the sample is at most this long. Durations that share a bucket with it are taken to be spread evenly
  // over the bucket; they are the uncertain ones, none when the bucket ends with it.
  struct Rank {
    int64_t count = 0;
    int64_t uncertain = 0;
  };
  Rank RankOf(int64_t ms) const;

  // Counts up to the first bound, then up to each further one, then beyond the last. Bounds ascend.
  std::vector<int64_t> Histogram(absl::Span<const int64_t> bounds_ms) const;

  // Mean and variance, taking each duration for the value of its bucket.
  Sample Moments() const;

 private:
  struct Bucket {
    BucketId id;
    int64_t count;
    int64_t up_to;  // this bucket and all below
  };
  std::vector<Bucket> buckets_;
};

// The rank of the quantile `probability`, above 0 and below 1, in a sample of `size` values sorted ascending: the least
// that is not below size times probability.
int64_t QuantileRank(int64_t size, double probability);

}  // namespace rapport::stats

#endif  // RAPPORT_COMMON_STATS_SKETCH_H_
