#ifndef RAPPORT_COMMON_METRICS_REGISTRY_H_
#define RAPPORT_COMMON_METRICS_REGISTRY_H_

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/metrics/definition.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
}  // namespace prometheus

namespace rapport::metrics {

// What the Get functions return; include "prometheus/counter.h" and so on in the .cc that uses one.
using Counter = prometheus::Counter;
using Gauge = prometheus::Gauge;
using Histogram = prometheus::Histogram;
using LabelValues = std::initializer_list<absl::string_view>;

class Registry;

// Keeps a hook registered. Destroying it waits for a collection that is under way.
class [[nodiscard]] CollectHook {
 public:
  CollectHook() = default;
  CollectHook(CollectHook&& other) noexcept;
  CollectHook& operator=(CollectHook&& other) noexcept;
  ~CollectHook();

 private:
  friend class Registry;
  CollectHook(Registry* registry, uint64_t id) : registry_(registry), id_(id) {}

  Registry* registry_ = nullptr;
  uint64_t id_ = 0;
};

// All metrics of a process. Thread-safe. The Get functions lock and hash: call them at start and keep the references,
// which live as long as the registry unless they are dropped. Definitions must outlive it too (they are constants). A
// wrong number of label values or a type that differs from the definition's is a programming error and ends the
// process.
class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  Counter& GetCounter(const Definition& definition, LabelValues values = {});
  Gauge& GetGauge(const Definition& definition, LabelValues values = {});
  Histogram& GetHistogram(const Definition& definition, LabelValues values = {});

  // Takes out a series that has come to its end, so that series do not add up where labels change. Nobody may use the
  // gauge again.
  void Drop(const Definition& definition, Gauge& gauge);

  // `hook` runs before each collection for as long as the returned handle lives: the place to set gauges whose value is
  // looked up rather than counted. It must not call Serialize. The handle must not outlive the registry.
  CollectHook OnCollect(std::function<void()> hook);

  // The Prometheus text format.
  std::string Serialize();

 private:
  friend class CollectHook;

  std::unique_ptr<prometheus::Registry> registry_;
  absl::Mutex hooks_mutex_;
  std::map<uint64_t, std::function<void()>> hooks_ ABSL_GUARDED_BY(hooks_mutex_);
  uint64_t next_hook_ ABSL_GUARDED_BY(hooks_mutex_) = 0;
};

}  // namespace rapport::metrics

#endif  // RAPPORT_COMMON_METRICS_REGISTRY_H_
