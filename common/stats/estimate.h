#ifndef RAPPORT_COMMON_STATS_ESTIMATE_H_
#define RAPPORT_COMMON_STATS_ESTIMATE_H_

#include <optional>

// Estimates, their confidence intervals and their comparison. Everything here is a pure function. `confidence` is the
// level of an interval, above 0 and below 1, such as 0.95; p-values are two-sided.
namespace rapport::stats {

struct Interval {
  double low = 0;
  double high = 0;
};

struct Estimate {
  double value = 0;
  // Absent when the data give a value but do not say how sure it is.
  std::optional<Interval> interval = std::nullopt;
};

// The second of two estimates, minus the first.
struct Difference {
  double value = 0;
  // Interval and p-value of "no difference" are absent together, when the data do not say how sure the value is.
  std::optional<Interval> interval = std::nullopt;
  std::optional<double> p_value = std::nullopt;
};

}  // namespace rapport::stats

#endif  // RAPPORT_COMMON_STATS_ESTIMATE_H_
