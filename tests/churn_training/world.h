#ifndef RAPPORT_TESTS_CHURN_TRAINING_WORLD_H_
#define RAPPORT_TESTS_CHURN_TRAINING_WORLD_H_

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/metrics/registry.h"
#include "common/service/tenants.h"
#include "common/store/store.h"
#include "rapport/churn/v1/training.pb.h"
#include "services/churn/model/dataset.h"
#include "services/churn/service/churn_metrics.h"
#include "services/churn/service/model_store.h"
#include "services/churn/service/training_store.h"
#include "services/churn/service/trainings.h"
#include "tests/support/redis_server.h"
#include "tests/support/temp_dir.h"

// A store with what trainings and models need, and a clock that tests set.
namespace rapport::churn {

inline constexpr char kTenant[] = "acme";

// A store that can be cut off and counts what is loaded from it.
class CutStore final : public store::Store {
 public:
  explicit CutStore(std::unique_ptr<store::Store> whole) : whole_(std::move(whole)) {}

  std::vector<absl::Status> Commit(absl::Span<const store::Mutation> mutations) override;
  absl::StatusOr<std::vector<store::Loaded>> Load(absl::Span<const store::LoadRequest> requests) override;
  absl::StatusOr<std::vector<store::CounterLog>> ReadCounters(absl::Span<const store::TableRef> tables) override;
  absl::StatusOr<store::IndexPage> RangeIndex(const store::IndexRange& range) override;
  absl::StatusOr<std::vector<store::StreamPage>> ReadStreams(absl::Span<const store::StreamRange> ranges) override;
  uint32_t partition_count() const override { return whole_->partition_count(); }
  const store::StoreInfo& info() const override { return whole_->info(); }
  absl::Status Ping() override { return whole_->Ping(); }

  std::atomic<bool> cut = false;
  std::atomic<int> registry_loads = 0;
  std::atomic<int> profile_loads = 0;

 private:
  const std::unique_ptr<store::Store> whole_;
};

class World {
 public:
  explicit World(absl::string_view engine = "rocksdb");

  absl::Time Now() const { return absl::FromUnixMillis(now_ms_); }
  void Advance(absl::Duration by) { now_ms_ += absl::ToInt64Milliseconds(by); }

  // What one process has.
  std::unique_ptr<Trainings> Process(const std::string& runner, OutcomeSource outcomes = nullptr);

  // Overwrites a part of a model in the store.
  void Damage(const std::string& version, uint32_t chunk);
  // The bytes stored under a key of the tenant; empty when there are none.
  std::string Stored(const store::Key& key);

  CutStore& store() { return *store_; }
  ModelStore& models() { return models_; }
  TrainingStore& trainings() { return trainings_; }

 private:
  const test_support::TempDir dir_;
  std::unique_ptr<test_support::RedisServer> redis_;
  std::atomic<int64_t> now_ms_;
  metrics::Registry registry_;
  std::unique_ptr<CutStore> store_;
  ModelStore models_;
  TrainingStore trainings_;
  service::Tenants tenants_;
  ChurnMetrics metrics_;
};

// A model of synthetic customers, trained in moments; another seed gives another model.
v1::Model QuickModel(uint32_t seed);
// The profile that belongs to it.
storage::v1::TrainingProfile QuickProfile(uint32_t seed);
// Registers QuickModel, and answers with its version.
std::string AddQuickModel(World& world, uint32_t seed);

}  // namespace rapport::churn

#endif  // RAPPORT_TESTS_CHURN_TRAINING_WORLD_H_
