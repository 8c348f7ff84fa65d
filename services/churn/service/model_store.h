#ifndef RAPPORT_SERVICES_CHURN_SERVICE_MODEL_STORE_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_MODEL_STORE_H_

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/store/store.h"
#include "rapport/churn/storage/v1/storage.pb.h"
#include "rapport/churn/v1/training.pb.h"

namespace rapport::churn {

// How many models are kept beside those in use.
inline constexpr int kModelsKept = 50;

// The registry of a tenant's models, in the store. Thread-safe; blocks on the store. UNAVAILABLE: the outcome is
// unknown, repeat the call.
class ModelStore {
 public:
  // `store` must outlive this.
  ModelStore(store::Store& store, std::function<absl::Time()> clock) : store_(store), clock_(std::move(clock)) {}

  absl::StatusOr<storage::v1::ModelRegistry> Registry(absl::string_view tenant);

  // Registers a model with the profile of what it was trained on; the same version again changes nothing. The oldest
  // models go when there are more than kModelsKept, but for the active one, the one before it and the candidate.
  absl::Status Add(absl::string_view tenant, const v1::Model& model, const storage::v1::TrainingProfile& profile);

  // NOT_FOUND for an unknown version; DATA_LOSS when its bytes are damaged.
  absl::StatusOr<v1::Model> Load(absl::string_view tenant, absl::string_view version);
  absl::StatusOr<storage::v1::TrainingProfile> LoadProfile(absl::string_view tenant, absl::string_view version);

  // The contracts of ActivateModel, RollBackModel and SetShadowModel; absent when none is in use afterwards. A version
  // is named as for ResolveVersion.
  absl::StatusOr<v1::ModelSummary> Activate(absl::string_view tenant, absl::string_view version);
  absl::StatusOr<std::optional<v1::ModelSummary>> RollBack(absl::string_view tenant, absl::string_view from = "");
  absl::StatusOr<std::optional<v1::ModelSummary>> SetShadow(absl::string_view tenant, absl::string_view version);

  // What the last sweep met; empty when there was none with this model. Sweeps put it.
  absl::StatusOr<storage::v1::DriftState> LoadDrift(absl::string_view tenant, absl::string_view version);
  absl::Status PutDrift(absl::string_view tenant, const storage::v1::DriftState& drift);

  absl::Time Now() const { return clock_(); }

 private:
  // Applies a change to the registry, again when another writer was faster, until it is committed. The change may add
  // to the mutation; one that leaves the registry as it is commits nothing.
  using Change = absl::FunctionRef<absl::Status(storage::v1::ModelRegistry& registry, store::Mutation& mutation)>;
  absl::StatusOr<storage::v1::ModelRegistry> Apply(absl::string_view tenant, Change change);

  // Takes the oldest models out of the registry, with all that is stored of them.
  absl::Status EraseOldest(absl::string_view tenant, storage::v1::ModelRegistry& registry, store::Mutation& mutation);

  absl::StatusOr<std::string> LoadBytes(absl::string_view tenant, absl::string_view version);
  absl::StatusOr<std::vector<store::Entity>> LoadEntities(absl::string_view tenant, std::vector<store::Key> keys);
  // Why something of a version is not there.
  absl::Status MissingPart(absl::string_view tenant, absl::string_view version);

  store::Store& store_;
  const std::function<absl::Time()> clock_;
};

// The active version; empty without one.
std::string ActiveVersion(const storage::v1::ModelRegistry& registry);

// The version that a request names by all or at least 8 first digits; an empty one names the active model. NOT_FOUND,
// FAILED_PRECONDITION when no model is active, INVALID_ARGUMENT when the digits are too few or fit several.
absl::StatusOr<std::string> ResolveVersion(const storage::v1::ModelRegistry& registry, absl::string_view version);

// The model of a version that is in the registry, with `active` and `shadow` set.
v1::ModelSummary SummaryOf(const storage::v1::ModelRegistry& registry, absl::string_view version);

// With `active`, `shadow` and `activated_at` as the registry has them.
v1::ModelSummary SummaryOf(const storage::v1::ModelRegistry& registry, const v1::ModelSummary& model);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_MODEL_STORE_H_
