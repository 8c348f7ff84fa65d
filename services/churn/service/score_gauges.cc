#include "services/churn/service/score_gauges.h"

#include <optional>
#include <vector>

#include "common/time/interval.h"
#include "services/churn/core/drift.h"
#include "services/churn/model/profile.h"
#include "services/churn/model/scorer.h"

namespace rapport::churn {
namespace {

constexpr absl::Duration kFreshFor = absl::Seconds(15);
constexpr double kConfidence = 0.99;

ModelFigures::InUse InUseOf(const LoadedModel& model, absl::Time now) {
  const v1::ModelMetadata& metadata = model.scorer->model().metadata();
  return {metadata.version(), now - FromProto(metadata.trained_at())};
}

void SetDrift(const LoadedModel& model, const storage::v1::DriftState& met, ModelFigures& figures) {
  const std::vector<v1::FeatureDrift> drifts = CompareProfiles(model.profile.features(), met.features());
  if (!drifts.empty()) figures.input_drift = drifts.front().stability_index();
  for (const v1::FeatureDrift& drift : drifts) figures.drifting_features += drift.drifting() ? 1 : 0;
  const storage::v1::OutcomeSums& sums = met.outcomes();
  const std::optional<OutcomeDrift> outcome =
      CompareOutcomes({sums.customers(), sums.lost(), sums.predicted(), sums.variance()}, kConfidence);
  if (!outcome) return;
  figures.outcome_observed = outcome->observed.value;
  figures.outcome_predicted = outcome->predicted;
  figures.outcome_drift = outcome->significant;
}

}  // namespace

void ScoreGauges::Refresh() {
  const absl::MutexLock lock(&mutex_);
  const absl::Time now = model_store_.Now();
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
  const absl::StatusOr<ModelsInUse> models = models_.Get(tenant);
  if (!models.ok()) return models.status();
  const absl::Time now = model_store_.Now();
  ModelFigures figures;
  if (models->shadow != nullptr) figures.shadow = InUseOf(*models->shadow, now);
  if (models->active != nullptr) {
    figures.active = InUseOf(*models->active, now);
    const auto met = model_store_.LoadDrift(tenant, figures.active->version);
    if (!met.ok()) return met.status();
    SetDrift(*models->active, *met, figures);
  }
  metrics_.ShowModels(tenant, figures);
  return absl::OkStatus();
}

}  // namespace rapport::churn
