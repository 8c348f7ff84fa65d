#ifndef RAPPORT_SERVICES_CLI_CHURN_MODELS_H_
#define RAPPORT_SERVICES_CLI_CHURN_MODELS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/cli/labelled_table.h"
#include "services/cli/session.h"

namespace rapport::cli {

// What a model is trained on: a file, or the outcomes that the service recorded.
struct TrainOptions : LabelledTableOptions {
  bool recorded = false;
  std::string cut_off;
  std::string horizon;
  std::string training_id;
  bool activate = false;
  bool skip_evaluation = false;
  // Return as soon as the training is begun.
  bool detach = false;
  uint32_t seed = 0;
  uint32_t folds = 0;
  absl::Duration poll_interval = absl::Milliseconds(500);
  std::string time_zone = "UTC";
};

struct TrainingOptions {
  std::string training_id;
  std::string time_zone = "UTC";
};

struct ModelOptions {
  // A version, or its first digits; the active model when empty.
  std::string version;
  std::string time_zone = "UTC";
};

struct ExportModelOptions {
  std::string version;
  std::string booster_file;
};

absl::StatusOr<int> Train(Session& session, const TrainOptions& options);
absl::StatusOr<int> CancelTraining(Session& session, const TrainingOptions& options);
absl::StatusOr<int> ListTrainings(Session& session, const TrainingOptions& options);
absl::StatusOr<int> ListModels(Session& session, const ModelOptions& options);
absl::StatusOr<int> ShowModel(Session& session, const ModelOptions& options);
absl::StatusOr<int> ActivateModel(Session& session, const ModelOptions& options);
absl::StatusOr<int> RollBackModel(Session& session, const ModelOptions& options);
// `none` ends it.
absl::StatusOr<int> SetShadowModel(Session& session, const ModelOptions& options);
absl::StatusOr<int> ExportModel(Session& session, const ExportModelOptions& options);
absl::StatusOr<int> ShowDrift(Session& session, const ModelOptions& options);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_CHURN_MODELS_H_
