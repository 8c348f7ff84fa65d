#ifndef RAPPORT_COMMON_STATS_MEAN_H_
#define RAPPORT_COMMON_STATS_MEAN_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "common/stats/estimate.h"

namespace rapport::stats {

// What tests of means need to know of a sample.
struct Sample {
  int64_t size = 0;
  double mean = 0;      // when size > 0
  double variance = 0;  // with the divisor size - 1, when size > 1
};

// From the sums of the values and of their squares. Exact up to the last rounding as long as size times the sum of
// squares is a whole number below 2^53; beyond that, the smaller the spread is against the mean, the less precise.
Sample SampleOfSums(int64_t size, double sum, double sum_of_squares);

// From the values. The result does not depend on their order, to the last bit.
Sample SampleOfValues(std::vector<double> values);

// The mean with Student's t interval, mean -+ t sqrt(variance / size), t of size - 1 degrees of freedom. Absent when
// the sample is empty. Without interval when it has one value, or several that are all equal: then nothing is known of
// the spread, and a width of 0 would claim certainty.
std::optional<Estimate> EstimateMean(const Sample& sample, double confidence);

// The difference of the means of two independent samples by Welch's t-test, which does not take the variances to be
// equal: with e = variance1 / size1 + variance2 / size2, it is (mean2 - mean1) -+ t sqrt(e), t of
//
//   e^2 / ((variance1 / size1)^2 / (size1 - 1) + (variance2 / size2)^2 / (size2 - 1))
//
// degrees of freedom. Absent when a sample is empty. Without interval and p-value when one has a single value, or when
// neither shows any spread.
// Welch (1947), "The generalization of 'Student's' problem when several different population variances are involved",
// Biometrika 34, 28-35.
std::optional<Difference> CompareMeans(const Sample& first, const Sample& second, double confidence);

}  // namespace rapport::stats

#endif  // RAPPORT_COMMON_STATS_MEAN_H_
