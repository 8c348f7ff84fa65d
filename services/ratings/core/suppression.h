#ifndef RAPPORT_SERVICES_RATINGS_CORE_SUPPRESSION_H_
#define RAPPORT_SERVICES_RATINGS_CORE_SUPPRESSION_H_

#include <cstdint>

#include "absl/types/span.h"
#include "rapport/ratings/v1/ratings.pb.h"

namespace rapport::ratings {

// Withholds from an answer what would unmask those who rated.
//
// `rows` are the rows of a series, of one bucket or more; `totals` are those of the whole period that the buckets add
// up to, if the answer has them. A scale of a row is withheld by leaving nothing of it but `scale` and `suppressed`.
//
// With `breakdown` (the rows are grouped or filtered), each scale for itself, what rollup::Withhold says of the counts
// of ratings.
//
// Without `breakdown` figures stay, and the distribution is withheld where there are fewer than `min_group_size`.
//
// A filter without groups is a breakdown too: to withhold the same as a query grouped by the dimension filtered by,
// make all its groups, suppress, and keep the one row.
void Suppress(int64_t min_group_size, bool breakdown, absl::Span<v1::RatingRow* const> rows,
              absl::Span<v1::RatingRow* const> totals);

}  // namespace rapport::ratings

#endif  // RAPPORT_SERVICES_RATINGS_CORE_SUPPRESSION_H_
