#ifndef RAPPORT_SERVICES_CHURN_SERVICE_PARTITION_SWEEP_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_PARTITION_SWEEP_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/write/write_path.h"
#include "services/churn/service/directory.h"
#include "services/churn/service/score_writes.h"
#include "services/churn/service/scoring.h"
#include "services/churn/service/sweep_store.h"

namespace rapport::churn {

// What sweeps work with.
struct SweepTools {
  Reader& reader;
  Directory& directory;
  FeatureReader& features;
  Scoring& scoring;
  ActiveModels& models;
  write::WritePath& path;
  ChurnMetrics& metrics;
};

// The round of one partition, while this thread holds its lease. Not thread-safe; blocks.
class PartitionSweep {
 public:
  struct Terms {
    std::string runner;  // names this thread; unique
    absl::Duration lease;
    int chunk;
  };

  // `entry` is of the state to begin from. ABORTED when another process was faster.
  static absl::StatusOr<PartitionSweep> Take(const SweepTools& tools, const Terms& terms, store::Partition partition,
                                             SweepEntry entry);

  // Goes on to the end of the round, or until `go_on` says no. Either way, and after an error, gives the lease back.
  // ABORTED when the lease was lost.
  absl::Status Run(const std::function<bool()>& go_on);

  // Whether it came to the end.
  bool finished() const { return entry_.state.finished_ms() >= entry_.state.round_ms(); }

 private:
  // What there is to do, as of `now_ms_`.
  struct Plan {
    std::vector<SweptCustomer> active;  // by id
    std::vector<SweptCustomer> left;
    std::vector<SweptCustomer> unknown;
  };

  PartitionSweep(const SweepTools& tools, const Terms& terms, store::Partition partition, SweepEntry entry);

  absl::Status RunToEnd(const std::function<bool()>& go_on);
  absl::StatusOr<Plan> MakePlan() const;
  absl::Status LetGo(const std::vector<SweptCustomer>& customers, bool are_known);
  absl::Status ScoreChunk(absl::Span<const SweptCustomer> customers);
  // Stores what so many writes change, and returns when it is durable.
  using MakeWrite = absl::FunctionRef<std::unique_ptr<write::Write>(size_t i, std::shared_ptr<write::Gathering>)>;
  absl::Status Store(size_t writes, MakeWrite make);
  absl::Status Save();

  const SweepTools tools_;
  const Terms terms_;
  const store::Partition partition_;
  SweepEntry entry_;
  storage::v1::DriftState met_;
  int64_t now_ms_ = 0;  // when the customers were looked at
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_PARTITION_SWEEP_H_
