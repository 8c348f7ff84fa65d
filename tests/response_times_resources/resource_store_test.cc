#include "services/response_times/service/resource_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/store/open_store.h"
#include "tests/support/temp_dir.h"

namespace rapport::response_times {
namespace {

v1::SlaPolicy Policy(const std::string& id, int rank) {
  v1::SlaPolicy policy;
  policy.set_policy_id(id);
  policy.set_rank(rank);
  return policy;
}

// A store that can be cut off.
class CutStore final : public store::Store {
 public:
  explicit CutStore(store::Store& whole) : whole_(whole) {}

  std::vector<absl::Status> Commit(absl::Span<const store::Mutation> mutations) override {
    if (cut) return std::vector<absl::Status>(mutations.size(), absl::UnavailableError("cut"));
    return whole_.Commit(mutations);
  }
  absl::StatusOr<std::vector<store::Loaded>> Load(absl::Span<const store::LoadRequest> requests) override {
    ++loads;
    if (cut) return absl::UnavailableError("cut");
    return whole_.Load(requests);
  }
  absl::StatusOr<std::vector<store::CounterLog>> ReadCounters(absl::Span<const store::TableRef> tables) override {
    return whole_.ReadCounters(tables);
  }
  absl::StatusOr<store::IndexPage> RangeIndex(const store::IndexRange& range) override {
    return whole_.RangeIndex(range);
  }
  absl::StatusOr<std::vector<store::StreamPage>> ReadStreams(absl::Span<const store::StreamRange> ranges) override {
    return whole_.ReadStreams(ranges);
  }
  uint32_t partition_count() const override { return whole_.partition_count(); }
  const store::StoreInfo& info() const override { return whole_.info(); }
  absl::Status Ping() override { return whole_.Ping(); }

  std::atomic<bool> cut = false;
  std::atomic<int> loads = 0;

 private:
  store::Store& whole_;
};

class ResourceStoreTest : public testing::Test {
 protected:
  ResourceStoreTest() {
    store::StoreOptions options;
    options.url = "rocksdb:" + dir_.path() + "/data";
    options.service = "response_times";
    auto opened = store::OpenStore(options);
    EXPECT_TRUE(opened.ok()) << opened.status();
    whole_ = *std::move(opened);
    store = std::make_unique<CutStore>(*whole_);
  }

  ResourceStore Replica() {
    return {*store, [this] { return now; }};
  }

  static int PolicyVersions(ResourceStore& resources, const std::string& tenant = "acme") {
    const auto policies = resources.Get(tenant);
    EXPECT_TRUE(policies.ok()) << policies.status();
    return policies.ok() ? (*policies)->resources().policies_size() : -1;
  }

  const test_support::TempDir dir_;
  std::unique_ptr<store::Store> whole_;
  std::unique_ptr<CutStore> store;
  absl::Time now = absl::FromUnixSeconds(1'700'000'000);
};

TEST_F(ResourceStoreTest, SeesItsOwnChangesAtOnce) {
  ResourceStore resources = Replica();
  EXPECT_EQ(PolicyVersions(resources), 0);
  ASSERT_TRUE(resources.Create("acme", Policy("gold", 1)).ok());
  EXPECT_EQ(PolicyVersions(resources), 1);
  const auto updated = resources.Update("acme", Policy("gold", 2));
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->version(), 2);
  EXPECT_EQ(PolicyVersions(resources), 2);
  EXPECT_EQ(PolicyVersions(resources, "other"), 0);
}

TEST_F(ResourceStoreTest, SeesChangesOfOthersWithinASecond) {
  ResourceStore mine = Replica();
  ResourceStore theirs = Replica();
  EXPECT_EQ(PolicyVersions(mine), 0);
  ASSERT_TRUE(theirs.Create("acme", Policy("gold", 1)).ok());
  now += absl::Seconds(1);
  EXPECT_EQ(PolicyVersions(mine), 1);
}

TEST_F(ResourceStoreTest, AsksTheStoreOnceASecond) {
  ResourceStore resources = Replica();
  PolicyVersions(resources);
  const int loads = store->loads;
  for (int i = 0; i < 100; ++i) PolicyVersions(resources);
  EXPECT_EQ(store->loads, loads);
}

TEST_F(ResourceStoreTest, KeepsWhatItKnowsWhileUnchanged) {
  ResourceStore resources = Replica();
  ASSERT_TRUE(resources.Create("acme", Policy("gold", 1)).ok());
  const auto before = resources.Get("acme");
  now += absl::Seconds(5);
  EXPECT_EQ(*resources.Get("acme"), *before);
}

TEST_F(ResourceStoreTest, ServesWhatItReadLastWhileTheStoreIsDown) {
  ResourceStore resources = Replica();
  ASSERT_TRUE(resources.Create("acme", Policy("gold", 1)).ok());
  store->cut = true;
  now += absl::Hours(1);
  EXPECT_EQ(PolicyVersions(resources), 1);
  EXPECT_EQ(resources.Get("other").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(resources.Create("acme", Policy("silver", 1)).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ResourceStoreTest, ChangesOfReplicasAreAllKept) {
  constexpr int kReplicas = 3;
  constexpr int kEach = 5;
  std::vector<std::thread> threads;
  for (int r = 0; r < kReplicas; ++r) {
    threads.emplace_back([&, r] {
      ResourceStore resources = Replica();
      for (int i = 0; i < kEach; ++i) {
        const auto created = resources.Create("acme", Policy(absl::StrCat("p", r, "-", i), i));
        EXPECT_TRUE(created.ok()) << created.status();
      }
    });
  }
  for (std::thread& each : threads) each.join();
  ResourceStore resources = Replica();
  EXPECT_EQ(PolicyVersions(resources), kReplicas * kEach);
}

TEST_F(ResourceStoreTest, PassesErrorsOn) {
  ResourceStore resources = Replica();
  EXPECT_EQ(resources.Update("acme", Policy("gold", 1)).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(resources.Create("acme", v1::BusinessCalendar()).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace rapport::response_times
