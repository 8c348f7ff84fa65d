#ifndef RAPPORT_SERVICES_CHURN_SERVICE_SCORE_STORE_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_SCORE_STORE_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/write/write_path.h"
#include "rapport/churn/storage/v1/storage.pb.h"
#include "services/churn/core/score.h"
#include "services/churn/service/reader.h"

// Where scores are kept, and what is counted of them.
namespace rapport::churn {

// The entity of a customer's last score.
store::Key ScoreKey(absl::string_view customer_id);

inline constexpr std::array kBands = {v1::HEALTH_BAND_RED, v1::HEALTH_BAND_YELLOW, v1::HEALTH_BAND_GREEN};

// The index of a partition that ranks its scored customers of one band by RiskRank.
std::string RiskIndex(v1::HealthBand band);

// The stream of a partition that tells BandChanges, each preceded by its length.
inline constexpr absl::string_view kRiskStream = "risk";

// The index of a partition that ranks customers by when the first outcome that is awaited of them is known.
inline constexpr absl::string_view kAwaitedIndex = "awaited";

// Takes a customer out of everything that is kept of scores: for plans that erase one. `score` is the entity of
// ScoreKey.
void ForgetScore(absl::string_view customer_id, write::EntityState& score, write::Changes& changes);

// The last scores of these customers, in order; absent where there is none. Blocks on the store.
absl::StatusOr<std::vector<std::optional<storage::v1::StoredScore>>> LoadScores(Reader& reader,
                                                                                absl::string_view tenant,
                                                                                const std::vector<std::string>& ids);

// Of every scored customer who is active as of the last sweep: score and band. Blocks on the store; takes time in
// proportion to their number.
struct BandedScore {
  RankedScore score;
  v1::HealthBand band = v1::HEALTH_BAND_UNSPECIFIED;
};
absl::StatusOr<absl::flat_hash_map<std::string, BandedScore>> LoadAllRanks(Reader& reader, absl::string_view tenant);

// How many of them are in each band: RED, YELLOW and GREEN. Blocks on the store.
absl::StatusOr<std::map<v1::HealthBand, int64_t>> CustomersByBand(Reader& reader, absl::string_view tenant);

// The outcomes known so far of what models predicted, by their version. Blocks on the store.
absl::StatusOr<std::map<std::string, storage::v1::OutcomeSums>> LoadOutcomes(Reader& reader, absl::string_view tenant);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_SCORE_STORE_H_
