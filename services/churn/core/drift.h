#ifndef RAPPORT_SERVICES_CHURN_CORE_DRIFT_H_
#define RAPPORT_SERVICES_CHURN_CORE_DRIFT_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "common/stats/estimate.h"

// Whether a model still meets what it was trained for: its inputs, and what comes of its predictions.
namespace rapport::churn {

// The bands that go with the population stability index: below 0.1, below 0.25, and above.
// Siddiqi (2006), "Credit Risk Scorecards", chapter 9.
enum class DriftBand { kStable, kModerate, kLarge };

// How far two distributions lie apart.
struct Stability {
  // sum of (q - p) ln(q / p) over the shares p, q of the bins, 0 when they are equal. Half an observation is added to
  // every bin that either has, so that one that only one of them has does not make it infinite.
  double index = 0;
  DriftBand band = DriftBand::kStable;
  // What the index stays below, with the probability asked for, when nothing but chance is at work: few observations
  // make a large index.
  double by_chance = 0;

  bool IsDrift() const { return band != DriftBand::kStable && index > by_chance; }
};

// Of counts in the same bins. Absent when either has none. `confidence` is that of `by_chance`, for which the index
// times n m / (n + m) of the sizes n, m follows a chi-squared distribution with one degree of freedom less than bins.
// Yurdakul and Naranjo (2020), "Statistical properties of the population stability index", J. Risk Model Validation 14.
std::optional<Stability> CompareHistograms(absl::Span<const int64_t> before, absl::Span<const int64_t> now,
                                           double confidence);

// The same of categories by name.
using CategoryCounts = std::map<std::string, int64_t>;
std::optional<Stability> CompareCategories(const CategoryCounts& before, const CategoryCounts& now, double confidence);

// Edges that cut the values into at most `bins` of about the same size: ascending, all different, and none where all
// values are equal. Values that are not finite are passed over.
std::vector<double> EvenEdges(std::vector<double> values, int bins);

// How many values lie in each bin: below the first edge, from one edge up to the next, from the last edge on, and last
// those that are not a number, which are missing values.
std::vector<int64_t> CountBins(absl::Span<const double> edges, absl::Span<const double> values);

// Predictions whose outcome is known.
struct Outcomes {
  int64_t customers = 0;
  int64_t lost = 0;
  double predicted = 0;  // sum of the probabilities
  double variance = 0;   // sum of p (1 - p) of the probabilities p

  void Add(double probability, bool was_lost);
  void Add(const Outcomes& other);
};

// The share of customers lost, the share that was predicted, and how they differ.
struct OutcomeDrift {
  stats::Estimate observed;  // with Wilson's interval
  double predicted = 0;
  stats::Difference difference;  // observed minus predicted, as it would spread if the predictions held
  bool significant = false;      // p < 1 - confidence
};

// Absent without customers. By the normal approximation to the number lost as a sum of independent outcomes with the
// probabilities predicted; without interval and p-value when those are all 0 or 1.
std::optional<OutcomeDrift> CompareOutcomes(const Outcomes& outcomes, double confidence);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_CORE_DRIFT_H_
