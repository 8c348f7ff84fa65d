#ifndef RAPPORT_SERVICES_CHURN_SERVICE_FIGURE_GAUGES_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_FIGURE_GAUGES_H_

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/service/tenants.h"
#include "services/churn/service/churn_metrics.h"
#include "services/churn/service/directory.h"
#include "services/churn/service/reader.h"

namespace rapport::churn {

// The figures of a tenant as of the reader's clock. Months and days are of UTC. Blocks on the store.
absl::StatusOr<TenantFigures> FiguresOf(Directory& directory, Reader& reader, absl::string_view tenant);

// Keeps the gauges of figures true. Thread-safe; blocks on the store.
class FigureGauges {
 public:
  // All must outlive this.
  FigureGauges(Directory& directory, Reader& reader, service::Tenants& tenants, ChurnMetrics& metrics)
      : directory_(directory), reader_(reader), tenants_(tenants), metrics_(metrics) {}

  // Makes the figures of all tenants, unless it did so within the last minute: scrapers may come often. While the store
  // is down the gauges stay.
  void Refresh();

 private:
  Directory& directory_;
  Reader& reader_;
  service::Tenants& tenants_;
  ChurnMetrics& metrics_;
  absl::Mutex mutex_;
  absl::Time refreshed_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_FIGURE_GAUGES_H_
