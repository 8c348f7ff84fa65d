#ifndef RAPPORT_SERVICES_CHURN_CORE_CHURN_FIGURES_H_
#define RAPPORT_SERVICES_CHURN_CORE_CHURN_FIGURES_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/numeric/int128.h"
#include "rapport/churn/v1/figures.pb.h"

// Counts to figures of churn.
namespace rapport::churn {

// Customers who were active at the start of a period. Those who began later are in neither number.
struct CustomerCounts {
  int64_t active_at_start = 0;
  int64_t lost = 0;

  void Add(const CustomerCounts& other);
};

// What the customers with recurring revenue at the start of a period, in one currency, paid then and pay at its end, in
// minor units. All of it are sums over customers: exact, whatever the order, and with everything counted able to be
// taken back.
struct RevenueCounts {
  int64_t customers = 0;
  int64_t start = 0;
  int64_t lost = 0;
  int64_t contraction = 0;
  int64_t expansion = 0;
  // Squares of what a customer paid at the start; of what was lost gross, and net of expansion, of the customer; and
  // their products with the start. They say how far the figures could be otherwise by chance.
  absl::int128 start_squared = 0;
  absl::int128 gross_squared = 0;
  absl::int128 gross_by_start = 0;
  absl::int128 net_squared = 0;
  absl::int128 net_by_start = 0;

  void Add(const RevenueCounts& other);
  // Counts a customer `times` times, or takes it back when negative. Without `end_minor` above 0, all of
  // the customer's revenue is lost. Nothing is counted of a customer without revenue at the start.
  void AddCustomer(int64_t start_minor, int64_t end_minor, int64_t times = 1);
};

// By currency code.
using RevenueByCurrency = std::map<std::string, RevenueCounts>;

struct ChurnCounts {
  CustomerCounts customers;
  RevenueByCurrency revenue;

  void Add(const ChurnCounts& other);
};

// Logo churn has Wilson's interval. Revenue churn is the ratio of two sums over customers, of which a few can be most;
// its interval is that of a ratio, R -+ t e / S with
//
//   e^2 = n / (n - 1) sum of (loss - R start)^2 over the n customers, S the sum of the starts
//
// and Student's t of n - 1 degrees of freedom, cut off at what the figure can be. It is absent when all customers lost
// the same share (a width of 0 would claim certainty), and approximate for few.
// Cochran (1977), "Sampling Techniques", 3rd ed., section 2.11.
v1::ChurnFigures MakeChurnFigures(const ChurnCounts& counts, double confidence);

// Sets the comparison with the period before, with which `previous` was made of `before`. Both periods count as
// independent samples. Revenue is compared currency by currency, by the ratios' errors with a normal distribution.
void CompareChurn(const v1::ChurnFigures& previous, const ChurnCounts& before, const ChurnCounts& now,
                  double confidence, v1::ChurnFigures* figures);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_CORE_CHURN_FIGURES_H_
