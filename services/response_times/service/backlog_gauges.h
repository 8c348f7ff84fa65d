#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_BACKLOG_GAUGES_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_BACKLOG_GAUGES_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/service/tenants.h"
#include "services/response_times/service/reader.h"
#include "services/response_times/service/response_times_metrics.h"

namespace rapport::response_times {

// Keeps the gauges of what waits true. Thread-safe; blocks on the store.
class BacklogGauges {
 public:
  // All must outlive this.
  BacklogGauges(Reader& reader, service::Tenants& tenants, ResponseTimesMetrics& metrics)
      : reader_(reader), tenants_(tenants), metrics_(metrics) {}

  // Looks at the backlog of all tenants, unless it did so within the last seconds: scrapers may come often. While the
  // store is down the gauges stay.
  void Refresh();

 private:
  Reader& reader_;
  service::Tenants& tenants_;
  ResponseTimesMetrics& metrics_;
  absl::Mutex mutex_;
  absl::Time refreshed_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_BACKLOG_GAUGES_H_
