#ifndef RAPPORT_SERVICES_CHURN_SERVICE_SCORE_WRITES_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_SCORE_WRITES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/write/gathering.h"
#include "common/write/write_path.h"
#include "rapport/churn/storage/v1/storage.pb.h"
#include "rapport/churn/v1/scores.pb.h"
#include "services/churn/service/churn_metrics.h"

// How sweeps change what is kept of scores: each change of a customer is atomic, with the ranks, counts and news that
// follow from it.
namespace rapport::churn {

// Of a partition: scored customers by the number of their band, and outcomes by version, slash and what is summed up,
// probabilities and variances in billionths.
inline constexpr absl::string_view kBandTable = "score.bands";
inline constexpr absl::string_view kOutcomeTable = "score.outcomes";
inline constexpr absl::string_view kSumOfCustomers = "customers";
inline constexpr absl::string_view kSumOfLost = "lost";
inline constexpr absl::string_view kSumOfPredicted = "predicted";
inline constexpr absl::string_view kSumOfVariance = "variance";
inline constexpr double kOutcomeUnit = 1e9;

// A customer as a sweep meets them.
struct SweptCustomer {
  store::Partition partition;
  std::string customer_id;
  std::string owner_id;
  std::vector<int64_t> losses_ms;  // when they were lost, until now
  int64_t now_ms = 0;              // outcomes that are known by now are counted
};

// The score of an active customer, condensed or not. With a probability, its outcome is awaited for `horizon_days`,
// unless one of the same model is awaited already. Nothing is changed when a later score is stored, or when the
// customer was erased.
struct NewScore {
  v1::Score score;
  int horizon_days = 0;  // 0: unknown, no outcome is awaited
};

// `metrics` must outlive the write.
std::unique_ptr<write::Write> MakeScoreWrite(SweptCustomer customer, NewScore score, ChurnMetrics& metrics,
                                             std::shared_ptr<write::Gathering> gathering);

// A customer who is no longer active leaves ranks and counts; their score stays, and outcomes go on being awaited.
std::unique_ptr<write::Write> MakeLeaveWrite(SweptCustomer customer, std::shared_ptr<write::Gathering> gathering);

// Nothing of a customer of whom nothing is known any more is kept.
std::unique_ptr<write::Write> MakeForgetWrite(SweptCustomer customer, std::shared_ptr<write::Gathering> gathering);

// DATA_LOSS when the bytes are no score.
absl::StatusOr<storage::v1::StoredScore> UnpackScore(const std::string& bytes);

// The news of a stream's entry, appended and read.
void AppendBandChange(const storage::v1::BandChange& change, std::string& entry);
absl::StatusOr<std::vector<storage::v1::BandChange>> ParseBandChanges(const std::string& entry);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_SCORE_WRITES_H_
