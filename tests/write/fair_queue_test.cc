#include "common/write/fair_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace rapport::write {
namespace {

using ::testing::Each;
using ::testing::SizeIs;

class NumberedWrite final : public Write {
 public:
  NumberedWrite(const std::string& tenant, int number, int64_t bytes)
      : partition_{tenant, 0}, number_(number), bytes_(bytes) {}

  const store::Partition& partition() const override { return partition_; }
  absl::Span<const store::Key> keys() const override { return {}; }
  int64_t bytes() const override { return bytes_; }
  absl::Status Plan(absl::Span<EntityState*>, Changes&) override { return absl::OkStatus(); }
  void Finish(const absl::Status&) override {}
  int number() const { return number_; }

 private:
  const store::Partition partition_;
  const int number_;
  const int64_t bytes_;
};

void Push(FairQueue& queue, const std::string& tenant, int number, int64_t bytes = 1) {
  queue.Push({std::make_unique<NumberedWrite>(tenant, number, bytes), bytes});
}

const std::string& TenantOf(const QueuedWrite& write) {
  return write.write->partition().tenant;
}
int NumberOf(const QueuedWrite& write) {
  return static_cast<const NumberedWrite&>(*write.write).number();
}

std::map<std::string, int> CountByTenant(const std::vector<QueuedWrite>& batch) {
  std::map<std::string, int> counts;
  for (const QueuedWrite& write : batch) ++counts[TenantOf(write)];
  return counts;
}

TEST(FairQueueTest, ATenantWithLittleIsInTheNextBatchOfAFlood) {
  FairQueue queue(100, 1'000'000);
  for (int i = 0; i < 10'000; ++i) Push(queue, "flood", i);
  for (int i = 0; i < 40; ++i) Push(queue, "other", i);
  EXPECT_EQ(CountByTenant(queue.TakeBatch()), (std::map<std::string, int>{{"flood", 60}, {"other", 40}}));
}

TEST(FairQueueTest, TenantsThatAllHaveEnoughShareEqually) {
  FairQueue queue(320, 1'000'000);
  for (int i = 0; i < 1'000; ++i) {
    for (const char* tenant : {"a", "b", "c", "d"}) Push(queue, tenant, i);
  }
  EXPECT_THAT(CountByTenant(queue.TakeBatch()), Each(testing::Field(&std::pair<const std::string, int>::second, 80)));
}

TEST(FairQueueTest, LargeEventsCostWhatTheyTakeOfABatch) {
  FairQueue queue(1'000, 100'000);
  for (int i = 0; i < 200; ++i) Push(queue, "large", i, 10'000);  // ten fill a batch
  for (int i = 0; i < 20'000; ++i) Push(queue, "small", i, 1);    // a thousand do
  std::map<std::string, int> counts;
  for (int i = 0; i < 20; ++i) {
    for (const auto& [tenant, count] : CountByTenant(queue.TakeBatch())) counts[tenant] += count;
  }
  // Each got half of what the batches could take, to within a turn or an event.
  EXPECT_NEAR(counts["large"] / 10.0, counts["small"] / 1'000.0, 0.2);
}

TEST(FairQueueTest, BatchesEndWithTheWriteThatFillsThem) {
  FairQueue queue(10, 100);
  Push(queue, "a", 0, 1'000);
  for (int i = 1; i <= 25; ++i) Push(queue, "a", i, 1);
  for (int i = 26; i <= 29; ++i) Push(queue, "a", i, 60);
  std::vector<size_t> sizes;
  while (queue.size() > 0) sizes.push_back(queue.TakeBatch().size());
  EXPECT_THAT(sizes, testing::ElementsAre(1, 10, 10, 7, 2)) << "1, 10, 10, 5 small and 2 large, 2 large";
  EXPECT_THAT(queue.TakeBatch(), testing::IsEmpty());
}

// A queue with what it owes to each write that waits.
class Checked {
 public:
  Checked(int64_t events, int64_t bytes, double largest)
      : queue_(events, bytes), events_(events), bytes_(bytes), largest_(largest) {}

  void Push(const std::string& tenant, int64_t bytes) {
    Tenant& own = tenants_[tenant];
    const double cost =
        std::max(1.0 / static_cast<double>(events_), static_cast<double>(bytes) / static_cast<double>(bytes_));
    own.cost += cost;
    own.waiting.push_back({next_++, cost, own.cost, batches_});
    write::Push(queue_, tenant, own.waiting.back().number, bytes);
  }

  // Takes a batch, and checks order, bounds and waiting.
  void Take() {
    tenants_waiting_.push_back(static_cast<int>(tenants_.size()));
    ++batches_;
    const int64_t before = queue_.size();
    const std::vector<QueuedWrite> batch = queue_.TakeBatch();
    ASSERT_EQ(queue_.size(), before - static_cast<int64_t>(batch.size()));
    int64_t taken = 0;
    for (const QueuedWrite& write : batch) {
      ASSERT_LT(taken, bytes_) << "goes on beyond its bound";
      taken += write.bytes;
      const auto own = tenants_.find(TenantOf(write));
      const Waiting& first = own->second.waiting.front();
      ASSERT_EQ(NumberOf(write), first.number) << "out of order";
      const int most = *std::max_element(tenants_waiting_.begin() + first.since, tenants_waiting_.end());
      const double bound = most * (first.cost_with_own + 2.0 / FairQueue::kTurnsPerBatch + largest_) + 1;
      ASSERT_LE(batches_ - first.since, std::ceil(bound)) << most << " tenants, cost " << first.cost_with_own;
      own->second.cost -= first.cost;
      own->second.waiting.pop_front();
      if (own->second.waiting.empty()) tenants_.erase(own);
    }
    ASSERT_LE(static_cast<int64_t>(batch.size()), events_);
    const bool full = static_cast<int64_t>(batch.size()) == events_ || taken >= bytes_;
    ASSERT_TRUE(full || queue_.size() == 0);
  }

  int64_t size() const { return queue_.size(); }

 private:
  struct Waiting {
    int number;
    double cost;
    double cost_with_own;  // with those of the tenant before it
    int since;             // batches before it came
  };
  struct Tenant {
    std::deque<Waiting> waiting;
    double cost = 0;
  };

  FairQueue queue_;
  const int64_t events_;
  const int64_t bytes_;
  const double largest_;
  std::map<std::string, Tenant> tenants_;
  std::vector<int> tenants_waiting_;  // by batch
  int next_ = 0;
  int batches_ = 0;
};

TEST(FairQueueTest, NobodyWaitsLongerThanTheBound) {
  for (int seed = 0; seed < 30; ++seed) {
    std::mt19937_64 random(seed);
    const auto events = static_cast<int64_t>(1 + random() % 200);
    const auto bytes = static_cast<int64_t>(100 + random() % 100'000);
    const auto largest = static_cast<int64_t>(1 + random() % bytes);
    Checked queue(
        events, bytes,
        std::max(1.0 / static_cast<double>(events), static_cast<double>(largest) / static_cast<double>(bytes)));
    const auto tenants = 1 + random() % 20;
    for (int step = 0; step < 200; ++step) {
      // Some come with much at a time, most with little.
      const auto tenant = random() % tenants;
      const uint64_t many = tenant < 2 ? random() % (3 * events) : random() % 5;
      for (uint64_t i = 0; i < many; ++i)
        queue.Push(absl::StrCat(tenant), static_cast<int64_t>(random() % (largest + 1)));
      if (random() % 2 == 0) queue.Take();
      if (HasFatalFailure()) FAIL() << "seed " << seed;
    }
    while (queue.size() > 0 && !HasFatalFailure()) queue.Take();
    if (HasFatalFailure()) FAIL() << "seed " << seed;
  }
}

TEST(FairQueueTest, NoneOfAThousandTenantsStarves) {
  std::mt19937_64 random(7);
  Checked queue(100, 1'000'000, 0.01);
  for (int step = 0; step < 300; ++step) {
    for (int i = 0; i < 200; ++i) {
      const auto tenant = random() % 1'000;
      const int many = tenant < 3 ? 50 : 1;
      for (int j = 0; j < many; ++j) queue.Push(absl::StrCat(tenant), 1);
    }
    queue.Take();
    if (HasFatalFailure()) return;
  }
  while (queue.size() > 0 && !HasFatalFailure()) queue.Take();
}

}  // namespace
}  // namespace rapport::write
