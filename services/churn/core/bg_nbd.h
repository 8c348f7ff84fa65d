#ifndef RAPPORT_SERVICES_CHURN_CORE_BG_NBD_H_
#define RAPPORT_SERVICES_CHURN_CORE_BG_NBD_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "rapport/churn/v1/figures.pb.h"

// Customers who pay no contract: how many purchases to expect of them, and whether they are still there. The BG/NBD
// model of Fader, Hardie and Lee (2005), "Counting your customers the easy way: an alternative to the Pareto/NBD
// model", Marketing Science 24, 275-284.
namespace rapport::churn {

// What is known of one customer at the end of the observation. Times count from the first purchase, for all customers
// in the same unit.
struct PurchaseHistory {
  int64_t repeats = 0;  // purchases after the first
  double recency = 0;   // when the last one was; 0 without repeats
  double age = 0;       // when the observation ended
};

// What is known at the end of the day `end` of a customer who bought on these days, in any order, in days. Several
// purchases of one day are one. Later days are not looked at; absent when none is left.
std::optional<PurchaseHistory> HistoryOf(std::vector<absl::CivilDay> purchases, absl::CivilDay end);

// INVALID_ARGUMENT unless 0 <= recency <= age, all finite, with a recency above 0 exactly when there are repeats.
absl::Status ValidateHistory(const PurchaseHistory& history);

// The logarithm of the probability density of valid histories.
double LogLikelihood(const v1::PurchaseModel& model, absl::Span<const PurchaseHistory> histories);

// The model under which the histories are most likely. INVALID_ARGUMENT for a history that is not valid, and when there
// is none with an age or none with repeats; INTERNAL when the search fails.
absl::StatusOr<v1::PurchaseModel> FitPurchaseModel(absl::Span<const PurchaseHistory> histories);

// Purchases after the first that a new customer makes in a time of `length` from the first.
double ExpectedPurchasesOfNew(const v1::PurchaseModel& model, double length);

// Expected purchases in a time of `length` after the observation, and whether the customer is still there at its
// begin. The history must be valid. Who never bought again is alive for certain by this model, in which customers leave
// at purchases after the first only.
v1::PurchaseForecast Forecast(const v1::PurchaseModel& model, const PurchaseHistory& history, double length);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_CORE_BG_NBD_H_
