#ifndef RAPPORT_SERVICES_CHURN_SERVICE_TRAININGS_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_TRAININGS_H_

#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "common/service/tenants.h"
#include "services/churn/service/churn_metrics.h"
#include "services/churn/service/model_store.h"
#include "services/churn/service/training_run.h"
#include "services/churn/service/training_store.h"

namespace rapport::churn {

// Trains models apart from the threads that serve: requests wait in the store, and each process runs one at a time on a
// thread of its own. A training whose process died or was stopped is begun again by another. Thread-safe; blocks on the
// store.
class Trainings {
 public:
  // All must outlive this.
  Trainings(TrainingOptions options, TrainingStore& store, ModelStore& models, OutcomeSource outcomes,
            service::Tenants& tenants, ChurnMetrics& metrics);
  // As Stop.
  ~Trainings();
  Trainings(const Trainings&) = delete;
  Trainings& operator=(const Trainings&) = delete;

  // The contracts of the RPCs. What is found wrong before anything is stored is an error here; anything else is the
  // training's.
  absl::StatusOr<v1::Training> Train(absl::string_view tenant, v1::TrainModelRequest request);
  absl::StatusOr<v1::Training> Get(absl::string_view tenant, absl::string_view training_id);
  absl::StatusOr<std::vector<v1::Training>> List(absl::string_view tenant);
  absl::StatusOr<v1::Training> Cancel(absl::string_view tenant, absl::string_view training_id);

  // Begins to run what waits, at once and whenever something is found.
  void Start();
  // Puts back what is running, for another process, and returns when the thread has ended: within moments.
  void Stop();

  // Runs one training of any tenant to its end; false when there was none to take. For the thread, and for tests
  // instead of it.
  absl::StatusOr<bool> RunNext();

 private:
  absl::StatusOr<bool> RunNextOf(const std::string& tenant);
  void Work();

  const TrainingOptions options_;
  TrainingStore& store_;
  ModelStore& models_;
  const OutcomeSource outcomes_;
  service::Tenants& tenants_;
  ChurnMetrics& metrics_;
  absl::Notification stop_;
  absl::Mutex mutex_;
  bool awake_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::string last_tenant_;  // of the thread: so that each tenant has its turn
  std::thread thread_;
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_TRAININGS_H_
