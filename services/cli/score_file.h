#ifndef RAPPORT_SERVICES_CLI_SCORE_FILE_H_
#define RAPPORT_SERVICES_CLI_SCORE_FILE_H_

#include "absl/status/statusor.h"
#include "services/cli/churn_scores.h"
#include "services/cli/session.h"

namespace rapport::cli {

// Scores the rows of a file with a model of the service. Returns kSomeRejected when some rows could not be scored.
absl::StatusOr<int> ScoreFile(Session& session, const ScoreOptions& options);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_SCORE_FILE_H_
