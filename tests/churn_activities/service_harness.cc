#include "tests/churn_activities/service_harness.h"

#include <gtest/gtest.h>

#include <utility>

#include "absl/synchronization/notification.h"
#include "common/store/open_store.h"

namespace rapport::churn {
namespace {

// Counts the tables that are read.
class CountingStore final : public store::Store {
 public:
  CountingStore(store::Store& inner, std::atomic<int64_t>& tables_read) : inner_(inner), tables_read_(tables_read) {}

  std::vector<absl::Status> Commit(absl::Span<const store::Mutation> mutations) override {
    return inner_.Commit(mutations);
  }
  absl::StatusOr<std::vector<store::Loaded>> Load(absl::Span<const store::LoadRequest> requests) override {
    return inner_.Load(requests);
  }
  absl::StatusOr<std::vector<store::CounterLog>> ReadCounters(absl::Span<const store::TableRef> tables) override {
    tables_read_ += static_cast<int64_t>(tables.size());
    return inner_.ReadCounters(tables);
  }
  absl::StatusOr<store::IndexPage> RangeIndex(const store::IndexRange& range) override {
    return inner_.RangeIndex(range);
  }
  absl::StatusOr<std::vector<store::StreamPage>> ReadStreams(absl::Span<const store::StreamRange> ranges) override {
    return inner_.ReadStreams(ranges);
  }
  uint32_t partition_count() const override { return inner_.partition_count(); }
  const store::StoreInfo& info() const override { return inner_.info(); }
  absl::Status Ping() override { return inner_.Ping(); }

 private:
  store::Store& inner_;
  std::atomic<int64_t>& tables_read_;
};

std::shared_ptr<store::Store> Open(const std::string& url, uint32_t partitions) {
  store::StoreOptions options;
  options.url = url;
  options.service = "churn";
  options.partitions = partitions;
  auto opened = store::OpenStore(options);
  if (!opened.ok()) {
    ADD_FAILURE() << opened.status();
    std::abort();
  }
  return *std::move(opened);
}

}  // namespace

Harness::Harness(absl::Time now, const std::string& engine, uint32_t partitions) : now_ms_(absl::ToUnixMillis(now)) {
  if (engine == "redis") redis_ = std::make_unique<test_support::RedisServer>();
  shared_store_ = Open(redis_ == nullptr ? "rocksdb:" + dir_.path() + "/data" : redis_->url(), partitions);
  Build();
}

Harness::Harness(Harness& first) : now_ms_(first.now_ms_.load()), shared_store_(first.shared_store_) {
  Build();
}

void Harness::Build() {
  store_ = std::make_unique<CountingStore>(*shared_store_, tables_read_);
  path_ = std::make_unique<write::WritePath>(*store_, write::WriteOptions(), nullptr);
  tenants_ = std::make_unique<service::Tenants>(*store_);
  metrics_ = std::make_unique<ChurnMetrics>(registry_);
  reader_ = std::make_unique<Reader>(*store_, clock());
  recorder_ = std::make_unique<Recorder>(*path_, *tenants_, *store_, *metrics_, clock());
  directory_ = std::make_unique<Directory>(*reader_);
}

Harness::~Harness() {
  path_->Close();
}

std::vector<v1::ActivityResult> Harness::TryRecord(absl::Span<const v1::Activity> activities,
                                                   absl::string_view tenant) {
  std::vector<v1::ActivityResult> results(activities.size());
  std::vector<const v1::Activity*> sent;
  std::vector<v1::ActivityResult*> answered;
  for (size_t i = 0; i < activities.size(); ++i) {
    sent.push_back(&activities[i]);
    answered.push_back(&results[i]);
  }
  absl::Notification done;
  absl::Status status;
  recorder_->Record(tenant, absl::InfiniteFuture(), sent, answered, [&](absl::Status finished) {
    status = std::move(finished);
    done.Notify();
  });
  done.WaitForNotification();
  EXPECT_TRUE(status.ok()) << status;
  return results;
}

void Harness::Record(absl::Span<const v1::Activity> activities, absl::string_view tenant) {
  const std::vector<v1::ActivityResult> results = TryRecord(activities, tenant);
  for (size_t i = 0; i < results.size(); ++i) {
    EXPECT_EQ(results[i].status().code(), 0) << results[i].status().message() << "\n" << activities[i].DebugString();
    EXPECT_NE(results[i].outcome(), v1::OUTCOME_UNSPECIFIED);
  }
}

int64_t Harness::Erase(absl::string_view customer_id, absl::string_view tenant) {
  absl::Notification done;
  absl::StatusOr<int64_t> erased = 0;
  recorder_->Erase(tenant, customer_id, [&](absl::StatusOr<int64_t> finished) {
    erased = std::move(finished);
    done.Notify();
  });
  done.WaitForNotification();
  EXPECT_TRUE(erased.ok()) << erased.status();
  return erased.value_or(-1);
}

}  // namespace rapport::churn
