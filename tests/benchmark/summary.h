#ifndef RAPPORT_TESTS_BENCHMARK_SUMMARY_H_
#define RAPPORT_TESTS_BENCHMARK_SUMMARY_H_

#include <algorithm>
#include <vector>

namespace rapport::benchmark {

// The value below which a share `q` of the values lies; 0 without values.
inline double Quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<size_t>(q * static_cast<double>(values.size())))];
}

}  // namespace rapport::benchmark

#endif  // RAPPORT_TESTS_BENCHMARK_SUMMARY_H_
