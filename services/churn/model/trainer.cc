#include "services/churn/model/trainer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/time/interval.h"
#include "services/churn/core/calibration.h"
#include "services/churn/core/evaluation.h"
#include "services/churn/model/sealed_model.h"

namespace rapport::churn {
namespace {

constexpr uint32_t kDefaultFolds = 5;
constexpr uint32_t kMostFolds = 20;

// Some of the rows.
struct Rows {
  FeatureMatrix features;
  std::vector<uint8_t> labels;
};

Rows Select(const FeatureMatrix& features, absl::Span<const uint8_t> labels, absl::Span<const size_t> chosen) {
  Rows rows;
  rows.features = SelectRows(features, chosen);
  for (size_t row : chosen) rows.labels.push_back(labels[row]);
  return rows;
}

// The rows of one fold, and those of all others.
struct Split {
  std::vector<size_t> judged;
  std::vector<size_t> trained;
};

Split SplitAt(uint32_t fold, absl::Span<const uint32_t> fold_of_row) {
  Split split;
  for (size_t row = 0; row < fold_of_row.size(); ++row) {
    (fold_of_row[row] == fold ? split.judged : split.trained).push_back(row);
  }
  return split;
}

struct CalibratedBooster {
  Booster booster;
  v1::Calibration calibration;
};

// Trains as often as asked, and tells how far it is.
class Trainer {
 public:
  Trainer(uint32_t folds, uint32_t seed, uint32_t trainings, GoOn go_on)
      : folds_(folds), seed_(seed), trainings_(trainings), go_on_(go_on) {}

  absl::StatusOr<CalibratedBooster> TrainCalibrated(const FeatureMatrix& features, absl::Span<const uint8_t> labels) {
    absl::StatusOr<std::vector<float>> unseen = ScoresOfUnseenRows(features, labels);
    if (!unseen.ok()) return unseen.status();
    absl::StatusOr<Booster> booster = TrainBooster(features, labels);
    if (!booster.ok()) return booster.status();
    return CalibratedBooster{*std::move(booster), FitCalibration(*unseen, labels)};
  }

  absl::StatusOr<v1::EvaluationCard> CrossValidate(const FeatureMatrix& features, absl::Span<const uint8_t> labels) {
    const std::vector<uint32_t> fold_of_row = StratifiedFolds(labels, folds_, seed_);
    std::vector<double> probabilities(labels.size());
    for (uint32_t fold = 0; fold < folds_; ++fold) {
      const Split split = SplitAt(fold, fold_of_row);
      const Rows rows = Select(features, labels, split.trained);
      absl::StatusOr<CalibratedBooster> model = TrainCalibrated(rows.features, rows.labels);
      if (!model.ok()) return model.status();
      absl::StatusOr<std::vector<float>> scores = model->booster.RawScores(SelectRows(features, split.judged));
      if (!scores.ok()) return scores.status();
      for (size_t i = 0; i < split.judged.size(); ++i) {
        probabilities[split.judged[i]] = CalibratedProbability(model->calibration, (*scores)[i]);
      }
    }
    v1::EvaluationCard card = Evaluate(probabilities, labels, fold_of_row, folds_);
    card.set_seed(seed_);
    return card;
  }

 private:
  absl::StatusOr<Booster> TrainBooster(const FeatureMatrix& features, absl::Span<const uint8_t> labels) {
    absl::StatusOr<Booster> booster =
        Booster::Train(features, labels, seed_, [&](double done) { return go_on_((done_ + done) / trainings_); });
    ++done_;
    return booster;
  }

  absl::StatusOr<std::vector<float>> ScoresOfUnseenRows(const FeatureMatrix& features,
                                                        absl::Span<const uint8_t> labels) {
    const std::vector<uint32_t> fold_of_row = StratifiedFolds(labels, folds_, seed_);
    std::vector<float> all(labels.size());
    for (uint32_t fold = 0; fold < folds_; ++fold) {
      const Split split = SplitAt(fold, fold_of_row);
      const Rows rows = Select(features, labels, split.trained);
      absl::StatusOr<Booster> booster = TrainBooster(rows.features, rows.labels);
      if (!booster.ok()) return booster.status();
      absl::StatusOr<std::vector<float>> scores = booster->RawScores(SelectRows(features, split.judged));
      if (!scores.ok()) return scores.status();
      for (size_t i = 0; i < split.judged.size(); ++i) all[split.judged[i]] = (*scores)[i];
    }
    return all;
  }

  uint32_t folds_;
  uint32_t seed_;
  uint32_t trainings_;
  GoOn go_on_;
  uint32_t done_ = 0;
};

absl::StatusOr<uint32_t> Folds(const v1::TrainingOptions& options, const LabelledData& data) {
  const uint32_t folds = options.folds() == 0 ? kDefaultFolds : options.folds();
  if (folds < 2 || folds > kMostFolds) {
    return absl::InvalidArgumentError(absl::StrCat("options.folds is ", folds, ": it must be from 2 to ", kMostFolds));
  }
  const size_t rows = data.labels.size();
  if (data.features.rows() != rows) {
    return absl::InvalidArgumentError(
        absl::StrCat("there are ", rows, " labels for ", data.features.rows(), " rows: give one for each"));
  }
  // So that folds of all rows but a fold still hold both outcomes.
  const uint32_t least = 2 * folds;
  const auto churned = static_cast<size_t>(std::count(data.labels.begin(), data.labels.end(), 1));
  if (churned < least || rows - churned < least) {
    return absl::InvalidArgumentError(absl::StrCat("of ", rows, " rows ", churned, " churned: with ", folds,
                                                   " folds at least ", least,
                                                   " must have churned and as many stayed; give more rows"));
  }
  return folds;
}

// Trees for each fold and once more for all rows.
uint32_t CalibratedTrainings(uint32_t folds) {
  return folds + 1;
}

}  // namespace

absl::StatusOr<v1::Model> TrainModel(const LabelledData& data, const v1::TrainingOptions& options, absl::Time now,
                                     GoOn go_on) {
  const absl::StatusOr<uint32_t> folds = Folds(options, data);
  if (!folds.ok()) return folds.status();
  const uint32_t models = options.skip_evaluation() ? 1 : *folds + 1;
  Trainer trainer(*folds, options.seed(), models * CalibratedTrainings(*folds), go_on);
  v1::Model model;
  if (!options.skip_evaluation()) {
    absl::StatusOr<v1::EvaluationCard> card = trainer.CrossValidate(data.features, data.labels);
    if (!card.ok()) return card.status();
    *model.mutable_evaluation() = *std::move(card);
  }
  absl::StatusOr<CalibratedBooster> trained = trainer.TrainCalibrated(data.features, data.labels);
  if (!trained.ok()) return trained.status();
  absl::StatusOr<std::string> booster = trained->booster.Save();
  if (!booster.ok()) return booster.status();
  model.set_booster(*std::move(booster));
  *model.mutable_schema() = data.schema;
  SetTypicalValues(data.features, *model.mutable_schema());
  *model.mutable_calibration() = trained->calibration;

  v1::ModelMetadata& metadata = *model.mutable_metadata();
  metadata.set_version(VersionOf(model));
  *metadata.mutable_trained_at() = ToProto(now);
  metadata.set_row_count(static_cast<int64_t>(data.labels.size()));
  metadata.set_positive_count(std::count(data.labels.begin(), data.labels.end(), 1));
  *metadata.mutable_options() = options;
  metadata.mutable_options()->set_folds(*folds);
  return model;
}

absl::StatusOr<v1::EvaluationCard> CrossValidate(const LabelledData& data, const v1::TrainingOptions& options,
                                                 GoOn go_on) {
  const absl::StatusOr<uint32_t> folds = Folds(options, data);
  if (!folds.ok()) return folds.status();
  Trainer trainer(*folds, options.seed(), *folds * CalibratedTrainings(*folds), go_on);
  return trainer.CrossValidate(data.features, data.labels);
}

}  // namespace rapport::churn
