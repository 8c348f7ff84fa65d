#include "services/response_times/service/backlog_gauges.h"

#include <map>
#include <string>

#include "services/response_times/service/waiting.h"

namespace rapport::response_times {
namespace {

constexpr absl::Duration kFreshFor = absl::Seconds(5);

}  // namespace

void BacklogGauges::Refresh() {
  const absl::MutexLock lock(&mutex_);
  const absl::Time now = reader_.Now();
  if (now < refreshed_ + kFreshFor) return;
  refreshed_ = now;
  const auto tenants = tenants_.All();
  if (!tenants.ok()) return;
  std::map<TenantMetrics*, BacklogSnapshot> snapshots;  // some tenants may share their metrics
  for (const std::string& tenant : *tenants) {
    if (!AddBacklog(reader_, tenant, snapshots[&metrics_.Of(tenant)]).ok()) return;
  }
  for (const auto& [metrics, snapshot] : snapshots) metrics->OnBacklog(snapshot);
}

}  // namespace rapport::response_times
