#include "common/stats/mean.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

#include "common/stats/boost_policy.h"

namespace rapport::stats {
namespace {

using StudentT = boost::math::students_t_distribution<double, NoThrow>;

double TwoSidedT(double degrees, double confidence) {
  return boost::math::quantile(boost::math::complement(StudentT(degrees), (1 - confidence) / 2));
}

double TwoSidedP(double degrees, double t) {
  return 2 * boost::math::cdf(boost::math::complement(StudentT(degrees), std::abs(t)));
}

// The variance of the sample's mean.
double SquaredError(const Sample& sample) {
  return sample.variance / static_cast<double>(sample.size);
}

// One sample's part of the denominator of Welch's degrees of freedom.
double WelchTerm(const Sample& sample) {
  return SquaredError(sample) * SquaredError(sample) / static_cast<double>(sample.size - 1);
}

}  // namespace

Sample SampleOfSums(int64_t size, double sum, double sum_of_squares) {
  if (size <= 0) return {};
  const auto n = static_cast<double>(size);
  Sample sample = {.size = size, .mean = sum / n};
  if (size > 1) sample.variance = std::max(0.0, (n * sum_of_squares - sum * sum) / (n * (n - 1)));
  return sample;
}

Sample SampleOfValues(std::vector<double> values) {
  if (values.empty()) return {};
  // One order of summation for every order of the values.
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  Sample sample = {.size = static_cast<int64_t>(values.size())};
  // All equal: a sum would leave a rounding error that passes for spread.
  if (values.front() == values.back()) {
    sample.mean = values.front();
    return sample;
  }
  sample.mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (double value : values) squares += (value - sample.mean) * (value - sample.mean);
  sample.variance = squares / (n - 1);
  return sample;
}

std::optional<Estimate> EstimateMean(const Sample& sample, double confidence) {
  if (sample.size <= 0) return std::nullopt;
  if (sample.size == 1 || sample.variance <= 0) return Estimate{sample.mean, std::nullopt};
  const double spread = TwoSidedT(static_cast<double>(sample.size - 1), confidence) * std::sqrt(SquaredError(sample));
  return Estimate{sample.mean, Interval{sample.mean - spread, sample.mean + spread}};
}

std::optional<Difference> CompareMeans(const Sample& first, const Sample& second, double confidence) {
  if (first.size <= 0 || second.size <= 0) return std::nullopt;
  Difference difference = {.value = second.mean - first.mean};
  const double squared_error = SquaredError(first) + SquaredError(second);
  if (first.size == 1 || second.size == 1 || squared_error <= 0) return difference;
  const double error = std::sqrt(squared_error);
  const double degrees = squared_error * squared_error / (WelchTerm(first) + WelchTerm(second));
  const double spread = TwoSidedT(degrees, confidence) * error;
  difference.interval = Interval{difference.value - spread, difference.value + spread};
  difference.p_value = TwoSidedP(degrees, difference.value / error);
  return difference;
}

}  // namespace rapport::stats
