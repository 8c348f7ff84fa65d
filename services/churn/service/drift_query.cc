#include "services/churn/service/drift_query.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/estimates/figure.h"
#include "common/time/interval.h"
#include "services/churn/core/drift.h"
#include "services/churn/model/profile.h"

namespace rapport::churn {
namespace {

constexpr char kOutcomeDefinition[] = "churn.outcome.v1";
constexpr double kConfidence = 0.95;

void SetOutcome(const storage::v1::OutcomeSums& sums, v1::GetDriftResponse& response) {
  const Outcomes outcomes{sums.customers(), sums.lost(), sums.predicted(), sums.variance()};
  const std::optional<OutcomeDrift> drift = CompareOutcomes(outcomes, kConfidence);
  if (!drift) return;
  v1::PredictionOutcome& outcome = *response.mutable_outcome();
  outcome.set_customer_count(sums.customers());
  estimates::SetProportion(kOutcomeDefinition, {sums.lost(), sums.customers()}, kConfidence,
                           outcome.mutable_observed());
  outcome.set_predicted(drift->predicted);
  outcome.set_significant(drift->significant);
}

absl::Status SetDrift(ModelStore& models, absl::string_view tenant, const std::string& version,
                      v1::GetDriftResponse& response) {
  const absl::StatusOr<storage::v1::DriftState> drift = models.LoadDrift(tenant, version);
  if (!drift.ok()) return drift.status();
  const absl::StatusOr<storage::v1::TrainingProfile> profile = models.LoadProfile(tenant, version);
  if (!profile.ok()) return profile.status();
  response.set_model_version(version);
  if (drift->has_measured_at()) *response.mutable_measured_at() = drift->measured_at();
  for (v1::FeatureDrift& each : CompareProfiles(profile->features(), drift->features())) {
    *response.add_features() = std::move(each);
  }
  SetOutcome(drift->outcomes(), response);
  if (drift->has_shadow()) *response.mutable_shadow() = drift->shadow();
  return absl::OkStatus();
}

std::optional<ModelFigures::InUse> InUse(const storage::v1::ModelRegistry& registry, const std::string& version,
                                         absl::Time now) {
  if (version.empty()) return std::nullopt;
  const v1::ModelSummary model = SummaryOf(registry, version);
  return ModelFigures::InUse{version, now - FromProto(model.metadata().trained_at())};
}

}  // namespace

absl::Status QueryDrift(ModelStore& models, absl::string_view tenant, const v1::GetDriftRequest& request,
                        v1::GetDriftResponse& response) {
  const absl::StatusOr<storage::v1::ModelRegistry> registry = models.Registry(tenant);
  if (!registry.ok()) return registry.status();
  const absl::StatusOr<std::string> version = ResolveVersion(*registry, request.version());
  if (!version.ok()) return version.status();
  return SetDrift(models, tenant, *version, response);
}

absl::StatusOr<ModelFigures> QueryModelFigures(ModelStore& models, absl::string_view tenant) {
  const absl::StatusOr<storage::v1::ModelRegistry> registry = models.Registry(tenant);
  if (!registry.ok()) return registry.status();
  ModelFigures figures;
  figures.active = InUse(*registry, ActiveVersion(*registry), models.Now());
  figures.shadow = InUse(*registry, registry->shadow_version(), models.Now());
  if (!figures.active) return figures;
  v1::GetDriftResponse drift;
  if (absl::Status status = SetDrift(models, tenant, figures.active->version, drift); !status.ok()) return status;
  if (!drift.features().empty()) figures.input_drift = drift.features(0).stability_index();
  figures.drifting_features = std::count_if(drift.features().begin(), drift.features().end(),
                                            [](const v1::FeatureDrift& each) { return each.drifting(); });
  if (drift.has_outcome()) {
    figures.outcome_observed = drift.outcome().observed().value();
    figures.outcome_predicted = drift.outcome().predicted();
    figures.outcome_drift = drift.outcome().significant();
  }
  return figures;
}

}  // namespace rapport::churn
