#ifndef RAPPORT_SERVICES_CHURN_CORE_FILTER_MATCHING_H_
#define RAPPORT_SERVICES_CHURN_CORE_FILTER_MATCHING_H_

#include <cstdint>
#include <optional>

#include "rapport/churn/storage/v1/storage.pb.h"
#include "rapport/churn/v1/health.pb.h"
#include "services/churn/core/score.h"
#include "services/churn/core/search_filter.h"

namespace rapport::churn {

// A customer as filters see them. `row` must outlive this.
struct FilteredCustomer {
  const storage::v1::CustomerRow& row;
  int64_t moment_ms = 0;  // as of when
  // The last score; of no kind without one.
  RankedScore score = {};
  v1::HealthBand band = v1::HEALTH_BAND_UNSPECIFIED;
  // The day of the last activity, which rows do not hold; null while it was not looked up.
  const std::optional<int64_t>* last_active_ms = nullptr;
};

// Ascending, so that a conjunction is the least and a disjunction the greatest of its parts.
enum class Match { kNo, kUnknown, kYes };

// Whether a customer matches; unknown when that depends on what was not looked up. What is not there is an empty text,
// no revenue, and no number or moment that any comparison holds for.
Match MatchFilter(const FilterNode& filter, const FilteredCustomer& customer);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_CORE_FILTER_MATCHING_H_
