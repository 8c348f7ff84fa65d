#ifndef RAPPORT_SERVICES_CLI_CHURN_EVALUATE_H_
#define RAPPORT_SERVICES_CLI_CHURN_EVALUATE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "services/cli/labelled_table.h"
#include "services/cli/session.h"

namespace rapport::cli {

struct EvaluateOptions : LabelledTableOptions {
  uint32_t folds = 5;
  uint32_t seed = 0;
};

// Judges models of a labelled file out of fold, in this process: no server is asked.
absl::StatusOr<int> Evaluate(Session& session, const EvaluateOptions& options);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_CHURN_EVALUATE_H_
