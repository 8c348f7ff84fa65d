#include "services/churn/service/sweep_observation.h"

#include <cmath>
#include <string>

#include "services/churn/core/score.h"
#include "services/churn/model/profile.h"
#include "services/churn/model/scorer.h"
#include "services/churn/service/scoring.h"

namespace rapport::churn {
namespace {

const std::string& VersionOf(const LoadedModel& model) {
  return model.scorer->model().metadata().version();
}

double Mean(double mean, int64_t count, double other_mean, int64_t other_count) {
  const auto all = static_cast<double>(count + other_count);
  return all == 0 ? 0 : (mean * static_cast<double>(count) + other_mean * static_cast<double>(other_count)) / all;
}

void AddComparison(const v1::ShadowComparison& from, v1::ShadowComparison& into) {
  const int64_t count = into.customer_count();
  const int64_t added = from.customer_count();
  into.set_active_mean(Mean(into.active_mean(), count, from.active_mean(), added));
  into.set_shadow_mean(Mean(into.shadow_mean(), count, from.shadow_mean(), added));
  into.set_mean_absolute_difference(
      Mean(into.mean_absolute_difference(), count, from.mean_absolute_difference(), added));
  into.set_band_change_count(into.band_change_count() + from.band_change_count());
  into.set_customer_count(count + added);
}

absl::Status Compare(const LoadedModel& shadow, absl::Span<const v1::CustomerFeatures* const> customers,
                     const std::vector<const v1::Score*>& active, v1::ShadowComparison& comparison) {
  const absl::StatusOr<FeatureMatrix> matrix = EncodeCustomers(*shadow.scorer, customers);
  if (!matrix.ok()) return matrix.status();
  const absl::StatusOr<Scores> scores = shadow.scorer->Score(*matrix, Reasons::kNone);
  if (!scores.ok()) return scores.status();
  const double base_rate = BaseRate(shadow.scorer->model().metadata());
  v1::ShadowComparison chunk;
  for (size_t i = 0; i < active.size(); ++i) {
    const double p = scores->probabilities[i];
    v1::ShadowComparison one;
    one.set_customer_count(1);
    one.set_active_mean(active[i]->probability());
    one.set_shadow_mean(p);
    one.set_mean_absolute_difference(std::abs(p - active[i]->probability()));
    one.set_band_change_count(BandOfProbability(p, base_rate) != active[i]->band() ? 1 : 0);
    AddComparison(one, chunk);
  }
  AddComparison(chunk, comparison);
  return absl::OkStatus();
}

void BeginAnew(const LoadedModel& active, storage::v1::DriftState& met) {
  met.Clear();
  met.set_model_version(VersionOf(active));
  *met.mutable_features() = EmptyHistograms(active.profile);
}

}  // namespace

absl::Status Observe(const ModelsInUse& models, const std::vector<v1::CustomerFeatures>& features,
                     const std::vector<v1::ScoreResult>& results, storage::v1::DriftState& met) {
  if (models.active == nullptr) {
    met.Clear();
    return absl::OkStatus();
  }
  const LoadedModel& active = *models.active;
  if (met.model_version() != VersionOf(active)) BeginAnew(active, met);
  std::vector<const v1::CustomerFeatures*> scored;
  std::vector<const v1::Score*> scores;
  for (size_t i = 0; i < results.size(); ++i) {
    if (!results[i].has_score()) continue;
    scored.push_back(&features[i]);
    scores.push_back(&results[i].score());
  }
  if (scored.empty()) return absl::OkStatus();
  const absl::StatusOr<FeatureMatrix> matrix = EncodeCustomers(*active.scorer, scored);
  if (!matrix.ok()) return matrix.status();
  CountInto(active.scorer->model().schema(), *matrix, *met.mutable_features());

  const bool compares = models.shadow != nullptr && models.shadow->scorer->model().metadata().standard_features();
  const std::string shadow_version = compares ? VersionOf(*models.shadow) : "";
  if (met.shadow().shadow_version() != shadow_version) met.clear_shadow();
  if (!compares) return absl::OkStatus();
  met.mutable_shadow()->set_shadow_version(shadow_version);
  return Compare(*models.shadow, scored, scores, *met.mutable_shadow());
}

void AddMet(const storage::v1::DriftState& from, storage::v1::DriftState& into) {
  if (into.model_version().empty()) {
    into = from;
    return;
  }
  if (from.model_version() != into.model_version()) return;
  AddHistograms(from.features(), *into.mutable_features());
  if (!from.has_shadow()) return;
  if (!into.has_shadow()) {
    *into.mutable_shadow() = from.shadow();
  } else if (from.shadow().shadow_version() == into.shadow().shadow_version()) {
    AddComparison(from.shadow(), *into.mutable_shadow());
  }
}

}  // namespace rapport::churn
