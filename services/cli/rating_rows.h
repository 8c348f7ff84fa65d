#ifndef RAPPORT_SERVICES_CLI_RATING_ROWS_H_
#define RAPPORT_SERVICES_CLI_RATING_ROWS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "rapport/ratings/v1/ratings.pb.h"
#include "services/cli/column_mapping.h"
#include "services/cli/row_conversion.h"

namespace rapport::cli {

// Which fields a row of ratings, and one of surveys, can fill.
extern const absl::Span<const FieldName> kRatingFields;
extern const absl::Span<const FieldName> kSurveyFields;

// How the values of ratings and surveys are to be read.
struct RatingRules : ConversionRules {
  ratings::v1::Scale scale = ratings::v1::SCALE_UNSPECIFIED;
  ratings::v1::CommentVisibility comment_visibility = ratings::v1::COMMENT_VISIBILITY_UNSPECIFIED;
  Words scores;
  Words statuses;
};

// The rating, or the survey, of a row with as many fields as the header had. The error is the reason for rejecting the
// row. A row with a blank score says nothing.
absl::StatusOr<RowEvents<ratings::v1::Rating>> ToRating(const RatingRules& rules,
                                                        const std::vector<FieldSource>& sources,
                                                        const std::vector<std::string>& row);
absl::StatusOr<RowEvents<ratings::v1::Survey>> ToSurvey(const RatingRules& rules,
                                                        const std::vector<FieldSource>& sources,
                                                        const std::vector<std::string>& row);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_RATING_ROWS_H_
