#include "tests/churn_training/world.h"

#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/store/open_store.h"
#include "services/churn/model/profile.h"
#include "services/churn/model/trainer.h"
#include "tests/churn_model/synthetic.h"

namespace rapport::churn {
namespace {

constexpr size_t kRows = 300;

std::unique_ptr<store::Store> OpenStore(const std::string& url) {
  store::StoreOptions options;
  options.url = url;
  options.service = "churn";
  auto opened = store::OpenStore(options);
  EXPECT_TRUE(opened.ok()) << opened.status();
  return *std::move(opened);
}

v1::TrainingOptions Quick() {
  v1::TrainingOptions options;
  options.set_folds(2);
  options.set_skip_evaluation(true);
  return options;
}

store::Partition FirstPartition() {
  return {kTenant, 0};
}

}  // namespace

std::vector<absl::Status> CutStore::Commit(absl::Span<const store::Mutation> mutations) {
  if (cut) return std::vector<absl::Status>(mutations.size(), absl::UnavailableError("cut"));
  return whole_->Commit(mutations);
}

absl::StatusOr<std::vector<store::Loaded>> CutStore::Load(absl::Span<const store::LoadRequest> requests) {
  for (const store::LoadRequest& request : requests) {
    for (const store::Key& key : request.keys) {
      registry_loads += key.collection == "models" ? 1 : 0;
      profile_loads += key.collection == "modelprofiles" ? 1 : 0;
    }
  }
  if (cut) return absl::UnavailableError("cut");
  return whole_->Load(requests);
}

absl::StatusOr<std::vector<store::CounterLog>> CutStore::ReadCounters(absl::Span<const store::TableRef> tables) {
  if (cut) return absl::UnavailableError("cut");
  return whole_->ReadCounters(tables);
}

absl::StatusOr<store::IndexPage> CutStore::RangeIndex(const store::IndexRange& range) {
  return whole_->RangeIndex(range);
}

absl::StatusOr<std::vector<store::StreamPage>> CutStore::ReadStreams(absl::Span<const store::StreamRange> ranges) {
  return whole_->ReadStreams(ranges);
}

World::World(absl::string_view engine)
    : redis_(engine == "redis" ? std::make_unique<test_support::RedisServer>() : nullptr),
      now_ms_(1'760'000'000'000),
      store_(std::make_unique<CutStore>(
          OpenStore(redis_ == nullptr ? "rocksdb:" + dir_.path() + "/data" : redis_->url()))),
      models_(*store_, [this] { return Now(); }),
      trainings_(*store_, [this] { return Now(); }),
      tenants_(*store_),
      metrics_(registry_) {}

std::unique_ptr<Trainings> World::Process(const std::string& runner, OutcomeSource outcomes) {
  TrainingOptions options;
  options.runner = runner;
  options.report_every = absl::ZeroDuration();
  options.poll_every = absl::Milliseconds(5);
  return std::make_unique<Trainings>(options, trainings_, models_, std::move(outcomes), tenants_, metrics_);
}

void World::Damage(const std::string& version, uint32_t chunk) {
  const store::Key key{"modelchunks", absl::StrCat(version, "/", chunk), false};
  storage::v1::ModelChunk stored;
  ASSERT_TRUE(stored.ParseFromString(Stored(key)));
  ASSERT_FALSE(stored.bytes().empty());
  (*stored.mutable_bytes())[stored.bytes().size() / 2] ^= 1;
  store::Mutation mutation;
  mutation.partition = FirstPartition();
  mutation.puts.push_back({key, stored.SerializeAsString()});
  ASSERT_TRUE(store_->Commit({mutation}).front().ok());
}

std::string World::Stored(const store::Key& key) {
  const auto loaded = store_->Load(std::vector<store::LoadRequest>{{FirstPartition(), {key}}});
  EXPECT_TRUE(loaded.ok()) << loaded.status();
  return loaded->front().entities.front().value;
}

v1::Model QuickModel(uint32_t seed) {
  return *TrainModel(SyntheticCustomers(kRows, seed), Quick(), absl::FromUnixSeconds(1'760'000'000),
                     [](double) { return true; });
}

storage::v1::TrainingProfile QuickProfile(uint32_t seed) {
  const LabelledData data = SyntheticCustomers(kRows, seed);
  return ProfileOf(data.schema, data.features);
}

std::string AddQuickModel(World& world, uint32_t seed) {
  const v1::Model model = QuickModel(seed);
  const absl::Status added = world.models().Add(kTenant, model, QuickProfile(seed));
  EXPECT_TRUE(added.ok()) << added;
  return model.metadata().version();
}

}  // namespace rapport::churn
