#ifndef RAPPORT_SERVICES_CHURN_SERVICE_TRAINING_STORE_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_TRAINING_STORE_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/store/store.h"
#include "rapport/churn/storage/v1/storage.pb.h"
#include "rapport/churn/v1/training.pb.h"

namespace rapport::churn {

inline constexpr int kTrainingsKept = 100;
inline constexpr int kMostWaitingTrainings = 10;

// SUCCEEDED, FAILED or CANCELLED.
bool HasEnded(const v1::Training& training);

// The trainings of all tenants, in the store. Thread-safe; blocks on the store. UNAVAILABLE: the outcome is unknown,
// repeat the call.
class TrainingStore {
 public:
  // `store` must outlive this.
  TrainingStore(store::Store& store, std::function<absl::Time()> clock) : store_(store), clock_(std::move(clock)) {}

  // Queues a training; its file is kept until it has ended. The training that is there when the id is known:
  // INVALID_ARGUMENT when it was asked for something else. RESOURCE_EXHAUSTED when too many wait.
  absl::StatusOr<v1::Training> Create(absl::string_view tenant, const v1::TrainModelRequest& request);

  // NOT_FOUND.
  absl::StatusOr<storage::v1::StoredTraining> Get(absl::string_view tenant, absl::string_view training_id);

  // The latest first.
  absl::StatusOr<std::vector<v1::Training>> List(absl::string_view tenant);

  // Applies a change, again when another writer was faster, until it is committed. An error of the change is the
  // answer, and nothing is stored.
  using Change = absl::FunctionRef<absl::Status(storage::v1::StoredTraining& training)>;
  absl::StatusOr<storage::v1::StoredTraining> Update(absl::string_view tenant, absl::string_view training_id,
                                                     Change change);

  // Those of a tenant that have not ended, the first to come first.
  absl::StatusOr<std::vector<storage::v1::StoredTraining>> Open(absl::string_view tenant);

  // Which of these tenants have any, in one round trip.
  absl::StatusOr<std::vector<std::string>> TenantsWithOpen(const std::vector<std::string>& tenants);

  // The CSV of a training that has not ended; DATA_LOSS when it is damaged.
  absl::StatusOr<std::string> LoadFile(absl::string_view tenant, const storage::v1::StoredTraining& training);

  absl::Time Now() const { return clock_(); }

 private:
  absl::StatusOr<std::vector<store::Entity>> Load(absl::string_view tenant, std::vector<store::Key> keys);
  absl::StatusOr<std::vector<storage::v1::StoredTraining>> LoadAll(absl::string_view tenant,
                                                                   const storage::v1::TrainingIndex& index);

  store::Store& store_;
  const std::function<absl::Time()> clock_;
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_TRAINING_STORE_H_
