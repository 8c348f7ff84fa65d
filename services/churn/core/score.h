#ifndef RAPPORT_SERVICES_CHURN_CORE_SCORE_H_
#define RAPPORT_SERVICES_CHURN_CORE_SCORE_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "rapport/churn/v1/features.pb.h"
#include "rapport/churn/v1/health.pb.h"
#include "rapport/churn/v1/models.pb.h"
#include "rapport/churn/v1/scores.pb.h"

// Presenting scores: bands, reasons in words, ranks.
namespace rapport::churn {

// See Score.band. `base_rate` is the share of churners that the model was trained on.
v1::HealthBand BandOfProbability(double probability, double base_rate);

// One reason for each feature, the strongest first, in words where the feature is a standard one. `contributions` are
// log-odds.
void SetReasons(absl::Span<const v1::Contribution> contributions, v1::Score& score);
// The same for the parts of a health score, which also sets the score, its band and what is missing.
void SetHealth(const v1::HealthScore& health, v1::Score& score);

// Leaves as many reasons as the options ask for; contributions still sum to the raw score.
void TrimReasons(const v1::ScoreOptions& options, v1::Score& score);

// Takes out of a probability what follows from its other fields, for keeping: the words of reasons and the names of
// missing inputs are most of its bytes. Restore puts it back.
void Condense(v1::Score& score);
void Restore(v1::Score& score);

// Orders scores by risk: probabilities above health scores, the greater the riskier. Fits the ranks of an index. Absent
// for a health score without any signal.
std::optional<int64_t> RiskRank(const v1::Score& score);
// Whether a rank is a probability's, and the probability or health score that it stands for, to nine digits.
struct RankedScore {
  v1::ScoreKind kind = v1::SCORE_KIND_UNSPECIFIED;
  double value = 0;
};
RankedScore FromRiskRank(int64_t rank);

// The health rules that hold when none were set.
const v1::HealthRules& DefaultHealthRules();

// What ValidateHealthRules says, and that every signal is a numeric or boolean standard feature.
absl::Status ValidateCustomerHealthRules(const v1::HealthRules& rules);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_CORE_SCORE_H_
