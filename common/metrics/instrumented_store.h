#ifndef RAPPORT_COMMON_METRICS_INSTRUMENTED_STORE_H_
#define RAPPORT_COMMON_METRICS_INSTRUMENTED_STORE_H_

#include <memory>

#include "common/metrics/registry.h"
#include "common/store/store.h"

namespace rapport::metrics {

// `inner` with its operations timed, its errors counted and its unsafe settings shown in `registry`, which must outlive
// the result.
std::unique_ptr<store::Store> InstrumentStore(std::unique_ptr<store::Store> inner, Registry& registry);

}  // namespace rapport::metrics

#endif  // RAPPORT_COMMON_METRICS_INSTRUMENTED_STORE_H_
