#ifndef RAPPORT_SERVICES_CHURN_SERVICE_ACTIVE_MODELS_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_ACTIVE_MODELS_H_

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "rapport/churn/storage/v1/storage.pb.h"
#include "services/churn/service/model_store.h"

namespace rapport::churn {

class Scorer;

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
// request. Thread-safe; blocks on the store when something has changed.
class ActiveModels {
 public:
  // Must outlive this.
  explicit ActiveModels(ModelStore& models) : models_(models) {}

  // What holds now: changes of any replica are seen within a second. While the store is down, what was loaded last.
  absl::StatusOr<ModelsInUse> Get(absl::string_view tenant);

  // A model of the registry by version or its first 8 or more digits, loaded; NOT_FOUND.
  absl::StatusOr<std::shared_ptr<const LoadedModel>> Find(absl::string_view tenant, absl::string_view version);

 private:
  struct Known {
    ModelsInUse models;
    std::string active_version;
    std::string shadow_version;
    absl::Time read_at;
  };

  ModelStore& models_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Known> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_ACTIVE_MODELS_H_
