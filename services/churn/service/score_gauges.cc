#include "services/churn/service/score_gauges.h"

#include "services/churn/service/drift_query.h"

namespace rapport::churn {
namespace {

constexpr absl::Duration kFreshFor = absl::Seconds(15);

}  // namespace

void ScoreGauges::Refresh() {
  const absl::MutexLock lock(&mutex_);
  const absl::Time now = models_.Now();
  if (now < refreshed_ + kFreshFor) return;
  refreshed_ = now;
  const auto tenants = tenants_.All();
  if (!tenants.ok()) return;
  for (const std::string& tenant : *tenants) {
    if (!RefreshTenant(tenant).ok()) return;
  }
}

absl::Status ScoreGauges::RefreshTenant(const std::string& tenant) {
  const absl::StatusOr<absl::Time> finished = sweep_.LastFinished(tenant);
  if (!finished.ok()) return finished.status();
  if (*finished != absl::InfinitePast()) metrics_.ShowSweepFinished(tenant, *finished);
  const absl::StatusOr<ModelFigures> figures = QueryModelFigures(models_, tenant);
  if (!figures.ok()) return figures.status();
  metrics_.ShowModels(tenant, *figures);
  return absl::OkStatus();
}

}  // namespace rapport::churn
