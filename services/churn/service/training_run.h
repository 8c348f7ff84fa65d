#ifndef RAPPORT_SERVICES_CHURN_SERVICE_TRAINING_RUN_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_TRAINING_RUN_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "common/time/interval.h"
#include "rapport/churn/v1/features.pb.h"
#include "rapport/churn/v1/training.pb.h"
#include "services/churn/model/dataset.h"
#include "services/churn/model/trainer.h"
#include "services/churn/service/model_store.h"
#include "services/churn/service/training_store.h"

namespace rapport::churn {

// Hands over every customer that there is to learn from, telling how far it is, and answers with the time in which a
// loss counted. CANCELLED when `go_on` says no. Blocks.
using AddCustomer = absl::FunctionRef<absl::Status(const v1::CustomerFeatures& features, bool lost)>;
using OutcomeSource = std::function<absl::StatusOr<Interval>(
    absl::string_view tenant, const v1::RecordedOutcomes& asked, AddCustomer add, GoOn go_on)>;

struct TrainingOptions {
  std::string runner;                              // names this process; unique
  absl::Duration lease = absl::Seconds(60);        // of a training; moved on while it runs
  absl::Duration report_every = absl::Seconds(1);  // how often progress is stored and a cancellation looked for
  absl::Duration poll_every = absl::Seconds(1);    // how often work is looked for
};

// What a file has to learn from. INVALID_ARGUMENT names what is wrong with it, FAILED_PRECONDITION says that it is too
// little.
absl::StatusOr<LabelledData> ReadLabelledFile(const v1::LabelledFile& file, const v1::TrainingOptions& options);

// Queued, or left by a runner that is gone.
bool CanBeTaken(const storage::v1::StoredTraining& training, absl::Time now);

// One training that this process has taken: keeps the lease, learns, registers the model, and notes what came of it.
class TrainingRun {
 public:
  // Takes a training. Absent when another process was faster. One that was cancelled, or whose runners died too often,
  // ends instead.
  static absl::StatusOr<std::optional<storage::v1::StoredTraining>> Take(const TrainingOptions& options,
                                                                         TrainingStore& trainings,
                                                                         absl::string_view tenant,
                                                                         absl::string_view training_id);

  // All must outlive this. When `stop` is notified, the training is put back for another process.
  TrainingRun(const TrainingOptions& options, TrainingStore& trainings, ModelStore& models,
              const OutcomeSource& outcomes, const absl::Notification& stop, absl::string_view tenant,
              storage::v1::StoredTraining training)
      : options_(options),
        trainings_(trainings),
        models_(models),
        outcomes_(outcomes),
        stop_(stop),
        tenant_(tenant),
        stored_(std::move(training)) {}

  // Runs it to its end. What it ended as; QUEUED when it was put back, UNSPECIFIED when another process has it now.
  absl::StatusOr<v1::TrainingState> Run();

 private:
  absl::StatusOr<v1::ModelSummary> Train();
  // The rows, and for recorded outcomes what the metadata say of them.
  absl::StatusOr<LabelledData> LoadData(v1::ModelMetadata& metadata);
  absl::StatusOr<LabelledData> LoadOutcomes(v1::ModelMetadata& metadata);
  absl::StatusOr<v1::ModelSummary> Register(const v1::Model& model, const LabelledData& data);

  // Stores progress now and then, which keeps the lease. False when the training is to stop.
  bool Tell(absl::string_view step, double progress);

  // Changes the training as long as it is ours.
  absl::Status Update(TrainingStore::Change change);
  // Repeats what failed because the store was away, until stopped.
  absl::Status Persist(absl::FunctionRef<absl::Status()> attempt);

  std::string id() const { return stored_.training().training_id(); }

  const TrainingOptions& options_;
  TrainingStore& trainings_;
  ModelStore& models_;
  const OutcomeSource& outcomes_;
  const absl::Notification& stop_;
  const std::string tenant_;
  const storage::v1::StoredTraining stored_;
  absl::Time told_at_ = absl::InfinitePast();
  bool cancelled_ = false;
  bool lost_ = false;  // another process has it
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_TRAINING_RUN_H_
