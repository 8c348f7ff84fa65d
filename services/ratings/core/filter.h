#ifndef RAPPORT_SERVICES_RATINGS_CORE_FILTER_H_
#define RAPPORT_SERVICES_RATINGS_CORE_FILTER_H_

#include "absl/status/status.h"
#include "rapport/ratings/storage/v1/storage.pb.h"
#include "rapport/ratings/v1/ratings.pb.h"
#include "services/ratings/core/facts.h"

namespace rapport::ratings {

// INVALID_ARGUMENT names the field.
absl::Status Validate(const v1::RatingFilter& filter);

// Whether a fact could be of a rating that matches: decides on scale, sentiment, customer and comment.
bool CouldMatch(const Fact& fact, const v1::RatingFilter& filter);

// Whether the rating that counts matches. False when none counts.
bool Matches(const storage::v1::RatingRecord& record, const v1::RatingFilter& filter);

}  // namespace rapport::ratings

#endif  // RAPPORT_SERVICES_RATINGS_CORE_FILTER_H_
