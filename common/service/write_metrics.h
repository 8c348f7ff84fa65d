#ifndef RAPPORT_COMMON_SERVICE_WRITE_METRICS_H_
#define RAPPORT_COMMON_SERVICE_WRITE_METRICS_H_

#include "common/metrics/registry.h"
#include "common/write/write_path.h"

namespace rapport::service {

// Shows what a write path does.
class WriteMetrics final : public write::WriteObserver {
 public:
  explicit WriteMetrics(metrics::Registry& registry);

  // Shows the length of the path's queue at each collection, until the result is destroyed.
  metrics::CollectHook ShowQueue(const write::WritePath& path);

  void OnBatch(int64_t events, int64_t commits, int64_t conflicts) override;

 private:
  metrics::Registry& registry_;
  metrics::Histogram& batch_events_;
  metrics::Counter& commits_;
  metrics::Counter& conflicts_;
};

}  // namespace rapport::service

#endif  // RAPPORT_COMMON_SERVICE_WRITE_METRICS_H_
