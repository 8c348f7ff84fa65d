#ifndef RAPPORT_SERVICES_CHURN_MODEL_BOOSTER_H_
#define RAPPORT_SERVICES_CHURN_MODEL_BOOSTER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/churn/model/dataset.h"

namespace rapport::churn {

// Told now and then which share of the work is done, 0 to 1; the work stops when the answer is false.
using GoOn = absl::FunctionRef<bool(double done)>;

// Gradient-boosted trees of XGBoost on one thread. Raw scores are log-odds. Two threads must not use one booster at the
// same time: predicting changes what XGBoost keeps with it.
class Booster {
 public:
  // Trees grown with the one set of parameters that is used for all data. The same rows and seed give the same trees.
  // `labels` hold both outcomes. CANCELLED when `go_on`, told now and then which share is done, says no.
  static absl::StatusOr<Booster> Train(const FeatureMatrix& features, absl::Span<const uint8_t> labels, uint32_t seed,
                                       GoOn go_on);

  // From Save(). XGBoost trusts what it reads: bytes of unknown origin or damaged ones must not come here.
  static absl::StatusOr<Booster> Load(absl::string_view bytes);

  // XGBoost's own model file, in UBJSON.
  absl::StatusOr<std::string> Save() const;

  absl::StatusOr<size_t> FeatureCount() const;

  // One raw score for each row.
  absl::StatusOr<std::vector<float>> RawScores(const FeatureMatrix& features) const;

  // For each row the contribution of every feature (SHAP values of the trees), then the raw score of an average row.
  // Those of a row add up to its raw score.
  absl::StatusOr<FeatureMatrix> Contributions(const FeatureMatrix& features) const;

 private:
  struct Free {
    bool may_be_read_into;  // another model
    void operator()(void* handle) const;
  };

  explicit Booster(void* handle) : handle_(handle, Free{false}) {}

  // The matrix that it will be trained on, or null.
  static absl::StatusOr<Booster> Create(void* training_matrix);
  static absl::StatusOr<Booster> CreateOrReuse();

  std::unique_ptr<void, Free> handle_;
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_MODEL_BOOSTER_H_
