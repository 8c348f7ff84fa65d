#include "common/stats/sketch.h"

#include <algorithm>
#include <cmath>

#include "common/stats/quantile.h"

namespace rapport::stats {

BucketCounts MergeCounts(absl::Span<const std::pair<BucketId, int64_t>> a,
                         absl::Span<const std::pair<BucketId, int64_t>> b) {
  BucketCounts merged;
  merged.reserve(a.size() + b.size());
  std::merge(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(merged),
             [](const auto& x, const auto& y) { return x.first < y.first; });
  size_t kept = 0;
  for (size_t i = 1; i < merged.size(); ++i) {
    if (merged[i].first == merged[kept].first) {
      merged[kept].second += merged[i].second;
    } else {
      merged[++kept] = merged[i];
    }
  }
  if (!merged.empty()) merged.resize(kept + 1);
  return merged;
}

Sketch::Sketch(absl::Span<const std::pair<BucketId, int64_t>> counts) {
  buckets_.reserve(counts.size());
  int64_t up_to = 0;
  for (const auto& [id, count] : counts) {
    if (count > 0) buckets_.push_back({id, count, up_to += count});
  }
}

double Sketch::ValueAt(int64_t rank) const {
  const auto bucket = std::lower_bound(buckets_.begin(), buckets_.end(), rank,
                                       [](const Bucket& each, int64_t r) { return each.up_to < r; });
  return ValueOf(bucket->id);
}

std::optional<QuantileEstimate> Sketch::Quantile(double probability, double confidence) const {
  if (buckets_.empty()) return std::nullopt;
  QuantileEstimate quantile{ValueAt(QuantileRank(size(), probability))};
  const RankInterval ranks = QuantileRanks(size(), probability, confidence);
  if (ranks.low) quantile.low = ValueAt(*ranks.low);
  if (ranks.high) quantile.high = ValueAt(*ranks.high);
  return quantile;
}

Sketch::Rank Sketch::RankOf(int64_t ms) const {
  if (ms < 0) return {};
  const BucketId id = BucketOf(ms);
  const auto bucket = std::lower_bound(buckets_.begin(), buckets_.end(), id,
                                       [](const Bucket& each, BucketId i) { return each.id < i; });
  if (bucket == buckets_.end()) return {size(), 0};
  const int64_t below = bucket->up_to - bucket->count;
  if (bucket->id != id) return {below, 0};
  const auto [low, high] = EdgesOf(id);
  if (ms >= high) return {bucket->up_to, 0};
  const double share = static_cast<double>(ms - low) / static_cast<double>(high - low);
  return {below + std::llround(share * static_cast<double>(bucket->count)), bucket->count};
}

std::vector<int64_t> Sketch::Histogram(absl::Span<const int64_t> bounds_ms) const {
  std::vector<int64_t> counts;
  int64_t below = 0;
  for (int64_t bound : bounds_ms) {
    const int64_t up_to = RankOf(bound).count;
    counts.push_back(up_to - below);
    below = up_to;
  }
  counts.push_back(size() - below);
  return counts;
}

Sample Sketch::Moments() const {
  Sample sample{size()};
  if (sample.size == 0) return sample;
  const auto n = static_cast<double>(sample.size);
  for (const Bucket& bucket : buckets_) sample.mean += ValueOf(bucket.id) * (static_cast<double>(bucket.count) / n);
  if (sample.size == 1) return sample;
  for (const Bucket& bucket : buckets_) {
    const double distance = ValueOf(bucket.id) - sample.mean;
    sample.variance += distance * distance * (static_cast<double>(bucket.count) / (n - 1));
  }
  return sample;
}

int64_t QuantileRank(int64_t size, double probability) {
  // A product that is a whole number but for the rounding of its factors is that number.
  const double exact = probability * static_cast<double>(size);
  return std::clamp<int64_t>(std::llround(std::ceil(exact * (1 - 1e-12))), 1, size);
}

}  // namespace rapport::stats
