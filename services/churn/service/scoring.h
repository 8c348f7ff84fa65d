#ifndef RAPPORT_SERVICES_CHURN_SERVICE_SCORING_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_SCORING_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "rapport/churn/v1/scores.pb.h"
#include "services/churn/model/dataset.h"
#include "services/churn/service/active_models.h"
#include "services/churn/service/churn_metrics.h"
#include "services/churn/service/feature_reader.h"
#include "services/churn/service/health_rules_store.h"
#include "services/churn/service/recent.h"

namespace rapport::churn {

// Scores customers: features, model or health rules, presentation. Thread-safe; blocks on the store, on the other
// services and on the model.
class Scoring {
 public:
  // All must outlive this. `clock` dates scores of features that have no moment of their own.
  Scoring(FeatureReader& features, ActiveModels& models, HealthRulesStore& rules, ChurnMetrics& metrics,
          std::function<absl::Time()> clock = absl::Now)
      : features_(features), models_(models), rules_(rules), metrics_(metrics), clock_(std::move(clock)) {}

  // One result per id, in order; NOT_FOUND there for unknown customers. FAILED_PRECONDITION when the active model takes
  // other than the standard features. A score of the last minute whose inputs are the same still is given again, with
  // the moment when it was made.
  absl::StatusOr<std::vector<v1::ScoreResult>> ScoreCustomers(absl::string_view tenant,
                                                              const std::vector<std::string>& ids,
                                                              const v1::ScoreOptions& options, absl::Time deadline);

  // Features that are at hand, one result each.
  absl::StatusOr<std::vector<v1::ScoreResult>> ScoreLoaded(absl::string_view tenant, const ModelsInUse& models,
                                                           const std::vector<v1::CustomerFeatures>& features,
                                                           const v1::ScoreOptions& options);

  // The contract of the RPC.
  absl::Status ScoreFeatures(absl::string_view tenant, const v1::ScoreFeaturesRequest& request,
                             v1::ScoreFeaturesResponse& response);

 private:
  // A score with all reasons, and what it was made from.
  struct Made {
    uint64_t record_version = 0;
    std::array<int64_t, 2> peers_fetched_ms{};
    std::array<v1::Freshness, 2> peers_freshness{};
    int64_t day = 0;
    std::shared_ptr<const void> by;  // the model or the rules
    v1::Score score;

    bool IsSameOrigin(const Made& other) const;
  };

  static Made OriginOf(const FeatureInputs& inputs, std::shared_ptr<const void> by, absl::Time now);

  FeatureReader& features_;
  ActiveModels& models_;
  HealthRulesStore& rules_;
  ChurnMetrics& metrics_;
  const std::function<absl::Time()> clock_;
  Recent<std::shared_ptr<const Made>> recent_{absl::Minutes(1)};
};

// A row for each, as the model takes it. What the model does not know of is passed over.
absl::StatusOr<FeatureMatrix> EncodeCustomers(const Scorer& scorer,
                                              absl::Span<const v1::CustomerFeatures* const> customers);

// Scores of features that are at hand, by a model: the results of Scoring::ScoreLoaded.
absl::StatusOr<std::vector<v1::ScoreResult>> ScoreWithModel(const Scorer& scorer,
                                                            const std::vector<v1::CustomerFeatures>& features,
                                                            const v1::ScoreOptions& options);

// The share of churners that a model was trained on.
double BaseRate(const v1::ModelMetadata& metadata);

// INVALID_ARGUMENT names the field.
absl::Status ValidateScoreOptions(const v1::ScoreOptions& options);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_SCORING_H_
