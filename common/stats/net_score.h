#ifndef RAPPORT_COMMON_STATS_NET_SCORE_H_
#define RAPPORT_COMMON_STATS_NET_SCORE_H_

#include <cstdint>
#include <optional>

#include "common/stats/estimate.h"

// The net promoter score: promoters minus detractors over all, times 100.
namespace rapport::stats {

// Answers to a recommendation question. Data when there is any and none is negative.
struct NetCounts {
  int64_t promoters = 0;
  int64_t passives = 0;
  int64_t detractors = 0;
};

// The score, -100 to 100, with the adjusted Wald interval: three answers are added, 3/4 of a promoter, 3/2 of a passive
// and 3/4 of a detractor, and with the shares p and d of n + 3 answers it is, times 100,
//
//   p - d -+ z sqrt((p + d - (p - d)^2) / (n + 3))
//
// clipped to -100..100. The additions draw the interval towards 0; where that would leave the score itself outside, as
// with very few like answers, the interval is extended to it. Absent without data.
// Sauro and Lewis (2016), "Quantifying the User Experience", 2nd ed.; Bonett and Price (2012), "Adjusted Wald
// confidence interval for a difference of binomial proportions based on paired data", J. Educ. Behav. Stat. 37,
// 479-488.
std::optional<Estimate> EstimateNetScore(const NetCounts& counts, double confidence);

// The difference of two independent scores, -200 to 200. Interval and p-value come from the difference of the adjusted
// scores, whose variance is the sum of theirs, as a normal variable; the interval is clipped to -200..200 and extended
// to the unadjusted difference. Absent without data on either side.
std::optional<Difference> CompareNetScores(const NetCounts& first, const NetCounts& second, double confidence);

}  // namespace rapport::stats

#endif  // RAPPORT_COMMON_STATS_NET_SCORE_H_
