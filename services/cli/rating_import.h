#ifndef RAPPORT_SERVICES_CLI_RATING_IMPORT_H_
#define RAPPORT_SERVICES_CLI_RATING_IMPORT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/cli/import_file.h"
#include "services/cli/session.h"

namespace rapport::cli {

// The flags of `ratings import` and `surveys import`.
struct RatingImportOptions : ImportOptions {
  std::string scale;
  std::vector<std::string> scores;
  std::vector<std::string> statuses;
  std::string comment_visibility;
};

absl::StatusOr<int> ImportRatings(Session& session, const RatingImportOptions& options);
absl::StatusOr<int> ImportSurveys(Session& session, const RatingImportOptions& options);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_RATING_IMPORT_H_
