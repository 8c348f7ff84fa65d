#include "common/metrics/instrumented_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace rapport::metrics {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Answers with what a test sets.
class FakeStore final : public store::Store {
 public:
  std::vector<absl::Status> Commit(absl::Span<const store::Mutation>) override { return statuses; }
  absl::StatusOr<std::vector<store::Loaded>> Load(absl::Span<const store::LoadRequest>) override {
    return absl::UnavailableError("down");
  }
  absl::StatusOr<std::vector<store::CounterLog>> ReadCounters(absl::Span<const store::TableRef>) override {
    return std::vector<store::CounterLog>();
  }
  absl::StatusOr<store::IndexPage> RangeIndex(const store::IndexRange&) override { return store::IndexPage(); }
  absl::StatusOr<std::vector<store::StreamPage>> ReadStreams(absl::Span<const store::StreamRange>) override {
    return std::vector<store::StreamPage>();
  }
  uint32_t partition_count() const override { return 5; }
  const store::StoreInfo& info() const override { return info_; }
  absl::Status Ping() override { return absl::OkStatus(); }

  std::vector<absl::Status> statuses;

 private:
  const store::StoreInfo info_ = {.engine = "fake", .unsafe = {"one", "two"}, .advice = {}};
};

class InstrumentedStoreTest : public ::testing::Test {
 protected:
  InstrumentedStoreTest() {
    auto fake = std::make_unique<FakeStore>();
    fake_ = fake.get();
    store_ = InstrumentStore(std::move(fake), registry_);
  }

  Registry registry_;
  FakeStore* fake_;
  std::unique_ptr<store::Store> store_;
};

TEST_F(InstrumentedStoreTest, PassesEverythingOn) {
  EXPECT_EQ(store_->partition_count(), 5u);
  EXPECT_EQ(store_->info().engine, "fake");
  EXPECT_TRUE(store_->Ping().ok());
  EXPECT_EQ(store_->Load({}).status(), absl::UnavailableError("down"));
  fake_->statuses = {absl::AbortedError("moved")};
  EXPECT_EQ(store_->Commit({}), fake_->statuses);
}

TEST_F(InstrumentedStoreTest, CountsFailuresButNotConflicts) {
  fake_->statuses = {absl::OkStatus(), absl::AbortedError("moved")};
  store_->Commit({});
  EXPECT_THAT(registry_.Serialize(), HasSubstr(R"(rapport_store_errors_total{operation="commit"} 0)"));
  fake_->statuses = {absl::OkStatus(), absl::UnavailableError("down")};
  store_->Commit({});
  store_->Load({}).IgnoreError();
  EXPECT_THAT(registry_.Serialize(),
              AllOf(HasSubstr(R"(rapport_store_errors_total{operation="commit"} 1)"),
                    HasSubstr(R"(rapport_store_errors_total{operation="load"} 1)"),
                    HasSubstr(R"(rapport_store_operation_duration_seconds_count{operation="commit"} 2)")));
}

TEST_F(InstrumentedStoreTest, ShowsHowManySettingsAreUnsafe) {
  EXPECT_THAT(registry_.Serialize(), HasSubstr("rapport_store_unsafe_settings 2"));
}

}  // namespace
}  // namespace rapport::metrics
