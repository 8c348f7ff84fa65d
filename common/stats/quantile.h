#ifndef RAPPORT_COMMON_STATS_QUANTILE_H_
#define RAPPORT_COMMON_STATS_QUANTILE_H_

#include <cstdint>
#include <optional>

namespace rapport::stats {

// Ranks in a sample sorted ascending, from 1.
struct RankInterval {
  std::optional<int64_t> low;
  std::optional<int64_t> high;
};

// The ranks whose values are the ends of a confidence interval of a quantile, whatever the distribution: how many of
// `sample_size` values lie below the quantile `probability` (above 0, below 1) is binomial, so with its quantile
// function B the ranks are B((1 - confidence) / 2) and B((1 + confidence) / 2) + 1. The interval holds the quantile
// with at least the confidence asked for. An end is absent where the sample is too small to bound the quantile on that
// side; both are when it is empty. David and Nagaraja (2003), "Order Statistics", 3rd ed., section 7.1.
RankInterval QuantileRanks(int64_t sample_size, double probability, double confidence);

}  // namespace rapport::stats

#endif  // RAPPORT_COMMON_STATS_QUANTILE_H_
