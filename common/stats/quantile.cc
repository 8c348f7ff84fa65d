#include "common/stats/quantile.h"

#include <boost/math/distributions/binomial.hpp>

#include "common/stats/boost_policy.h"

namespace rapport::stats {
namespace {

// Quantiles are the least whole number whose cumulative probability reaches what is asked for.
using RoundUp = boost::math::policies::normalise<
    NoThrow, boost::math::policies::discrete_quantile<boost::math::policies::integer_round_up>>::type;
using Binomial = boost::math::binomial_distribution<double, RoundUp>;

}  // namespace

RankInterval QuantileRanks(int64_t sample_size, double probability, double confidence) {
  if (sample_size <= 0) return {};
  const Binomial below(static_cast<double>(sample_size), probability);
  const double tail = (1 - confidence) / 2;
  const auto low = static_cast<int64_t>(boost::math::quantile(below, tail));
  const auto high = static_cast<int64_t>(boost::math::quantile(boost::math::complement(below, tail))) + 1;
  RankInterval ranks;
  if (low >= 1) ranks.low = low;
  if (high <= sample_size) ranks.high = high;
  return ranks;
}

}  // namespace rapport::stats
