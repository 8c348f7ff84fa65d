#include "common/stats/normal.h"

#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <numbers>

#include "common/stats/boost_policy.h"

namespace rapport::stats {
namespace {

using Normal = boost::math::normal_distribution<double, NoThrow>;

}  // namespace

double NormalQuantile(double probability) {
  return boost::math::quantile(Normal(), probability);
}

// The upper tail is asked for, as 1 - confidence keeps its digits where (1 + confidence) / 2 rounds to 1.
double TwoSidedZ(double confidence) {
  return boost::math::quantile(boost::math::complement(Normal(), (1 - confidence) / 2));
}

double TwoSidedP(double z) {
  return std::erfc(std::abs(z) / std::numbers::sqrt2);
}

}  // namespace rapport::stats
