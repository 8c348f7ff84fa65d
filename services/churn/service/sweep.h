#ifndef RAPPORT_SERVICES_CHURN_SERVICE_SWEEP_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_SWEEP_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/write/write_path.h"
#include "rapport/churn/v1/scores.pb.h"
#include "services/churn/service/directory.h"
#include "services/churn/service/scoring.h"
#include "services/churn/service/sweep_store.h"

namespace rapport::churn {

// Scores all active customers again and again, each round once however many replicas there are: a replica leases a
// partition of a tenant in the store, goes through it in chunks, notes how far it is, and another one takes over where
// a dead one stopped. Thread-safe; blocks.
class Sweep {
 public:
  struct Options {
    absl::Duration interval = absl::Hours(24);  // between the begins of two rounds; infinite: only when told to
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

  // A round at once, whatever the schedule: the contract of the RPC SweepScores. DEADLINE_EXCEEDED when `go_on` says no
  // before it is done; what is left of the round is due then.
  absl::StatusOr<v1::SweepScoresResponse> RunNow(absl::string_view tenant, const std::function<bool()>& go_on);

  // When the last round of all partitions ended; InfinitePast when there was none.
  absl::StatusOr<absl::Time> LastFinished(absl::string_view tenant);

 private:
  // Goes through partitions that are not done with a round, or with one before `due_ms`, until there is none left that
  // nobody else is at.
  absl::Status Work(absl::string_view tenant, int64_t due_ms, const std::function<bool()>& go_on);
  // Begins a round in every partition that nobody is at; false when somebody is at the first.
  absl::StatusOr<bool> BeginRound(absl::string_view tenant, std::vector<SweepEntry> entries);
  // Tells what the models met in the round that ended last, once for each round.
  absl::Status Publish(absl::string_view tenant, const std::vector<SweepEntry>& entries);
  std::string NextRunner();

  const Options options_;
  Reader& reader_;
  Directory& directory_;
  FeatureReader& features_;
  Scoring& scoring_;
  ActiveModels& models_;
  ModelStore& model_store_;
  write::WritePath& path_;
  ChurnMetrics& metrics_;

  absl::Mutex mutex_;
  int64_t runs_ ABSL_GUARDED_BY(mutex_) = 0;
  // By tenant, the end of the round that was published last.
  absl::flat_hash_map<std::string, int64_t> published_ms_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_SWEEP_H_
