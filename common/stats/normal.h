#ifndef RAPPORT_COMMON_STATS_NORMAL_H_
#define RAPPORT_COMMON_STATS_NORMAL_H_

// The standard normal distribution.
namespace rapport::stats {

// The z with P(Z <= z) = probability; -infinity for 0, infinity for 1.
double NormalQuantile(double probability);

// The z with P(-z <= Z <= z) = confidence: 1.96 for 0.95.
double TwoSidedZ(double confidence);

// P(|Z| >= |z|).
double TwoSidedP(double z);

}  // namespace rapport::stats

#endif  // RAPPORT_COMMON_STATS_NORMAL_H_
