#ifndef RAPPORT_COMMON_METRICS_PER_TENANT_H_
#define RAPPORT_COMMON_METRICS_PER_TENANT_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/metrics/registry.h"

namespace rapport::metrics {

// How many tenants have series of their own. A tenant has over a thousand: more tenants than this would be a burden to
// Prometheus.
inline constexpr size_t kMostTenants = 100;

// Stands for all tenants past kMostTenants. No credential can name it.
inline constexpr absl::string_view kOtherTenants = "__other__";

// The instruments of each tenant, made as T(registry, tenant) when the tenant is first met. Thread-safe if T is.
template <typename T>
class PerTenant {
 public:
  // `registry` must outlive this.
  explicit PerTenant(Registry& registry) : registry_(registry) {}

  // The result lives as long as this. Takes a shared lock and hashes: ask once for each call, not for each of its
  // events.
  T& Of(absl::string_view tenant) {
    {
      const absl::ReaderMutexLock lock(&mutex_);
      if (T* const met = Find(tenant)) return *met;
    }
    const absl::MutexLock lock(&mutex_);
    if (T* const met = Find(tenant)) return *met;
    const absl::string_view name = tenants_.size() < kMostTenants ? tenant : kOtherTenants;
    return *tenants_.emplace(name, std::make_unique<T>(registry_, name)).first->second;
  }

 private:
  T* Find(absl::string_view tenant) const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    auto found = tenants_.find(tenant);
    if (found == tenants_.end() && tenants_.size() >= kMostTenants) found = tenants_.find(kOtherTenants);
    return found == tenants_.end() ? nullptr : found->second.get();
  }

  Registry& registry_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::unique_ptr<T>> tenants_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rapport::metrics

#endif  // RAPPORT_COMMON_METRICS_PER_TENANT_H_
