#include "tests/response_times_resources/parts.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <utility>

#include "absl/synchronization/notification.h"
#include "common/store/open_store.h"
#include "common/time/interval.h"
#include "common/write/changes.h"
#include "common/write/partition.h"
#include "services/response_times/core/change_stream.h"
#include "services/response_times/core/counting.h"
#include "services/response_times/core/promise_counting.h"
#include "services/response_times/core/record.h"
#include "services/response_times/service/promise_reader.h"
#include "services/response_times/service/recorder.h"

namespace rapport::response_times {
namespace {

template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) {
    ADD_FAILURE() << value.status();
    std::abort();
  }
  return *std::move(value);
}

// Waits for what `begin` is to call its argument with.
template <typename T, typename Begin>
absl::StatusOr<T> Await(const Begin& begin) {
  absl::Notification finished;
  absl::StatusOr<T> outcome = absl::UnknownError("never finished");
  begin([&](absl::StatusOr<T> result) {
    outcome = std::move(result);
    finished.Notify();
  });
  finished.WaitForNotification();
  return outcome;
}

}  // namespace

Parts::Parts(const std::string& engine, int64_t stream_retention) {
  store::StoreOptions options;
  options.url = "rocksdb:" + dir_.path() + "/data";
  if (engine == "redis") {
    redis_ = std::make_unique<test_support::RedisServer>();
    options.url = redis_->url();
  }
  options.service = "response_times";
  options.partitions = 3;
  options.stream_retention = stream_retention;
  store_ = Must(store::OpenStore(options));
  path_ = std::make_unique<write::WritePath>(*store_, write::WriteOptions(), nullptr);
  const auto dimensions = Must(rollup::ParseDimensions("agent,team,channel,product,plan,locale"));
  dictionary_ = std::make_unique<rollup::Dictionary>(*store_, rollup::DictionaryOptions{dimensions, 1000});
  metrics_ = std::make_unique<ResponseTimesMetrics>(registry_);
  const auto clock = [this] { return now; };
  reader_ = std::make_unique<Reader>(*store_, clock);
  tenants_ = std::make_unique<service::Tenants>(*store_);
  promises_ =
      std::make_unique<PromiseRecorder>(*path_, *dictionary_, *tenants_, store_->partition_count(), *metrics_, clock);
  issues_ = std::make_unique<IssueRecorder>(*path_, *reader_, clock);
}

Parts::~Parts() = default;

absl::StatusOr<v1::Promise> Parts::Make(const v1::Promise& promise) {
  v1::MakePromiseRequest request;
  *request.mutable_promise() = promise;
  return Await<v1::Promise>([&](const auto& done) { promises_->Make(kTenant, absl::InfiniteFuture(), request, done); });
}

absl::StatusOr<v1::Promise> Parts::Keep(const std::string& id, absl::Time at) {
  v1::KeepPromiseRequest request;
  request.set_promise_id(id);
  *request.mutable_kept_at() = ToProto(at);
  return Await<v1::Promise>([&](const auto& done) { promises_->Keep(kTenant, absl::InfiniteFuture(), request, done); });
}

absl::StatusOr<v1::Promise> Parts::Cancel(const std::string& id, absl::Time at) {
  v1::CancelPromiseRequest request;
  request.set_promise_id(id);
  *request.mutable_cancelled_at() = ToProto(at);
  return Await<v1::Promise>(
      [&](const auto& done) { promises_->Cancel(kTenant, absl::InfiniteFuture(), request, done); });
}

int64_t Parts::ErasePromises(const std::string& customer_id) {
  const auto ids = Must(PromisesOfCustomer(*reader_, kTenant, customer_id));
  return Must(Await<int64_t>([&](const auto& done) { promises_->Erase(kTenant, customer_id, ids, done); }));
}

void Parts::PutConversation(const std::string& id, const storage::v1::Analysis& counted) {
  store::Mutation mutation;
  mutation.partition = {kTenant, write::PartitionOf(id, store_->partition_count())};
  storage::v1::ConversationRecord record = Must(reader_->LoadConversations(kTenant, {id})).front();
  write::Changes changes;
  CountChange(id, record.counted(), counted, changes);
  std::string told;
  TellOfPromises(id, record.counted(), counted, told);
  if (!told.empty()) changes.StreamEntry(kChangeStream) = told;
  *record.mutable_counted() = counted;
  mutation.puts.push_back({ConversationKey(id), Pack(std::move(record))});
  std::move(changes).MoveInto(mutation);
  const absl::Status committed = store_->Commit(std::vector<store::Mutation>{std::move(mutation)}).front();
  EXPECT_TRUE(committed.ok()) << committed;
}

}  // namespace rapport::response_times
