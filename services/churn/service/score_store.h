#ifndef RAPPORT_SERVICES_CHURN_SERVICE_SCORE_STORE_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_SCORE_STORE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rapport/churn/storage/v1/storage.pb.h"
#include "services/churn/core/score.h"
#include "services/churn/service/reader.h"

namespace rapport::churn {

// The entity of a customer's last score.
store::Key ScoreKey(absl::string_view customer_id);

// The index of a partition that ranks its scored customers of one band by RiskRank.
std::string RiskIndex(v1::HealthBand band);

// The stream of a partition that tells BandChanges.
inline constexpr absl::string_view kRiskStream = "risk";

// The last scores of these customers, in order; absent where there is none. Blocks on the store.
absl::StatusOr<std::vector<std::optional<storage::v1::StoredScore>>> LoadScores(Reader& reader,
                                                                                absl::string_view tenant,
                                                                                const std::vector<std::string>& ids);

// Of every scored customer: score and band. Blocks on the store; takes time in proportion to their number.
struct BandedScore {
  RankedScore score;
  v1::HealthBand band = v1::HEALTH_BAND_UNSPECIFIED;
};
absl::StatusOr<absl::flat_hash_map<std::string, BandedScore>> LoadAllRanks(Reader& reader, absl::string_view tenant);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_SCORE_STORE_H_
