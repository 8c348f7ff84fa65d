#ifndef RAPPORT_COMMON_STATS_PROPORTION_H_
#define RAPPORT_COMMON_STATS_PROPORTION_H_

#include <cstdint>
#include <optional>

#include "common/stats/estimate.h"

namespace rapport::stats {

// `count` of `total` observations have the property in question. Data when 0 <= count <= total and total > 0.
struct Proportion {
  int64_t count = 0;
  int64_t total = 0;
};

// count / total with Wilson's score interval, without continuity correction:
//
//   (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)
//
// It lies in 0..1, holds p, and is exactly 0 or 1 at the end where all or none count. Absent without data.
// Wilson (1927), "Probable inference, the law of succession, and statistical inference", JASA 22, 209-212.
std::optional<Estimate> EstimateProportion(const Proportion& proportion, double confidence);

// The interval alone, of data, with z = TwoSidedZ(confidence): for those who need very many at one confidence.
Interval WilsonInterval(const Proportion& proportion, double z);

// The difference of two independent proportions, with Newcombe's hybrid score interval (his method 10), for p2 - p1 and
// their Wilson intervals (l1, u1), (l2, u2):
//
//   p2 - p1 - sqrt((p2 - l2)^2 + (u1 - p1)^2)  to  p2 - p1 + sqrt((u2 - p2)^2 + (p1 - l1)^2)
//
// and the p-value of the pooled two-proportion z-test, which is 1 when all or none of both count. Interval and test can
// disagree close to the edge, as they are different methods; the test decides on significance. Absent without data on
// either side.
// Newcombe (1998), "Interval estimation for the difference between independent proportions", Stat. Med. 17, 873-890.
std::optional<Difference> CompareProportions(const Proportion& first, const Proportion& second, double confidence);

}  // namespace rapport::stats

#endif  // RAPPORT_COMMON_STATS_PROPORTION_H_
