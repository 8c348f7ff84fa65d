#ifndef RAPPORT_COMMON_STATS_LOG_BUCKETS_H_
#define RAPPORT_COMMON_STATS_LOG_BUCKETS_H_

#include <array>
#include <cstdint>

// Buckets for durations, so fine that a duration is known to one percent when its bucket is: the mapping of DDSketch,
// made of whole milliseconds. Masson, Rim and Lee (2019), "DDSketch: a fast and fully-mergeable quantile sketch with
// relative-error guarantees", PVLDB 12, 2195-2205.
//
// The mapping is a storage format: stored counts refer to the ids.
namespace rapport::stats {

// Ids follow the order of the durations; 0 holds 0 ms alone, and up to about 50 ms there is one bucket per millisecond.
using BucketId = uint32_t;

// All ids are smaller.
inline constexpr BucketId kBucketLimit = 4000;

// No value of a bucket is further than this share of itself from the bucket's value.
inline constexpr double kBucketAccuracy = 0.01;

// Durations up to each of these are a whole number of buckets, so that their counts are exact.
inline constexpr std::array<int64_t, 15> kExactBoundsSeconds = {
    60, 300, 900, 1800, 3600, 7200, 14400, 21600, 28800, 43200, 86400, 172800, 259200, 604800, 2592000};

// Ten years of 365.25 days. Longer durations count as this long.
inline constexpr int64_t kLongestMs = int64_t{3'652'500} * 86'400;

// Milliseconds: those above `low` and up to `high`.
struct Edges {
  int64_t low = 0;
  int64_t high = 0;
};

// The bucket of a duration; of one below zero, that of zero.
BucketId BucketOf(int64_t ms);

// What a bucket holds. Ids that BucketOf never gives are taken for the last one, here and below.
Edges EdgesOf(BucketId bucket);

// A duration in milliseconds that stands for all of the bucket: within kBucketAccuracy of each.
double ValueOf(BucketId bucket);

// The id of the bucket that holds kLongestMs.
BucketId LastBucket();

}  // namespace rapport::stats

#endif  // RAPPORT_COMMON_STATS_LOG_BUCKETS_H_
