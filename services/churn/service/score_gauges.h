#ifndef RAPPORT_SERVICES_CHURN_SERVICE_SCORE_GAUGES_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_SCORE_GAUGES_H_

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/service/tenants.h"
#include "services/churn/service/churn_metrics.h"
#include "services/churn/service/model_store.h"
#include "services/churn/service/sweep.h"

namespace rapport::churn {

// Keeps the gauges of models in use, of their drift and of the last sweep true. Thread-safe; blocks on the store.
class ScoreGauges {
 public:
  // All must outlive this.
  ScoreGauges(service::Tenants& tenants, Sweep& sweep, ModelStore& models, ChurnMetrics& metrics)
      : tenants_(tenants), sweep_(sweep), models_(models), metrics_(metrics) {}

  // Looks them up for all tenants, unless it did so within the last seconds: scrapers may come often. While the store
  // is down the gauges stay.
  void Refresh();

 private:
  absl::Status RefreshTenant(const std::string& tenant);

  service::Tenants& tenants_;
  Sweep& sweep_;
  ModelStore& models_;
  ChurnMetrics& metrics_;
  absl::Mutex mutex_;
  absl::Time refreshed_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_SCORE_GAUGES_H_
