#ifndef RAPPORT_SERVICES_CHURN_SERVICE_SWEEP_STORE_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_SWEEP_STORE_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/store/store.h"
#include "rapport/churn/storage/v1/storage.pb.h"

// How far sweeps are, in the store.
namespace rapport::churn {

// Of one partition, as it was read.
struct SweepEntry {
  storage::v1::SweepState state;
  uint64_t version = 0;
};

// Of all partitions, by number. Blocks on the store.
absl::StatusOr<std::vector<SweepEntry>> LoadSweeps(store::Store& store, absl::string_view tenant);

// What the model met so far in the present or last round of each of these partitions; its shadow comparison has means.
// Blocks on the store.
absl::StatusOr<std::vector<storage::v1::DriftState>> LoadMet(store::Store& store, absl::string_view tenant,
                                                             const std::vector<uint32_t>& partitions);

// Stores state and what the model met, unless another writer was faster: ABORTED. Sets the new version. `runner` must
// be that of one thread alone. Blocks on the store.
absl::Status SaveSweep(store::Store& store, const store::Partition& partition, const storage::v1::DriftState& met,
                       SweepEntry& entry);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_SWEEP_STORE_H_
