#ifndef RAPPORT_SERVICES_CHURN_SERVICE_ACTIVE_MODELS_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_ACTIVE_MODELS_H_

#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "rapport/churn/storage/v1/storage.pb.h"
#include "services/churn/model/scorer.h"
#include "services/churn/service/model_store.h"

namespace rapport::churn {

// A model ready to score.
struct LoadedModel {
  std::unique_ptr<const Scorer> scorer;
  storage::v1::TrainingProfile profile;
};

// What a tenant scores with. Either may be null.
struct ModelsInUse {
  std::shared_ptr<const LoadedModel> active;
  std::shared_ptr<const LoadedModel> shadow;
};

// Keeps the models that are in use loaded. Whoever holds a model keeps it alive, so that changing models fails no
// request. Thread-safe; blocks on the store when something has changed, one caller at a time: the others go on with
// what they have.
class ActiveModels {
 public:
  // Must outlive this.
  explicit ActiveModels(ModelStore& models) : models_(models) {}

  // What holds now: changes of any replica are seen within a second. While the store is down, what was loaded last.
  // DATA_LOSS when the active model is damaged; a damaged candidate is none.
  absl::StatusOr<ModelsInUse> Get(absl::string_view tenant);

  // A model of the registry, named as for ResolveVersion, loaded; NOT_FOUND.
  absl::StatusOr<std::shared_ptr<const LoadedModel>> Find(absl::string_view tenant, absl::string_view version);

  // Looks at the registry again: who calls Get after that gets what held when this was called, or later; while the
  // store is down, what was loaded last. For what follows a change, and for what must not begin with the models of
  // before. Blocks on the store; who calls Get meanwhile does not.
  void Refresh(absl::string_view tenant);

 private:
  struct Known {
    absl::StatusOr<ModelsInUse> models = absl::UnknownError("not read yet");
    absl::Time read_at = absl::InfinitePast();
    bool is_read = false;
    bool reading = false;
  };
  // Tenant and version.
  using ModelId = std::pair<std::string, std::string>;
  struct Recent {
    ModelId id;
    std::shared_ptr<const LoadedModel> model;
    absl::Time asked_at;
  };

  Known& KnownOf(absl::string_view tenant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AwaitReader(Known& known) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // By the one who has set `reading`.
  absl::StatusOr<ModelsInUse> ReadInto(Known& known, absl::string_view tenant);
  absl::StatusOr<ModelsInUse> Read(absl::string_view tenant);
  // The model if it was in use lately, else loaded; by one caller at a time.
  absl::StatusOr<std::shared_ptr<const LoadedModel>> LoadOnce(const ModelId& id);
  absl::StatusOr<std::shared_ptr<const LoadedModel>> LoadFromStore(const ModelId& id);

  void ForgetWhatIsNotRecent(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  bool IsFresh(const Known& known) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::shared_ptr<const LoadedModel> FindLoaded(const ModelId& id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  ModelStore& models_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::unique_ptr<Known>> known_ ABSL_GUARDED_BY(mutex_);
  std::deque<Recent> recent_ ABSL_GUARDED_BY(mutex_);  // what was asked for last first
  absl::flat_hash_set<ModelId> loading_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_ACTIVE_MODELS_H_
