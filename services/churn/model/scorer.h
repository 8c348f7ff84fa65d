#ifndef RAPPORT_SERVICES_CHURN_MODEL_SCORER_H_
#define RAPPORT_SERVICES_CHURN_MODEL_SCORER_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "rapport/churn/v1/models.pb.h"
#include "services/churn/model/booster.h"
#include "services/churn/model/dataset.h"

namespace rapport::churn {

// One row each.
struct Scores {
  std::vector<float> raw_scores;  // log-odds before calibration
  std::vector<double> probabilities;
  // If asked for: what every feature adds to the raw score, then the raw score of an average row. A row's sum is its
  // raw score.
  FeatureMatrix contributions;
};

enum class Reasons { kNone, kContributions };

// A model at work. Thread-safe: XGBoost predicts with a booster that nobody else uses meanwhile. There are as many
// boosters as ever were at work at the same time; each is read from the model's bytes once.
class Scorer {
 public:
  // DATA_LOSS when the parts of the model do not fit together.
  static absl::StatusOr<std::unique_ptr<Scorer>> Create(v1::Model model);

  const v1::Model& model() const { return model_; }
  const FeatureEncoder& encoder() const { return encoder_; }

  // `features` come from encoder(), or have its columns. What is missing where training always had a value counts as
  // the typical one.
  absl::StatusOr<Scores> Score(const FeatureMatrix& features, Reasons reasons) const;

  // The contributions to one row of `scores`, the strongest first.
  std::vector<v1::Contribution> Explain(const FeatureMatrix& features, const Scores& scores, size_t row) const;

 private:
  Scorer(v1::Model model, FeatureEncoder encoder, Booster booster);

  absl::StatusOr<Booster> Borrow() const;
  void GiveBack(Booster booster) const;
  absl::StatusOr<Scores> ScoreFilled(const FeatureMatrix& features, Reasons reasons) const;

  const v1::Model model_;
  const FeatureEncoder encoder_;
  mutable absl::Mutex mutex_;
  mutable std::vector<Booster> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_MODEL_SCORER_H_
