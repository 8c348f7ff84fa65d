#include "common/stats/log_buckets.h"

#include <cmath>
#include <limits>

#include "gtest/gtest.h"

namespace rapport::stats {
namespace {

TEST(LogBucketsTest, BucketsFollowEachOtherWithoutGapFromZeroToTenYears) {
  EXPECT_EQ(EdgesOf(0).low, -1);
  EXPECT_EQ(EdgesOf(0).high, 0);
  for (BucketId bucket = 1; bucket <= LastBucket(); ++bucket) {
    EXPECT_EQ(EdgesOf(bucket).low, EdgesOf(bucket - 1).high) << bucket;
    EXPECT_GT(EdgesOf(bucket).high, EdgesOf(bucket).low) << bucket;
  }
  EXPECT_EQ(EdgesOf(LastBucket()).high, kLongestMs);
  EXPECT_LT(LastBucket(), kBucketLimit);
}

TEST(LogBucketsTest, EveryBucketHoldsWhatItsEdgesSay) {
  for (BucketId bucket = 0; bucket <= LastBucket(); ++bucket) {
    const auto [low, high] = EdgesOf(bucket);
    EXPECT_EQ(BucketOf(low + 1), bucket);
    EXPECT_EQ(BucketOf(low + (high - low + 1) / 2), bucket);
    EXPECT_EQ(BucketOf(high), bucket);
  }
}

TEST(LogBucketsTest, ValueIsWithinOnePercentOfAllOfTheBucket) {
  EXPECT_EQ(ValueOf(0), 0);
  for (BucketId bucket = 1; bucket <= LastBucket(); ++bucket) {
    const auto [low, high] = EdgesOf(bucket);
    const double allowed = kBucketAccuracy + 1e-12;
    EXPECT_LE(std::abs(ValueOf(bucket) / static_cast<double>(low + 1) - 1), allowed) << bucket;
    EXPECT_LE(std::abs(ValueOf(bucket) / static_cast<double>(high) - 1), allowed) << bucket;
  }
}

TEST(LogBucketsTest, BoundsAreUpperEdges) {
  for (int64_t seconds : kExactBoundsSeconds) {
    EXPECT_EQ(EdgesOf(BucketOf(seconds * 1000)).high, seconds * 1000);
    EXPECT_EQ(BucketOf(seconds * 1000 + 1), BucketOf(seconds * 1000) + 1);
  }
}

TEST(LogBucketsTest, EveryMillisecondOfTheShortestHasItsOwnBucket) {
  for (int64_t ms = 0; ms <= 49; ++ms) {
    EXPECT_EQ(BucketOf(ms), ms);
    EXPECT_EQ(ValueOf(BucketOf(ms)), static_cast<double>(ms));
  }
}

TEST(LogBucketsTest, DurationsBeyondTheEndsCountAtTheEnds) {
  EXPECT_EQ(BucketOf(-1), 0U);
  EXPECT_EQ(BucketOf(kLongestMs + 1), LastBucket());
  EXPECT_EQ(BucketOf(std::numeric_limits<int64_t>::max()), LastBucket());
  EXPECT_EQ(EdgesOf(kBucketLimit).high, kLongestMs);
}

// Stored counts refer to the ids: if this fails, stored data would change their meaning.
TEST(LogBucketsTest, MappingIsThatOfStoredData) {
  EXPECT_EQ(LastBucket(), 1164U);
  uint64_t fnv1a = 14695981039346656037U;
  for (BucketId bucket = 0; bucket <= LastBucket(); ++bucket) {
    for (int byte = 0; byte < 8; ++byte) {
      fnv1a ^= static_cast<uint64_t>(EdgesOf(bucket).high) >> (8 * byte) & 0xff;
      fnv1a *= 1099511628211U;
    }
  }
  EXPECT_EQ(fnv1a, 0xc5c33276567f91e7U);
}

}  // namespace
}  // namespace rapport::stats
