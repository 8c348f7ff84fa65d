#include "common/stats/proportion.h"

#include <cmath>

#include "common/stats/normal.h"

namespace rapport::stats {
namespace {

bool HasData(const Proportion& proportion) {
  return proportion.total > 0 && proportion.count >= 0 && proportion.count <= proportion.total;
}

double Share(const Proportion& proportion) {
  return static_cast<double>(proportion.count) / static_cast<double>(proportion.total);
}

double PooledTest(const Proportion& first, const Proportion& second) {
  double pooled = Share({first.count + second.count, first.total + second.total});
  if (pooled == 0 || pooled == 1) return 1;
  double weight = 1 / static_cast<double>(first.total) + 1 / static_cast<double>(second.total);
  return TwoSidedP((Share(second) - Share(first)) / std::sqrt(pooled * (1 - pooled) * weight));
}

}  // namespace

Interval WilsonInterval(const Proportion& proportion, double z) {
  const auto n = static_cast<double>(proportion.total);
  const double p = Share(proportion);
  const double spread = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  const double center = p + z * z / (2 * n);
  const double scale = 1 + z * z / n;
  // Rounding must not push an end that is 0 or 1 by the formula past it.
  return {proportion.count == 0 ? 0 : (center - spread) / scale,
          proportion.count == proportion.total ? 1 : (center + spread) / scale};
}

std::optional<Estimate> EstimateProportion(const Proportion& proportion, double confidence) {
  if (!HasData(proportion)) return std::nullopt;
  return Estimate{Share(proportion), WilsonInterval(proportion, TwoSidedZ(confidence))};
}

std::optional<Difference> CompareProportions(const Proportion& first, const Proportion& second, double confidence) {
  if (!HasData(first) || !HasData(second)) return std::nullopt;
  const double z = TwoSidedZ(confidence);
  const double p1 = Share(first);
  const double p2 = Share(second);
  const Interval w1 = WilsonInterval(first, z);
  const Interval w2 = WilsonInterval(second, z);
  const double difference = p2 - p1;
  return Difference{
      difference,
      Interval{difference - std::hypot(p2 - w2.low, w1.high - p1), difference + std::hypot(w2.high - p2, p1 - w1.low)},
      PooledTest(first, second)};
}

}  // namespace rapport::stats
