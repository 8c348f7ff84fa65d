#include "common/stats/sketch.h"

#include <cmath>
#include <functional>
#include <random>
#include <vector>

#include "common/stats/mean.h"
#include "common/stats/quantile.h"
#include "gtest/gtest.h"
#include "tests/stats/durations.h"

namespace rapport::stats {
namespace {

constexpr int kSampleSize = 200'000;

std::vector<int64_t> Draw(int size, const std::function<double(std::mt19937_64&)>& draw) {
  std::mt19937_64 random(3);
  std::vector<int64_t> durations;
  for (int i = 0; i < size; ++i) {
    durations.push_back(std::llround(std::min(draw(random), static_cast<double>(kLongestMs))));
  }
  return durations;
}

// Hours in the middle, months in the tail.
std::vector<int64_t> Lognormal(int size) {
  std::lognormal_distribution<double> distribution(std::log(3'600'000.0), 2);
  return Draw(size, [&](auto& random) { return distribution(random); });
}

TEST(SketchTest, QuantilesOfUniformDurationsAreWithinOnePercent) {
  std::uniform_real_distribution<double> distribution(0, 86'400'000);
  ExpectQuantilesWithinOnePercent(Draw(kSampleSize, [&](auto& random) { return distribution(random); }));
}

TEST(SketchTest, QuantilesOfLognormalDurationsAreWithinOnePercent) {
  ExpectQuantilesWithinOnePercent(Lognormal(kSampleSize));
}

TEST(SketchTest, QuantilesOfParetoDurationsAreWithinOnePercent) {
  std::uniform_real_distribution<double> uniform(0, 1);
  ExpectQuantilesWithinOnePercent(
      Draw(kSampleSize, [&](auto& random) { return 60'000 / std::pow(1 - uniform(random), 1 / 0.8); }));
}

TEST(SketchTest, QuantilesOfFewMillisecondsAreExact) {
  std::uniform_int_distribution<int64_t> distribution(0, 49);
  std::vector<int64_t> durations = Draw(1001, [&](auto& random) { return static_cast<double>(distribution(random)); });
  const Sketch sketch(CountsOf(durations));
  std::sort(durations.begin(), durations.end());
  for (int64_t rank = 1; rank <= sketch.size(); ++rank) {
    EXPECT_EQ(sketch.ValueAt(rank), static_cast<double>(durations[static_cast<size_t>(rank - 1)]));
  }
}

TEST(SketchTest, IntervalOfAQuantileIsThatOfItsOrderStatistics) {
  const std::vector<int64_t> durations = Lognormal(500);
  const Sketch sketch(CountsOf(durations));
  for (double probability : {0.5, 0.9, 0.95}) {
    const std::optional<QuantileEstimate> quantile = sketch.Quantile(probability, 0.95);
    const RankInterval ranks = QuantileRanks(500, probability, 0.95);
    EXPECT_EQ(quantile->low, sketch.ValueAt(*ranks.low));
    EXPECT_EQ(quantile->high, sketch.ValueAt(*ranks.high));
  }
  const std::optional<QuantileEstimate> tail = sketch.Quantile(0.999, 0.95);
  EXPECT_TRUE(tail->low.has_value());
  EXPECT_FALSE(tail->high.has_value());
}

TEST(SketchTest, RankOfAQuantileIsTheLeastThatReachesItsShare) {
  EXPECT_EQ(QuantileRank(1, 0.5), 1);
  EXPECT_EQ(QuantileRank(10, 0.5), 5);
  EXPECT_EQ(QuantileRank(11, 0.5), 6);
  EXPECT_EQ(QuantileRank(10, 0.001), 1);
  EXPECT_EQ(QuantileRank(10, 0.99999), 10);
  for (int64_t size : {100'000, 1'000'000, 300'000'000}) {
    for (int64_t part : {1, 700, 50'000, 99'000, 99'999}) {
      const double probability = static_cast<double>(part) / 100'000;
      EXPECT_EQ(QuantileRank(size, probability), size / 100'000 * part) << size << " " << probability;
    }
  }
}

TEST(SketchTest, RanksOfBoundsAreExact) {
  const std::vector<int64_t> durations = Lognormal(20'000);
  const Sketch sketch(CountsOf(durations));
  for (int64_t seconds : kExactBoundsSeconds) {
    const auto exact =
        std::count_if(durations.begin(), durations.end(), [&](int64_t ms) { return ms <= seconds * 1000; });
    EXPECT_EQ(sketch.RankOf(seconds * 1000).count, exact);
    EXPECT_EQ(sketch.RankOf(seconds * 1000).uncertain, 0);
  }
}

TEST(SketchTest, OtherRanksAreRightUpToWhatIsUncertain) {
  const std::vector<int64_t> durations = Lognormal(20'000);
  const Sketch sketch(CountsOf(durations));
  std::mt19937_64 random(5);
  std::lognormal_distribution<double> distribution(std::log(3'600'000.0), 2);
  for (int i = 0; i < 300; ++i) {
    const auto time = static_cast<int64_t>(distribution(random));
    const auto exact = std::count_if(durations.begin(), durations.end(), [&](int64_t ms) { return ms <= time; });
    const auto [count, uncertain] = sketch.RankOf(time);
    EXPECT_LE(std::abs(count - exact), uncertain) << time;
    EXPECT_LE(uncertain, 400) << time;
  }
}

TEST(SketchTest, RanksAreInterpolatedWithinTheBucketThatIsCut) {
  const BucketId bucket = BucketOf(1'000'000);
  const auto [low, high] = EdgesOf(bucket);
  const Sketch sketch(BucketCounts{{3, 7}, {bucket, 1000}});
  EXPECT_EQ(sketch.RankOf(low).count, 7);
  EXPECT_EQ(sketch.RankOf(low).uncertain, 0);
  EXPECT_NEAR(static_cast<double>(sketch.RankOf((low + high) / 2).count), 507, 1);
  EXPECT_EQ(sketch.RankOf((low + high) / 2).uncertain, 1000);
  EXPECT_EQ(sketch.RankOf(high).count, 1007);
  EXPECT_EQ(sketch.RankOf(-1).count, 0);
  EXPECT_EQ(sketch.RankOf(kLongestMs + 1).count, 1007);
}

TEST(SketchTest, HistogramCountsEveryDurationOnce) {
  const std::vector<int64_t> durations = Lognormal(5'000);
  const std::vector<int64_t> bounds = {60'000, 3'600'000, 86'400'000};
  const std::vector<int64_t> histogram = Sketch(CountsOf(durations)).Histogram(bounds);
  std::vector<int64_t> exact(4, 0);
  for (int64_t ms : durations) ++exact[ms <= 60'000 ? 0 : ms <= 3'600'000 ? 1 : ms <= 86'400'000 ? 2 : 3];
  EXPECT_EQ(histogram, exact);
}

TEST(SketchTest, MomentsAreWithinThePrecisionOfItsBuckets) {
  const std::vector<int64_t> durations = Lognormal(50'000);
  const Sample sketched = Sketch(CountsOf(durations)).Moments();
  const Sample exact = SampleOfValues({durations.begin(), durations.end()});
  EXPECT_EQ(sketched.size, exact.size);
  EXPECT_NEAR(sketched.mean / exact.mean, 1, 0.01);
  EXPECT_NEAR(sketched.variance / exact.variance, 1, 0.03);
}

TEST(SketchTest, MergedCountsAreThoseOfAllDurations) {
  const std::vector<int64_t> all = Lognormal(3'000);
  const std::vector<int64_t> first(all.begin(), all.begin() + 1'000);
  const std::vector<int64_t> second(all.begin() + 1'000, all.end());
  EXPECT_EQ(MergeCounts(CountsOf(first), CountsOf(second)), CountsOf(all));
  EXPECT_EQ(MergeCounts({}, CountsOf(all)), CountsOf(all));
  EXPECT_EQ(MergeCounts({}, {}), BucketCounts());
}

TEST(SketchTest, SaysNothingWithoutDurations) {
  const Sketch nothing(BucketCounts{{5, 0}, {7, -1}});
  EXPECT_EQ(nothing.size(), 0);
  EXPECT_FALSE(nothing.Quantile(0.5, 0.95).has_value());
  EXPECT_EQ(nothing.RankOf(1000).count, 0);
  EXPECT_EQ(nothing.Histogram(std::vector<int64_t>{1000}), (std::vector<int64_t>{0, 0}));
  EXPECT_EQ(nothing.Moments().size, 0);
}

}  // namespace
}  // namespace rapport::stats
