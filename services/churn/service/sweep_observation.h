#ifndef RAPPORT_SERVICES_CHURN_SERVICE_SWEEP_OBSERVATION_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_SWEEP_OBSERVATION_H_

#include <vector>

#include "absl/status/status.h"
#include "rapport/churn/storage/v1/storage.pb.h"
#include "rapport/churn/v1/features.pb.h"
#include "rapport/churn/v1/scores.pb.h"
#include "services/churn/service/active_models.h"

// What sweeps note of the models that they score with.
namespace rapport::churn {

// Adds what the active model met, and how the candidate beside it scores the same customers. `results` are the scores
// of these features. Begins anew when either model is another than before; notes nothing without an active one.
absl::Status Observe(const ModelsInUse& models, const std::vector<v1::CustomerFeatures>& features,
                     const std::vector<v1::ScoreResult>& results, storage::v1::DriftState& met);

// Adds what was met of the same model, and of the same candidate, in another partition; `into` may be empty.
void AddMet(const storage::v1::DriftState& from, storage::v1::DriftState& into);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_SWEEP_OBSERVATION_H_
