// XGBoost keeps the last answer of each booster for each thread that asked it, as long as the thread lives.

#include <malloc.h>

#include <barrier>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "services/churn/model/scorer.h"
#include "services/churn/model/trainer.h"
#include "tests/churn_model/synthetic.h"

namespace rapport::churn {
namespace {

size_t HeapBytes() {
  const struct mallinfo2 allocated = mallinfo2();
  return allocated.uordblks + allocated.hblkhd;
}

TEST(ScorerMemoryTest, ModelsThatGoTakeTheirMemoryAlong) {
  v1::TrainingOptions options;
  options.set_folds(2);
  options.set_skip_evaluation(true);
  const v1::Model model = *TrainModel(SyntheticCustomers(600, 1), options, absl::FromUnixSeconds(1'750'000'000),
                                      [](double) { return true; });
  const FeatureMatrix rows = SyntheticCustomers(20'000, 2).features;

  constexpr int kThreads = 8;
  constexpr int kModels = 40;
  constexpr int kWarmUp = 10;
  std::shared_ptr<const Scorer> scorer;
  std::barrier<> meet(kThreads + 1);
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < kModels; ++round) {
        meet.arrive_and_wait();
        EXPECT_TRUE(scorer->Score(rows, Reasons::kNone).ok());
        meet.arrive_and_wait();
      }
    });
  }
  std::vector<std::unique_ptr<char[]>> apart;  // so that no model comes to lie where an earlier one was
  size_t at_first = 0;
  size_t at_last = 0;  // while the threads are there
  for (int round = 0; round < kModels; ++round) {
    scorer = *Scorer::Create(model);
    meet.arrive_and_wait();
    meet.arrive_and_wait();
    scorer = nullptr;
    if (round == kWarmUp) at_first = HeapBytes();
    if (round == kModels - 2) at_last = HeapBytes();
    for (int i = 0; i < 40; ++i) apart.push_back(std::make_unique<char[]>(100 + 97 * i));
  }
  for (std::thread& thread : threads) thread.join();
  const double kept = static_cast<double>(at_last) - static_cast<double>(at_first);
  // `apart` takes 80,000; the answers of eight threads would take 640,000.
  EXPECT_LT(kept / (kModels - 2 - kWarmUp), 200'000) << "bytes a model";
}

}  // namespace
}  // namespace rapport::churn
