#include "services/churn/service/model_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/churn_training/world.h"

namespace rapport::churn {
namespace {

using testing::HasSubstr;

// A version as long as a real one.
std::string Version(int i) {
  return absl::StrCat(absl::Hex(i, absl::kZeroPad8), std::string(56, 'e'));
}

class ModelStoreTest : public testing::TestWithParam<std::string> {
 protected:
  // Far quicker than training one.
  absl::Status AddMade(int i, size_t bytes = 10) {
    v1::Model model;
    model.mutable_metadata()->set_version(Version(i));
    model.set_booster(std::string(bytes, static_cast<char>('a' + i % 26)));
    storage::v1::TrainingProfile profile;
    profile.add_features()->set_feature(absl::StrCat("feature", i));
    return world_.models().Add(kTenant, model, profile);
  }

  storage::v1::ModelRegistry Registry() { return *world_.models().Registry(kTenant); }

  World world_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Engines, ModelStoreTest, testing::Values("rocksdb", "redis"),
                         [](const auto& tested) { return tested.param; });

TEST_P(ModelStoreTest, AModelComesBackWhole) {
  const v1::Model model = QuickModel(1);
  ASSERT_TRUE(world_.models().Add(kTenant, model, QuickProfile(1)).ok());
  const absl::StatusOr<v1::Model> back = world_.models().Load(kTenant, model.metadata().version());
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->SerializeAsString(), model.SerializeAsString());
  EXPECT_EQ(world_.models().LoadProfile(kTenant, model.metadata().version())->features_size(), 3);
  ASSERT_EQ(Registry().models_size(), 1);
  EXPECT_EQ(Registry().models(0).schema().features_size(), 3);
}

TEST_P(ModelStoreTest, LargeModelsLieInParts) {
  ASSERT_TRUE(AddMade(1, 700'000).ok());
  EXPECT_FALSE(world_.Stored({"modelchunks", Version(1) + "/2", false}).empty());
  EXPECT_EQ(world_.models().Load(kTenant, Version(1))->booster().size(), 700'000U);
}

TEST_P(ModelStoreTest, TheSameAgainChangesNothing) {
  ASSERT_TRUE(AddMade(1).ok());
  ASSERT_TRUE(AddMade(2).ok());
  ASSERT_TRUE(AddMade(1, 999).ok());
  EXPECT_EQ(Registry().models_size(), 2);
  EXPECT_EQ(world_.models().Load(kTenant, Version(1))->booster().size(), 10U);
}

TEST_P(ModelStoreTest, DamageIsAnErrorThatNamesTheModel) {
  ASSERT_TRUE(AddMade(1, 700'000).ok());
  world_.Damage(Version(1), 1);
  const absl::Status damaged = world_.models().Load(kTenant, Version(1)).status();
  EXPECT_EQ(damaged.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(damaged.message(), HasSubstr(Version(1)));
}

TEST_P(ModelStoreTest, UnknownVersionsAreNotFound) {
  EXPECT_EQ(world_.models().Load(kTenant, Version(1)).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(world_.models().LoadProfile(kTenant, Version(1)).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(world_.models().Activate(kTenant, Version(1)).status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(AddMade(1).ok());
  EXPECT_EQ(world_.models().Load("other", Version(1)).status().code(), absl::StatusCode::kNotFound);
}

TEST_P(ModelStoreTest, ActivatesRollsBackAndShadows) {
  ModelStore& models = world_.models();
  EXPECT_EQ(models.RollBack(kTenant).status().code(), absl::StatusCode::kFailedPrecondition);
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(AddMade(i).ok());
  EXPECT_TRUE(models.Activate(kTenant, Version(1).substr(0, 8))->active());
  ASSERT_TRUE(models.Activate(kTenant, Version(2)).ok());
  const v1::ModelSummary again = *models.Activate(kTenant, Version(2));
  EXPECT_EQ(again.activated_at().seconds(), absl::ToUnixSeconds(world_.Now()));
  EXPECT_EQ(Registry().activations_size(), 2);
  EXPECT_TRUE((*models.SetShadow(kTenant, Version(3)))->shadow());
  EXPECT_TRUE((*models.SetShadow(kTenant, Version(3)))->shadow());
  EXPECT_EQ((*models.RollBack(kTenant))->metadata().version(), Version(1));
  EXPECT_EQ(ActiveVersion(Registry()), Version(1));
  // Repeated, since the answer was lost.
  EXPECT_EQ((*models.RollBack(kTenant, Version(2)))->metadata().version(), Version(1));
  EXPECT_FALSE(models.RollBack(kTenant)->has_value());
  EXPECT_EQ(ActiveVersion(Registry()), "");
  EXPECT_FALSE(models.SetShadow(kTenant, "")->has_value());
  EXPECT_EQ(Registry().shadow_version(), "");
}

TEST_P(ModelStoreTest, ACandidateThatBecomesActiveIsNoneAnyMore) {
  ASSERT_TRUE(AddMade(1).ok());
  ASSERT_TRUE(world_.models().SetShadow(kTenant, Version(1)).ok());
  const v1::ModelSummary active = *world_.models().Activate(kTenant, Version(1));
  EXPECT_TRUE(active.active());
  EXPECT_FALSE(active.shadow());
}

TEST_P(ModelStoreTest, KeepsTheLatestAndThoseInUse) {
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(AddMade(i).ok());
  for (int i = 1; i <= 2; ++i) ASSERT_TRUE(world_.models().Activate(kTenant, Version(i)).ok());
  ASSERT_TRUE(world_.models().SetShadow(kTenant, Version(3)).ok());
  for (int i = 4; i <= 55; ++i) ASSERT_TRUE(AddMade(i).ok());
  EXPECT_EQ(Registry().models_size(), kModelsKept + 3);
  EXPECT_EQ(Registry().models(0).metadata().version(), Version(55));
  for (int i = 1; i <= 3; ++i) EXPECT_TRUE(world_.models().Load(kTenant, Version(i)).ok()) << i;
  EXPECT_EQ(world_.models().Load(kTenant, Version(4)).status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(world_.Stored({"modelchunks", Version(4) + "/0", false}).empty());
  EXPECT_TRUE(world_.Stored({"modelprofiles", Version(4), false}).empty());
  EXPECT_EQ((*world_.models().RollBack(kTenant))->metadata().version(), Version(1));
}

TEST_P(ModelStoreTest, VersionsAreNamedByTheirFirstDigits) {
  ASSERT_TRUE(AddMade(1).ok());
  const storage::v1::ModelRegistry registry = Registry();
  EXPECT_EQ(*ResolveVersion(registry, Version(1).substr(0, 8)), Version(1));
  EXPECT_EQ(ResolveVersion(registry, "0000000").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ResolveVersion(registry, "ffffffff").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ResolveVersion(registry, "").status().code(), absl::StatusCode::kFailedPrecondition);
  storage::v1::ModelRegistry two = registry;
  two.add_models()->mutable_metadata()->set_version(Version(1).substr(0, 20));
  EXPECT_EQ(ResolveVersion(two, Version(1).substr(0, 8)).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_P(ModelStoreTest, ReplicasThatChangeAtTheSameTimeLoseNothing) {
  std::vector<std::thread> threads;
  threads.reserve(3);
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5; ++i) EXPECT_TRUE(AddMade(10 * t + i).ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Registry().models_size(), 15);
}

TEST_P(ModelStoreTest, DriftIsKeptByVersion) {
  ASSERT_TRUE(AddMade(1).ok());
  EXPECT_FALSE(world_.models().LoadDrift(kTenant, Version(1))->has_measured_at());
  storage::v1::DriftState drift;
  drift.set_model_version(Version(1));
  drift.mutable_measured_at()->set_seconds(7);
  ASSERT_TRUE(world_.models().PutDrift(kTenant, drift).ok());
  EXPECT_EQ(world_.models().LoadDrift(kTenant, Version(1))->measured_at().seconds(), 7);
}

}  // namespace
}  // namespace rapport::churn
