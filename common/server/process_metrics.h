#ifndef RAPPORT_COMMON_SERVER_PROCESS_METRICS_H_
#define RAPPORT_COMMON_SERVER_PROCESS_METRICS_H_

#include "common/metrics/registry.h"

namespace rapport::server {

// Sets the process_* metrics from /proc at each collection, for as long as the result lives.
metrics::CollectHook ExposeProcessMetrics(metrics::Registry& registry);

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_PROCESS_METRICS_H_
