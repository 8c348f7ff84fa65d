// Many threads score while models are swapped under them. Under ThreadSanitizer this proves that scoring is free of
// races.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "services/churn/service/active_models.h"
#include "tests/churn_model/synthetic.h"
#include "tests/churn_training/world.h"

namespace rapport::churn {
namespace {

constexpr int kThreads = 4;
constexpr int kSwaps = 30;
constexpr int kLeastRounds = 50;

TEST(ScoringThreadsTest, SwappingModelsFailsNoCallAndEveryScoreIsOfOneVersion) {
  World world;
  const std::string versions[] = {AddQuickModel(world, 1), AddQuickModel(world, 2)};
  ASSERT_TRUE(world.models().Activate(kTenant, versions[0]).ok());
  const FeatureMatrix rows = SyntheticCustomers(40, 3).features;
  std::map<std::string, Scores> expected;
  for (const uint32_t seed : {1, 2}) {
    const auto scorer = *Scorer::Create(QuickModel(seed));
    expected[scorer->model().metadata().version()] = *scorer->Score(rows, Reasons::kContributions);
  }

  ActiveModels models(world.models());
  std::atomic<bool> swapping = true;
  const auto score = [&](bool explain) {
    for (int round = 0; round < kLeastRounds || swapping; ++round) {
      const absl::StatusOr<ModelsInUse> in_use = models.Get(kTenant);
      ASSERT_TRUE(in_use.ok()) << in_use.status();
      const Scorer& scorer = *in_use->active->scorer;
      const absl::StatusOr<Scores> scores = scorer.Score(rows, explain ? Reasons::kContributions : Reasons::kNone);
      ASSERT_TRUE(scores.ok()) << scores.status();
      const Scores& known = expected.at(scorer.model().metadata().version());
      ASSERT_EQ(scores->probabilities, known.probabilities);
      if (explain) {
        ASSERT_EQ(scores->contributions.values, known.contributions.values);
      }
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(score, i % 2 == 0);
  for (int i = 1; i <= kSwaps; ++i) {
    EXPECT_TRUE(world.models().Activate(kTenant, versions[i % 2]).ok());
    EXPECT_TRUE(world.models().SetShadow(kTenant, versions[1 - i % 2]).ok());
    world.Advance(absl::Seconds(1));
    const absl::StatusOr<ModelsInUse> in_use = models.Get(kTenant);
    EXPECT_TRUE(in_use.ok()) << in_use.status();
  }
  swapping = false;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace rapport::churn
