#ifndef RAPPORT_SERVICES_CHURN_SERVICE_SWEEP_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_SWEEP_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/write/write_path.h"
#include "rapport/churn/v1/scores.pb.h"
#include "services/churn/service/directory.h"
#include "services/churn/service/scoring.h"

namespace rapport::churn {

// Scores all active customers again and again, each round once however many replicas there are: a replica leases a
// partition of a tenant in the store, goes through it in chunks, notes how far it is, and another one takes over where
// a dead one stopped. Thread-safe; blocks.
class Sweep {
 public:
  struct Options {
    absl::Duration interval = absl::Hours(24);  // between the begins of two rounds
    absl::Duration lease = absl::Minutes(1);    // of a partition; moved on with every chunk
    int chunk = 500;                            // customers scored at a time
    std::string runner;                         // names this process; unique
  };

  // All must outlive this.
  Sweep(Options options, Reader& reader, Directory& directory, FeatureReader& features, Scoring& scoring,
        ActiveModels& models, ModelStore& model_store, write::WritePath& path, ChurnMetrics& metrics);

  // Does what is due for a tenant now; returns when nothing is left for this process to do. `go_on` is asked between
  // chunks.
  absl::Status RunDue(absl::string_view tenant, const std::function<bool()>& go_on);

  // A round at once, whatever the schedule: the contract of the RPC SweepScores.
  absl::StatusOr<v1::SweepScoresResponse> RunNow(absl::string_view tenant, const std::function<bool()>& go_on);

  // When the last round of all partitions ended; InfinitePast when there was none.
  absl::StatusOr<absl::Time> LastFinished(absl::string_view tenant);

 private:
  const Options options_;
  Reader& reader_;
  Directory& directory_;
  FeatureReader& features_;
  Scoring& scoring_;
  ActiveModels& models_;
  ModelStore& model_store_;
  write::WritePath& path_;
  ChurnMetrics& metrics_;
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_SWEEP_H_
