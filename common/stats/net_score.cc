#include "common/stats/net_score.h"

#include <algorithm>
#include <cmath>

#include "common/stats/normal.h"

namespace rapport::stats {
namespace {

struct Adjusted {
  double score = 0;
  double variance = 0;
};

int64_t Total(const NetCounts& counts) {
  return counts.promoters + counts.passives + counts.detractors;
}

bool HasData(const NetCounts& counts) {
  return Total(counts) > 0 && std::min({counts.promoters, counts.passives, counts.detractors}) >= 0;
}

double Score(const NetCounts& counts) {
  return 100 * static_cast<double>(counts.promoters - counts.detractors) / static_cast<double>(Total(counts));
}

Adjusted Adjust(const NetCounts& counts) {
  const double n = static_cast<double>(Total(counts)) + 3;
  const double p = (static_cast<double>(counts.promoters) + 0.75) / n;
  const double d = (static_cast<double>(counts.detractors) + 0.75) / n;
  return {100 * (p - d), 100 * 100 * (p + d - (p - d) * (p - d)) / n};
}

// The normal interval around `center`, made to hold `value` and nothing beyond `limit` on either side.
Interval Around(double center, double spread, double value, double limit) {
  return {std::clamp(center - spread, -limit, value), std::clamp(center + spread, value, limit)};
}

}  // namespace

std::optional<Estimate> EstimateNetScore(const NetCounts& counts, double confidence) {
  if (!HasData(counts)) return std::nullopt;
  const Adjusted adjusted = Adjust(counts);
  const double value = Score(counts);
  return Estimate{value, Around(adjusted.score, TwoSidedZ(confidence) * std::sqrt(adjusted.variance), value, 100)};
}

std::optional<Difference> CompareNetScores(const NetCounts& first, const NetCounts& second, double confidence) {
  if (!HasData(first) || !HasData(second)) return std::nullopt;
  const Adjusted a1 = Adjust(first);
  const Adjusted a2 = Adjust(second);
  const double center = a2.score - a1.score;
  const double error = std::sqrt(a1.variance + a2.variance);
  const double value = Score(second) - Score(first);
  return Difference{value, Around(center, TwoSidedZ(confidence) * error, value, 200), TwoSidedP(center / error)};
}

}  // namespace rapport::stats
