#include "services/churn/service/active_models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/churn_training/world.h"

namespace rapport::churn {
namespace {

class ActiveModelsTest : public testing::Test {
 protected:
  static std::string VersionOf(const std::shared_ptr<const LoadedModel>& model) {
    return model == nullptr ? "" : model->scorer->model().metadata().version();
  }
  static std::string ActiveIn(ActiveModels& replica) {
    const absl::StatusOr<ModelsInUse> models = replica.Get(kTenant);
    EXPECT_TRUE(models.ok()) << models.status();
    return models.ok() ? VersionOf(models->active) : "";
  }

  World world_;
  const std::string first_ = AddQuickModel(world_, 1);
  const std::string second_ = AddQuickModel(world_, 2);
};

TEST_F(ActiveModelsTest, ReplicasSeeChangesWithinASecond) {
  ActiveModels replica(world_.models());
  EXPECT_EQ(ActiveIn(replica), "");
  ASSERT_TRUE(world_.models().Activate(kTenant, first_).ok());
  EXPECT_EQ(ActiveIn(replica), "");
  world_.Advance(absl::Seconds(1));
  EXPECT_EQ(ActiveIn(replica), first_);
  ASSERT_TRUE(world_.models().Activate(kTenant, second_).ok());
  ASSERT_TRUE(world_.models().SetShadow(kTenant, first_).ok());
  world_.Advance(absl::Seconds(1));
  EXPECT_EQ(ActiveIn(replica), second_);
  EXPECT_EQ(VersionOf(replica.Get(kTenant)->shadow), first_);
  ASSERT_TRUE(world_.models().RollBack(kTenant).ok());
  world_.Advance(absl::Seconds(1));
  EXPECT_EQ(ActiveIn(replica), first_);
}

TEST_F(ActiveModelsTest, OwnChangesAreSeenAtOnce) {
  ActiveModels replica(world_.models());
  EXPECT_EQ(ActiveIn(replica), "");
  ASSERT_TRUE(world_.models().Activate(kTenant, first_).ok());
  replica.Refresh(kTenant);
  EXPECT_EQ(ActiveIn(replica), first_);
}

TEST_F(ActiveModelsTest, LooksAtTheRegistryAtMostOnceASecond) {
  ASSERT_TRUE(world_.models().Activate(kTenant, first_).ok());
  ActiveModels replica(world_.models());
  ActiveIn(replica);
  const int looks = world_.store().registry_loads;
  for (int i = 0; i < 100; ++i) ActiveIn(replica);
  EXPECT_EQ(world_.store().registry_loads, looks);
}

TEST_F(ActiveModelsTest, ManyCallersLoadAModelOnce) {
  ASSERT_TRUE(world_.models().Activate(kTenant, first_).ok());
  ActiveModels replica(world_.models());
  std::vector<std::thread> callers;
  callers.reserve(8);
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&, i] {
      if (i % 2 == 0) {
        EXPECT_EQ(ActiveIn(replica), first_);
      } else {
        EXPECT_TRUE(replica.Find(kTenant, first_).ok());
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(world_.store().profile_loads, 1);
}

TEST_F(ActiveModelsTest, WhatIsNotActiveAnyMoreStaysUsableByItsHolders) {
  ASSERT_TRUE(world_.models().Activate(kTenant, first_).ok());
  ActiveModels replica(world_.models());
  const std::shared_ptr<const LoadedModel> held = replica.Get(kTenant)->active;
  ASSERT_TRUE(world_.models().Activate(kTenant, second_).ok());
  replica.Refresh(kTenant);
  EXPECT_EQ(ActiveIn(replica), second_);
  const FeatureMatrix row = {.columns = 3, .values = {1, 1, 1}};
  EXPECT_TRUE(held->scorer->Score(row, Reasons::kContributions).ok());
  EXPECT_EQ(held->profile.features_size(), 3);
}

TEST_F(ActiveModelsTest, GoesOnWithWhatWasLoadedLastWhileTheStoreIsDown) {
  ASSERT_TRUE(world_.models().Activate(kTenant, first_).ok());
  ActiveModels replica(world_.models());
  EXPECT_EQ(ActiveIn(replica), first_);
  ASSERT_TRUE(world_.models().Activate(kTenant, second_).ok());
  world_.store().cut = true;
  world_.Advance(absl::Hours(1));
  EXPECT_EQ(ActiveIn(replica), first_);
  EXPECT_EQ(replica.Get("other").status().code(), absl::StatusCode::kUnavailable);
  world_.store().cut = false;
  world_.Advance(absl::Seconds(1));
  EXPECT_EQ(ActiveIn(replica), second_);
  EXPECT_TRUE(replica.Get("other").ok());
}

TEST_F(ActiveModelsTest, ADamagedActiveModelIsAnErrorAndADamagedCandidateNone) {
  ASSERT_TRUE(world_.models().Activate(kTenant, first_).ok());
  ASSERT_TRUE(world_.models().SetShadow(kTenant, second_).ok());
  world_.Damage(second_, 0);
  ActiveModels replica(world_.models());
  EXPECT_EQ(ActiveIn(replica), first_);
  EXPECT_EQ(replica.Get(kTenant)->shadow, nullptr);
  ASSERT_TRUE(world_.models().Activate(kTenant, second_).ok());
  replica.Refresh(kTenant);
  EXPECT_EQ(replica.Get(kTenant).status().code(), absl::StatusCode::kDataLoss);
  ASSERT_TRUE(world_.models().RollBack(kTenant).ok());
  replica.Refresh(kTenant);
  EXPECT_EQ(ActiveIn(replica), first_);
}

TEST_F(ActiveModelsTest, ModelsThatNobodyAsksForAreGivenBack) {
  ASSERT_TRUE(world_.models().Activate(kTenant, first_).ok());
  ActiveModels replica(world_.models());
  EXPECT_EQ(ActiveIn(replica), first_);
  const std::weak_ptr<const LoadedModel> named = *replica.Find(kTenant, second_);
  world_.Advance(absl::Minutes(9));
  EXPECT_EQ(ActiveIn(replica), first_);
  EXPECT_FALSE(named.expired());
  EXPECT_TRUE(replica.Find(kTenant, second_).ok());
  world_.Advance(absl::Minutes(9));
  EXPECT_EQ(ActiveIn(replica), first_);
  EXPECT_FALSE(named.expired());
  world_.Advance(absl::Minutes(1));
  EXPECT_EQ(ActiveIn(replica), first_);
  EXPECT_TRUE(named.expired());
  EXPECT_TRUE(replica.Find(kTenant, second_).ok());
}

TEST_F(ActiveModelsTest, FindsAnyModelOfTheRegistry) {
  ActiveModels replica(world_.models());
  EXPECT_EQ(replica.Find(kTenant, "").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(VersionOf(*replica.Find(kTenant, second_.substr(0, 8))), second_);
  EXPECT_EQ(VersionOf(*replica.Find(kTenant, second_)), second_);
  EXPECT_EQ(replica.Find(kTenant, std::string(64, '0')).status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(world_.models().Activate(kTenant, first_).ok());
  replica.Refresh(kTenant);
  EXPECT_EQ(VersionOf(*replica.Find(kTenant, "")), first_);
}

}  // namespace
}  // namespace rapport::churn
