#include "services/churn/model/scorer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "services/churn/core/calibration.h"

namespace rapport::churn {
namespace {

bool IsUsable(const v1::Calibration& calibration) {
  return std::isfinite(calibration.a()) && std::isfinite(calibration.b()) && std::isfinite(calibration.c()) &&
         calibration.a() >= 0 && calibration.b() >= 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Scorer>> Scorer::Create(v1::Model model) {
  const auto unusable = [&](absl::string_view why) {
    return absl::DataLossError(absl::StrCat("model '", model.metadata().version(), "': ", why, "; train it again"));
  };
  if (!IsUsable(model.calibration())) return unusable("its calibration is none");
  absl::StatusOr<FeatureEncoder> encoder = FeatureEncoder::Create(model.schema());
  if (!encoder.ok()) return unusable(encoder.status().message());
  absl::StatusOr<Booster> booster = Booster::Load(model.booster());
  if (!booster.ok()) return unusable(booster.status().message());
  const absl::StatusOr<size_t> features = booster->FeatureCount();
  if (!features.ok()) return unusable(features.status().message());
  if (*features != static_cast<size_t>(model.schema().features_size())) {
    return unusable(
        absl::StrCat("its trees take ", *features, " features, its schema has ", model.schema().features_size()));
  }
  return absl::WrapUnique(new Scorer(std::move(model), *std::move(encoder), *std::move(booster)));
}

Scorer::Scorer(v1::Model model, FeatureEncoder encoder, Booster booster)
    : model_(std::move(model)), encoder_(std::move(encoder)) {
  GiveBack(std::move(booster));
}

absl::StatusOr<Booster> Scorer::Borrow() const {
  {
    const absl::MutexLock lock(&mutex_);
    if (!idle_.empty()) {
      Booster booster = std::move(idle_.back());
      idle_.pop_back();
      return booster;
    }
  }
  return Booster::Load(model_.booster());
}

void Scorer::GiveBack(Booster booster) const {
  const absl::MutexLock lock(&mutex_);
  idle_.push_back(std::move(booster));
}

absl::StatusOr<Scores> Scorer::Score(const FeatureMatrix& features, Reasons reasons) const {
  if (features.columns != static_cast<size_t>(model_.schema().features_size())) {
    return absl::InvalidArgumentError(
        absl::StrCat("rows have ", features.columns, " features: the model takes ", model_.schema().features_size()));
  }
  if (!encoder_.LacksTypical(features)) return ScoreFilled(features, reasons);
  FeatureMatrix filled = features;
  encoder_.FillInTypical(filled);
  return ScoreFilled(filled, reasons);
}

absl::StatusOr<Scores> Scorer::ScoreFilled(const FeatureMatrix& features, Reasons reasons) const {
  absl::StatusOr<Booster> booster = Borrow();
  if (!booster.ok()) return booster.status();
  absl::StatusOr<std::vector<float>> raw_scores = booster->RawScores(features);
  absl::StatusOr<FeatureMatrix> contributions =
      reasons == Reasons::kNone ? FeatureMatrix() : booster->Contributions(features);
  GiveBack(*std::move(booster));
  if (!raw_scores.ok()) return raw_scores.status();
  if (!contributions.ok()) return contributions.status();

  Scores scores;
  scores.raw_scores = *std::move(raw_scores);
  scores.contributions = *std::move(contributions);
  scores.probabilities.reserve(scores.raw_scores.size());
  for (float raw_score : scores.raw_scores) {
    scores.probabilities.push_back(CalibratedProbability(model_.calibration(), raw_score));
  }
  return scores;
}

std::vector<v1::Contribution> Scorer::Explain(const FeatureMatrix& features, const Scores& scores, size_t row) const {
  const absl::Span<const float> values = features.row(row);
  const absl::Span<const float> added = scores.contributions.row(row);
  std::vector<v1::Contribution> contributions(values.size());
  for (size_t feature = 0; feature < values.size(); ++feature) {
    v1::Contribution& contribution = contributions[feature];
    contribution.set_feature(model_.schema().features(static_cast<int>(feature)).name());
    if (!std::isnan(values[feature])) *contribution.mutable_value() = encoder_.Decode(feature, values[feature]);
    contribution.set_contribution(added[feature]);
  }
  std::stable_sort(contributions.begin(), contributions.end(),
                   [](const v1::Contribution& a, const v1::Contribution& b) {
                     return std::abs(a.contribution()) > std::abs(b.contribution());
                   });
  return contributions;
}

}  // namespace rapport::churn
