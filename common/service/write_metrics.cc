#include "common/service/write_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include "common/metrics/runtime_metrics.h"

namespace rapport::service {

WriteMetrics::WriteMetrics(metrics::Registry& registry)
    : registry_(registry),
      batch_events_(registry.GetHistogram(metrics::kWriteBatchEvents)),
      commits_(registry.GetCounter(metrics::kWriteCommits)),
      conflicts_(registry.GetCounter(metrics::kWriteConflicts)) {}

metrics::CollectHook WriteMetrics::ShowQueue(const write::WritePath& path) {
  registry_.GetGauge(metrics::kWriteQueueCapacity).Set(static_cast<double>(path.queue_capacity()));
  registry_.GetGauge(metrics::kWriteQueueCapacityBytes).Set(static_cast<double>(path.queue_capacity_bytes()));
  metrics::Gauge& events = registry_.GetGauge(metrics::kWriteQueueEvents);
  metrics::Gauge& bytes = registry_.GetGauge(metrics::kWriteQueueBytes);
  return registry_.OnCollect([&path, &events, &bytes] {
    events.Set(static_cast<double>(path.queued_events()));
    bytes.Set(static_cast<double>(path.queued_bytes()));
  });
}

void WriteMetrics::OnBatch(int64_t events, int64_t commits, int64_t conflicts) {
  batch_events_.Observe(static_cast<double>(events));
  commits_.Increment(static_cast<double>(commits));
  conflicts_.Increment(static_cast<double>(conflicts));
}

}  // namespace rapport::service
