#ifndef RAPPORT_SERVICES_CLI_ROW_CONVERSION_H_
#define RAPPORT_SERVICES_CLI_ROW_CONVERSION_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rapport/ratings/v1/ratings.pb.h"
#include "services/cli/column_mapping.h"
#include "services/cli/time_parsing.h"

namespace rapport::cli {

// Which fields a row of ratings, and one of surveys, can fill.
extern const absl::Span<const FieldName> kRatingFields;
extern const absl::Span<const FieldName> kSurveyFields;

// How a file's values are to be read.
struct ConversionRules {
  ratings::v1::Scale scale = ratings::v1::SCALE_UNSPECIFIED;
  ratings::v1::CommentVisibility comment_visibility = ratings::v1::COMMENT_VISIBILITY_UNSPECIFIED;
  TimeParser time_parser{"", absl::UTCTimeZone()};
  // The source's words for scores, channels and survey states, in lower case, and ours.
  std::map<std::string, std::string> scores;
  std::map<std::string, std::string> channels;
  std::map<std::string, std::string> statuses;
};

// The pairs of a value mapping such as --scores, found without regard to letter case.
std::map<std::string, std::string> ValueMap(const Pairs& pairs);

// Whether a row says something.
enum class Converted { kEvent, kNotRated };

// Fills the message from a row with as many fields as the header had. The error is the reason for rejecting the row.
// kNotRated: the score is blank.
absl::StatusOr<Converted> ToRating(const ConversionRules& rules, const std::vector<FieldSource>& sources,
                                   const std::vector<std::string>& row, ratings::v1::Rating* rating);
absl::StatusOr<Converted> ToSurvey(const ConversionRules& rules, const std::vector<FieldSource>& sources,
                                   const std::vector<std::string>& row, ratings::v1::Survey* survey);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_ROW_CONVERSION_H_
