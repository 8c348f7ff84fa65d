#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/retry_after.h"
#include "common/store/open_store.h"
#include "common/store/redis_format.h"
#include "common/store/store.h"
#include "common/write/write_path.h"
#include "tests/support/redis_cluster.h"

// One primary of a cluster is stopped, and nobody takes over for it: what does not concern it goes on.
namespace rapport::store {
namespace {

using test_support::Await;
using test_support::RedisCluster;

constexpr uint32_t kPartitions = 64;
constexpr char kService[] = "test";

// An event that counts once however often it is committed.
class Event final : public write::Write {
 public:
  Event(Partition partition, std::string id, std::function<void(const absl::Status&)> finished)
      : partition_(std::move(partition)), keys_({{"e", std::move(id), false}}), finished_(std::move(finished)) {}

  const Partition& partition() const override { return partition_; }
  absl::Span<const Key> keys() const override { return keys_; }
  int64_t bytes() const override { return 1; }
  absl::Status Plan(absl::Span<write::EntityState*> entities, write::Changes& changes) override {
    if (!entities[0]->value.empty()) return absl::OkStatus();
    entities[0]->Set("there");
    changes.Add("events", "all", 1);
    return absl::OkStatus();
  }
  void Finish(const absl::Status& status) override { finished_(status); }

 private:
  const Partition partition_;
  const std::vector<Key> keys_;
  const std::function<void(const absl::Status&)> finished_;
};

class RedisStoppedNodeTest : public testing::Test {
 protected:
  RedisStoppedNodeTest() {
    for (int i = 0; i < cluster_.size(); ++i) {
      cluster_.node(i).Command({"CONFIG", "SET", "cluster-replica-no-failover", "yes"});
      cluster_.node(i).Command({"CONFIG", "SET", "cluster-node-timeout", "600000"});
    }
    for (uint32_t i = 0; i < kPartitions; ++i) {
      const Partition partition = {"acme", i};
      const bool is_stopped = cluster_.OwnerOf(PartitionKeys(kService, partition).Slot()) == 0;
      (is_stopped ? stopped_ : running_).push_back(partition);
    }
    StoreOptions options;
    options.url = cluster_.url();
    options.service = kService;
    options.partitions = kPartitions;
    store_ = *OpenStore(options);
  }

  bool CanLoad(const Partition& partition) { return store_->Load({LoadRequest{partition, {}}}).ok(); }

  RedisCluster cluster_;
  std::vector<Partition> stopped_;  // those on node 0
  std::vector<Partition> running_;
  std::unique_ptr<Store> store_;
};

TEST_F(RedisStoppedNodeTest, WritesToTheOthersGoOnAndWhatWaitsForItCountsOnce) {
  write::WriteOptions options;
  options.retry_for = absl::Hours(1);
  write::WritePath path(*store_, options, nullptr);
  std::atomic<int> stopped_finished = 0;
  std::atomic<int> running_finished = 0;
  std::map<Partition, int64_t> sent;
  const auto submit = [&](const Partition& partition, int number, std::atomic<int>& finished) {
    std::vector<std::unique_ptr<write::Write>> writes;
    writes.push_back(std::make_unique<Event>(partition, absl::StrCat(number), [&finished](const absl::Status& status) {
      EXPECT_TRUE(status.ok()) << status;
      ++finished;
    }));
    ++sent[partition];
    ASSERT_TRUE(path.Submit(std::move(writes)).ok());
  };

  cluster_.node(0).Pause();
  constexpr int kStopped = 200;
  constexpr int kRunning = 1'000;
  for (int i = 0; i < kStopped; ++i) submit(stopped_[i % stopped_.size()], i, stopped_finished);
  for (int i = 0; i < kRunning; ++i) {
    submit(running_[i % running_.size()], i, running_finished);
    if (i % 10 == 9) Await("the others are written to", [&] { return running_finished == i + 1; });
  }
  EXPECT_EQ(stopped_finished, 0);
  cluster_.node(0).Resume();
  Await("what waited is written", [&] { return stopped_finished == kStopped; });
  path.Close();
  for (const auto& [partition, count] : sent) {
    const auto tables = store_->ReadCounters({TableRef{partition, "events"}});
    ASSERT_TRUE(tables.ok()) << tables.status();
    EXPECT_EQ(tables->front().Sum()["all"], count) << partition.index;
  }
}

TEST_F(RedisStoppedNodeTest, ReadersOfItFailAtOnceAndThoseOfTheOthersGoOn) {
  cluster_.node(0).Pause();
  constexpr int kReaders = 16;
  constexpr int kRefusals = 50;  // to each
  std::atomic<bool> end = false;
  std::atomic<int> refused = 0;
  std::atomic<int> advised = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < kReaders; ++i) {
    readers.emplace_back([&, i] {
      for (int n = 0; n < kRefusals && !end; ++n) {
        const absl::Status status = store_->Load({LoadRequest{stopped_[i % stopped_.size()], {}}}).status();
        if (end) return;
        EXPECT_TRUE(absl::IsUnavailable(status)) << status;
        if (RetryAfter(status) > absl::ZeroDuration()) ++advised;
        ++refused;
      }
    });
  }
  const absl::Cleanup join = [&] {
    end = true;
    cluster_.node(0).Resume();
    for (std::thread& reader : readers) reader.join();
  };
  for (int i = 0; i < 1'000; ++i) ASSERT_TRUE(CanLoad(running_[i % running_.size()]));
  // Did each of them cost a time-out, this would take many minutes.
  Await("its readers are refused", [&] { return refused == kReaders * kRefusals; });
  EXPECT_GT(advised, kReaders * kRefusals / 2);
  cluster_.node(0).Resume();
  for (const Partition& partition : stopped_) Await("it is read again", [&] { return CanLoad(partition); });
}

}  // namespace
}  // namespace rapport::store
