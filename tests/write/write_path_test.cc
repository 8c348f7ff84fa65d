#include "common/write/write_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/status/retry_after.h"
#include "tests/write/appending_write.h"
#include "tests/write/fake_store.h"

namespace rapport::write {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Observations final : public WriteObserver {
 public:
  void OnBatch(int64_t events, int64_t commits, int64_t conflicts) override {
    const absl::MutexLock lock(&mutex_);
    events_ += events;
    commits_ += commits;
    conflicts_ += conflicts;
    batches_.push_back(events);
  }
  // How many events each batch had.
  std::vector<int64_t> batches() const {
    const absl::MutexLock lock(&mutex_);
    return batches_;
  }
  int64_t events() const { return Read(events_); }
  int64_t commits() const { return Read(commits_); }
  int64_t conflicts() const { return Read(conflicts_); }

 private:
  int64_t Read(const int64_t& value) const {
    const absl::MutexLock lock(&mutex_);
    return value;
  }
  mutable absl::Mutex mutex_;
  int64_t events_ = 0;
  int64_t commits_ = 0;
  int64_t conflicts_ = 0;
  std::vector<int64_t> batches_;
};

class WritePathTest : public ::testing::Test {
 protected:
  static WriteOptions OneLane() {
    WriteOptions options;
    options.lanes = 1;
    return options;
  }

  void Start(const WriteOptions& options = OneLane()) {
    path_ = std::make_unique<WritePath>(store_, options, &observations_);
  }

  absl::Status Submit(std::vector<AppendingEvent> events) {
    std::vector<std::unique_ptr<Write>> writes;
    for (AppendingEvent& event : events) writes.push_back(MakeWrite(std::move(event), endings_));
    return path_->Submit(std::move(writes));
  }

  // Makes the lane busy with event `number`, so that what is submitted next is queued.
  void HoldWith(int number) {
    store_.Hold();
    ASSERT_TRUE(Submit({{.number = number, .ids = {"held"}}}).ok());
    store_.AwaitHeld(1);
  }

  // Lets everything accepted finish.
  void Finish() {
    store_.Release();
    path_->Close();
  }

  std::vector<int> Stored(const std::string& id, uint32_t partition = 0) const {
    return NumbersIn(store_.Value(PartitionAt(partition), EntityKey(id)));
  }
  int64_t TimesCounted(const std::string& id, uint32_t partition = 0) const {
    return store_.Counter(PartitionAt(partition), kEventsTable, id);
  }

  FakeStore store_{4};
  Endings endings_;
  Observations observations_;
  std::unique_ptr<WritePath> path_;
};

TEST_F(WritePathTest, StoresAnEventBeforeItAcknowledges) {
  Start();
  ASSERT_TRUE(
      Submit({{.number = 1, .ids = {"a"}, .on_finish = [&] { EXPECT_THAT(Stored("a"), ElementsAre(1)); }}}).ok());
  endings_.Await(1);
  EXPECT_TRUE(endings_.Of(1).ok());
  EXPECT_EQ(TimesCounted("a"), 1);
}

TEST_F(WritePathTest, EventsQueuedDuringACommitAreCommittedTogether) {
  Start();
  HoldWith(0);
  for (int i = 1; i <= 20; ++i) ASSERT_TRUE(Submit({{.number = i, .ids = {absl::StrCat("e", i % 3)}}}).ok());
  EXPECT_EQ(endings_.count(), 0u);
  Finish();
  EXPECT_THAT(store_.commit_calls(), ElementsAre(1, 1));
  EXPECT_EQ(endings_.count(), 21u);
  EXPECT_THAT(Stored("e1"), ElementsAre(1, 4, 7, 10, 13, 16, 19));
  EXPECT_EQ(TimesCounted("e1"), 7);
}

TEST_F(WritePathTest, PartitionsOfABatchShareOneRoundTrip) {
  Start();
  HoldWith(0);
  ASSERT_TRUE(Submit({{.number = 1, .ids = {"a"}, .partition = 1},
                      {.number = 2, .ids = {"a"}, .partition = 2},
                      {.number = 3, .ids = {"a"}, .partition = 3},
                      {.number = 4, .ids = {"a"}, .partition = 1}})
                  .ok());
  Finish();
  EXPECT_THAT(store_.commit_calls(), ElementsAre(1, 3));
  EXPECT_THAT(Stored("a", 1), ElementsAre(1, 4));
  EXPECT_EQ(observations_.events(), 5);
  EXPECT_EQ(observations_.commits(), 4);
}

TEST_F(WritePathTest, BatchesAreBoundedByEvents) {
  WriteOptions options = OneLane();
  options.max_batch_events = 4;
  Start(options);
  HoldWith(0);
  for (int i = 1; i <= 10; ++i) ASSERT_TRUE(Submit({{.number = i, .ids = {"a"}}}).ok());
  Finish();
  EXPECT_THAT(store_.commit_calls(), SizeIs(1 + 3));
  EXPECT_THAT(Stored("a"), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
}

TEST_F(WritePathTest, BatchesAreBoundedByBytes) {
  WriteOptions options = OneLane();
  options.max_batch_bytes = 100;
  Start(options);
  HoldWith(0);
  for (int i = 1; i <= 6; ++i) ASSERT_TRUE(Submit({{.number = i, .ids = {"a"}, .bytes = 60}}).ok());
  ASSERT_TRUE(Submit({{.number = 7, .ids = {"a"}, .bytes = 1'000}}).ok());
  Finish();
  EXPECT_THAT(store_.commit_calls(), SizeIs(1 + 4)) << "two by two, and the large one alone";
  EXPECT_EQ(endings_.count(), 8u);
}

TEST_F(WritePathTest, AnEventCanChangeSeveralEntities) {
  Start();
  HoldWith(0);
  ASSERT_TRUE(Submit({{.number = 1, .ids = {"a", "b"}}, {.number = 2, .ids = {"b", "c"}}}).ok());
  Finish();
  EXPECT_THAT(Stored("a"), ElementsAre(1));
  EXPECT_THAT(Stored("b"), ElementsAre(1, 2));
  EXPECT_THAT(Stored("c"), ElementsAre(2));
}

TEST_F(WritePathTest, ADuplicateIsAcknowledgedWithoutACommit) {
  Start();
  ASSERT_TRUE(Submit({{.number = 1, .ids = {"a"}}}).ok());
  endings_.Await(1);
  Endings repeated;
  std::vector<std::unique_ptr<Write>> writes;
  writes.push_back(MakeWrite({.number = 1, .ids = {"a"}}, repeated));
  ASSERT_TRUE(path_->Submit(std::move(writes)).ok());
  Finish();
  EXPECT_TRUE(repeated.Of(1).ok());
  EXPECT_THAT(store_.commit_calls(), SizeIs(1));
  EXPECT_EQ(TimesCounted("a"), 1);
}

TEST_F(WritePathTest, FullQueueRefusesTheWholeCall) {
  WriteOptions options = OneLane();
  options.max_queued_events = 6;
  Start(options);
  HoldWith(0);
  ASSERT_TRUE(Submit({{.number = 1, .ids = {"a"}}, {.number = 2, .ids = {"a"}}, {.number = 3, .ids = {"a"}}}).ok());
  EXPECT_EQ(path_->queued_events(), 4);
  EXPECT_EQ(path_->queued_bytes(), 4);
  const absl::Status refused = Submit({{.number = 10, .ids = {"b"}}, {.number = 11, .ids = {"b"}}});
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("waits to be stored"));
  EXPECT_EQ(path_->CheckRoom("acme", 2).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_GT(RetryAfter(path_->CheckRoom("acme", 2)), absl::ZeroDuration());
  EXPECT_TRUE(path_->CheckRoom("acme", 1).ok());
  EXPECT_TRUE(Submit({{.number = 4, .ids = {"a"}}}).ok()) << "what was refused takes no place";
  Finish();
  EXPECT_THAT(Stored("a"), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(Stored("b"), IsEmpty());
  EXPECT_EQ(endings_.count(), 5u) << "refused events are not finished";
  EXPECT_EQ(path_->queued_events(), 0);
  EXPECT_EQ(path_->queued_bytes(), 0);
}

TEST_F(WritePathTest, TheQueueIsBoundedInBytes) {
  WriteOptions options = OneLane();
  options.max_queued_bytes = 1'000;
  Start(options);
  HoldWith(0);
  ASSERT_TRUE(Submit({{.number = 1, .ids = {"a"}, .bytes = 500}}).ok());
  EXPECT_EQ(Submit({{.number = 2, .ids = {"a"}, .bytes = 400}}).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(Submit({{.number = 3, .ids = {"a"}, .bytes = 300}}).ok());
  Finish();
  EXPECT_THAT(Stored("a"), ElementsAre(1, 3));
}

TEST_F(WritePathTest, ACallThatNeverFitsIsNotToldToRetry) {
  WriteOptions options = OneLane();
  options.max_queued_events = 1;
  Start(options);
  const absl::Status refused = Submit({{.number = 1, .ids = {"a"}}, {.number = 2, .ids = {"a"}}});
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("send less at a time"));
  EXPECT_EQ(RetryAfter(refused), absl::ZeroDuration());
  EXPECT_TRUE(Submit({{.number = 1, .ids = {"a"}}}).ok()) << "but what just fits is taken when nothing waits";
}

TEST_F(WritePathTest, ARefusalTellsHowLongTheQueueTakes) {
  std::atomic<int64_t> now = 1'000;
  WriteOptions options = OneLane();
  options.max_queued_events = 9;
  options.clock = [&now] { return absl::FromUnixSeconds(now.load()); };
  Start(options);
  HoldWith(0);
  now += 2;
  store_.Release();
  endings_.Await(1);
  HoldWith(1);
  for (int i = 2; i <= 8; ++i) ASSERT_TRUE(Submit({{.number = i, .ids = {"a"}}}).ok());
  now += 5;
  const absl::Status refused = Submit({{.number = 9, .ids = {"a"}}});
  EXPECT_EQ(RetryAfter(refused), absl::Seconds(5 + 2 * 3)) << "as long as the present batch, and half of the seven";
  Finish();
}

TEST_F(WritePathTest, AFloodOfOneTenantLeavesOthersTheNextBatch) {
  WriteOptions options = OneLane();
  options.max_queued_events = 9'000;
  options.max_batch_events = 100;
  options.shared_batch_time = absl::InfiniteDuration();
  Start(options);
  HoldWith(0);
  int flood = 1;
  while (Submit({{.number = flood, .ids = {absl::StrCat(flood)}, .tenant = "flood"}}).ok()) ++flood;
  EXPECT_GT(flood, 7'900);
  std::atomic<size_t> batches = 0;
  std::vector<AppendingEvent> events;
  for (int i = 0; i < 20; ++i) {
    const auto note = [&] { batches = store_.commit_calls().size(); };
    events.push_back({.number = 100'000 + i, .ids = {"b"}, .tenant = "other", .on_finish = note});
  }
  ASSERT_TRUE(Submit(events).ok());
  Finish();
  EXPECT_EQ(batches, 2) << "the batch that was held, and the next";
  EXPECT_EQ(endings_.count(), static_cast<size_t>(flood + 20));
}

TEST_F(WritePathTest, BatchesAreShortWhileSeveralTenantsWrite) {
  std::atomic<int64_t> now = 1'000'000;
  WriteOptions options = OneLane();
  options.max_batch_events = 200;
  options.shared_batch_time = absl::Milliseconds(50);
  options.clock = [&now] { return absl::FromUnixMillis(now.load()); };
  Start(options);
  int next = 0;
  const auto submit = [&](const std::string& tenant, int events, int64_t milliseconds_each = 1) {
    for (int i = 0; i < events; ++i, ++next) {
      const auto take_time = [&now, milliseconds_each] { now += milliseconds_each; };
      ASSERT_TRUE(
          Submit({{.number = next, .ids = {absl::StrCat(next)}, .tenant = tenant, .on_finish = take_time}}).ok());
    }
  };
  const auto hold = [&](int64_t milliseconds) {
    store_.Hold();
    submit("flood", 1, milliseconds);
    store_.AwaitHeld(1);
  };
  hold(1);
  submit("flood", 400);
  store_.Release();
  endings_.Await(401);
  hold(1);
  submit("flood", 180);
  submit("other", 1);
  store_.Release();
  endings_.Await(401 + 182);
  hold(1'000);
  submit("flood", 200);
  Finish();
  EXPECT_THAT(observations_.batches(), ElementsAre(1, 200, 200, 1, 50, 50, 50, 31, 1, 200))
      << "alone, with another, and a second later alone again";
}

TEST_F(WritePathTest, AGroupThatHangsHoldsUpNoOther) {
  store_.SetGroups([](const store::Partition& partition) { return partition.index; });
  WriteOptions options = OneLane();
  options.max_queued_events = 1'000;
  Start(options);
  store_.HoldGroup(3);
  ASSERT_TRUE(Submit({{.number = 0, .ids = {"a"}, .partition = 3}}).ok());
  store_.AwaitHeld(1);
  int hanging = 1;
  while (Submit({{.number = hanging, .ids = {absl::StrCat(hanging)}, .partition = 3}}).ok()) ++hanging;
  constexpr int kOthers = 1'000;
  for (int i = 0; i < kOthers; ++i) {
    ASSERT_TRUE(Submit({{.number = 10'000 + i, .ids = {"a"}, .partition = static_cast<uint32_t>(i % 3)}}).ok());
    endings_.Await(i + 1);
  }
  EXPECT_THAT(Stored("a", 3), IsEmpty());
  Finish();
  EXPECT_EQ(endings_.count(), static_cast<size_t>(kOthers + hanging));
  EXPECT_THAT(Stored("a", 3), ElementsAre(0));
}

TEST_F(WritePathTest, APartitionThatChangesItsGroupGoesOn) {
  std::atomic<uint32_t> group = 0;
  store_.SetGroups([&](const store::Partition&) { return group.load(); });
  WriteOptions options = OneLane();
  options.retry_for = absl::Hours(1);
  Start(options);
  store_.HoldGroup(0);
  ASSERT_TRUE(Submit({{.number = 0, .ids = {"a"}}}).ok());
  store_.AwaitHeld(1);
  for (int i = 1; i <= 50; ++i) {
    group = i % 40;  // more than there are lanes for
    ASSERT_TRUE(Submit({{.number = i, .ids = {"a"}}}).ok());
  }
  group = UINT32_MAX;
  ASSERT_TRUE(Submit({{.number = 51, .ids = {"a"}}}).ok());
  Finish();
  EXPECT_EQ(TimesCounted("a"), 52);
  EXPECT_EQ(Stored("a").size(), 52u);
  EXPECT_EQ(path_->queued_events(), 0);
}

TEST_F(WritePathTest, AConflictIsPlannedAgainForItsPartitionOnly) {
  Start();
  HoldWith(0);
  ASSERT_TRUE(Submit({{.number = 1, .ids = {"a"}, .partition = 1}, {.number = 2, .ids = {"a"}, .partition = 2}}).ok());
  int conflicts = 0;
  store_.SetTrouble([&](const store::Mutation& mutation) -> std::optional<FakeStore::Trouble> {
    if (mutation.partition.index != 1 || ++conflicts > 3) return std::nullopt;
    return FakeStore::Trouble{absl::AbortedError("a version moved")};
  });
  Finish();
  EXPECT_THAT(store_.commit_calls(), ElementsAre(1, 2, 1, 1, 1));
  EXPECT_TRUE(endings_.Of(1).ok());
  EXPECT_TRUE(endings_.Of(2).ok());
  EXPECT_EQ(TimesCounted("a", 1), 1);
  EXPECT_EQ(TimesCounted("a", 2), 1);
  EXPECT_EQ(observations_.conflicts(), 3);
}

TEST_F(WritePathTest, ReplicasOnOneStoreLoseNothing) {
  Start();
  constexpr int kEach = 300;
  std::vector<std::thread> replicas;
  for (int r = 0; r < 2; ++r) {
    replicas.emplace_back([this, r] {
      WritePath path(store_, OneLane(), nullptr);
      for (int i = 0; i < kEach; ++i) {
        std::vector<std::unique_ptr<Write>> writes;
        writes.push_back(MakeWrite({.number = r * kEach + i, .ids = {"a"}}, endings_));
        ASSERT_TRUE(path.Submit(std::move(writes)).ok());
      }
    });
  }
  for (std::thread& replica : replicas) replica.join();
  for (int i = 0; i < 2 * kEach; ++i) ASSERT_TRUE(endings_.Of(i).ok());
  EXPECT_THAT(Stored("a"), SizeIs(2 * kEach));
  EXPECT_EQ(TimesCounted("a"), 2 * kEach);
}

TEST_F(WritePathTest, GivesUpWhenOthersAreAlwaysFaster) {
  Start();
  store_.SetTrouble(
      [](const store::Mutation&) { return std::optional(FakeStore::Trouble{absl::AbortedError("a version moved")}); });
  ASSERT_TRUE(Submit({{.number = 1, .ids = {"a"}}}).ok());
  endings_.Await(1);
  EXPECT_EQ(endings_.Of(1).code(), absl::StatusCode::kUnavailable);
}

TEST_F(WritePathTest, AnUnknownOutcomeIsRetriedAndCountsOnce) {
  for (const bool applied : {false, true}) {
    Start();
    const int number = applied ? 2 : 1;
    int times = 0;
    store_.SetTrouble([&](const store::Mutation&) -> std::optional<FakeStore::Trouble> {
      if (++times > 2) return std::nullopt;
      return FakeStore::Trouble{absl::UnavailableError("connection lost"), applied};
    });
    ASSERT_TRUE(Submit({{.number = number, .ids = {"a"}}}).ok());
    Finish();
    EXPECT_TRUE(endings_.Of(number).ok());
  }
  EXPECT_THAT(Stored("a"), ElementsAre(1, 2));
  EXPECT_EQ(TimesCounted("a"), 2);
}

TEST_F(WritePathTest, AFailedLoadIsRetried) {
  Start();
  store_.FailLoads({absl::UnavailableError("connection lost"), absl::UnavailableError("connection refused")});
  ASSERT_TRUE(Submit({{.number = 1, .ids = {"a"}}}).ok());
  Finish();
  EXPECT_TRUE(endings_.Of(1).ok());
}

TEST_F(WritePathTest, AnUnknownOutcomeIsToldWhenItLastsTooLong) {
  WriteOptions options = OneLane();
  options.retry_for = absl::ZeroDuration();
  Start(options);
  store_.SetTrouble([](const store::Mutation&) {
    return std::optional(FakeStore::Trouble{absl::UnavailableError("connection lost")});
  });
  ASSERT_TRUE(Submit({{.number = 1, .ids = {"a"}}}).ok());
  endings_.Await(1);
  EXPECT_EQ(endings_.Of(1).code(), absl::StatusCode::kUnavailable);
  store_.SetTrouble(nullptr);
  ASSERT_TRUE(Submit({{.number = 2, .ids = {"a"}}}).ok());
  Finish();
  EXPECT_TRUE(endings_.Of(2).ok()) << "the path goes on";
}

TEST_F(WritePathTest, OtherErrorsOfTheStoreAreNotRetried) {
  Start();
  HoldWith(0);
  ASSERT_TRUE(Submit({{.number = 1, .ids = {"a"}, .partition = 1}, {.number = 2, .ids = {"a"}, .partition = 2}}).ok());
  store_.SetTrouble([&](const store::Mutation& mutation) -> std::optional<FakeStore::Trouble> {
    if (mutation.partition.index != 1) return std::nullopt;
    return FakeStore::Trouble{absl::ResourceExhaustedError("disk full")};
  });
  Finish();
  EXPECT_EQ(endings_.Of(1), absl::ResourceExhaustedError("disk full"));
  EXPECT_TRUE(endings_.Of(2).ok());
  EXPECT_THAT(store_.commit_calls(), ElementsAre(1, 2));
}

TEST_F(WritePathTest, DamagedDataFailsTheBatchThatNeedsIt) {
  Start();
  store_.FailLoads({absl::DataLossError("corrupt block")});
  ASSERT_TRUE(Submit({{.number = 1, .ids = {"a"}}}).ok());
  endings_.Await(1);
  EXPECT_EQ(endings_.Of(1).code(), absl::StatusCode::kDataLoss);
}

TEST_F(WritePathTest, AFailingPrepareFailsItsOwnEvent) {
  Start();
  HoldWith(0);
  ASSERT_TRUE(Submit({{.number = 1, .ids = {"a"}},
                      {.number = 2, .ids = {"a"}, .prepared = absl::UnavailableError("no dictionary")},
                      {.number = 3, .ids = {"a"}}})
                  .ok());
  Finish();
  EXPECT_EQ(endings_.Of(2), absl::UnavailableError("no dictionary"));
  EXPECT_THAT(Stored("a"), ElementsAre(1, 3));
}

TEST_F(WritePathTest, AFailingPlanFailsItsOwnEvent) {
  Start();
  HoldWith(0);
  ASSERT_TRUE(Submit({{.number = 1, .ids = {"a"}},
                      {.number = 2, .ids = {"a"}, .planned = absl::DataLossError("does not parse")},
                      {.number = 3, .ids = {"a"}},
                      {.number = 4, .ids = {"b"}, .partition = 1, .planned = absl::DataLossError("does not parse")}})
                  .ok());
  Finish();
  EXPECT_EQ(endings_.Of(2).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(endings_.Of(4).code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(endings_.Of(1).ok());
  EXPECT_THAT(Stored("a"), ElementsAre(1, 3));
}

TEST_F(WritePathTest, AnEventThatWaitedBeyondItsDeadlineIsNotBegun) {
  std::atomic<int64_t> now = 1'000;
  WriteOptions options = OneLane();
  options.clock = [&now] { return absl::FromUnixSeconds(now.load()); };
  Start(options);
  HoldWith(0);
  ASSERT_TRUE(Submit({{.number = 1, .ids = {"a"}, .deadline = absl::FromUnixSeconds(1'010)},
                      {.number = 2, .ids = {"a"}, .deadline = absl::FromUnixSeconds(1'030)}})
                  .ok());
  now = 1'020;
  Finish();
  EXPECT_EQ(endings_.Of(1).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(Stored("a"), ElementsAre(2));
}

TEST_F(WritePathTest, CloseFinishesEverythingAccepted) {
  WriteOptions options;
  options.lanes = 3;
  options.max_batch_events = 7;
  Start(options);
  store_.Hold();
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(Submit({{.number = i, .ids = {"a"}, .partition = static_cast<uint32_t>(i % 4)}}).ok());
  }
  store_.Release();
  path_->Close();
  EXPECT_EQ(endings_.count(), 200u);
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(endings_.Of(i).ok());
}

TEST_F(WritePathTest, AcceptsNothingAfterClose) {
  Start();
  path_->Close();
  EXPECT_EQ(Submit({{.number = 1, .ids = {"a"}}}).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(endings_.count(), 0u);
  path_->Close();
}

TEST_F(WritePathTest, ACallWithoutEventsIsAccepted) {
  Start();
  EXPECT_TRUE(path_->Submit({}).ok());
}

TEST_F(WritePathTest, EventsOfOneKeyKeepTheirOrder) {
  WriteOptions options;
  options.lanes = 2;
  options.max_batch_events = 3;
  Start(options);
  int aborts = 0;
  store_.SetTrouble([&](const store::Mutation&) -> std::optional<FakeStore::Trouble> {
    if (++aborts % 3 != 0) return std::nullopt;
    return FakeStore::Trouble{absl::AbortedError("a version moved")};
  });
  std::vector<int> expected;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(
        Submit({{.number = 2 * i, .ids = {"a"}, .partition = 1}, {.number = 2 * i + 1, .ids = {"a"}, .partition = 1}})
            .ok());
    expected.push_back(2 * i);
    expected.push_back(2 * i + 1);
  }
  Finish();
  EXPECT_EQ(Stored("a", 1), expected);
  EXPECT_EQ(endings_.order(), expected) << "and are finished in it";
}

TEST_F(WritePathTest, FinishMaySubmitTheNextEvent) {
  Start();
  ASSERT_TRUE(
      Submit(
          {{.number = 1, .ids = {"a"}, .on_finish = [&] { EXPECT_TRUE(Submit({{.number = 2, .ids = {"a"}}}).ok()); }}})
          .ok());
  endings_.Await(2);
  EXPECT_THAT(Stored("a"), ElementsAre(1, 2));
}

TEST_F(WritePathTest, LingeringGathersCompany) {
  WriteOptions options = OneLane();
  options.linger = absl::Hours(1);
  options.max_batch_events = 3;
  Start(options);
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(Submit({{.number = i, .ids = {"a"}}}).ok());
  endings_.Await(3);
  EXPECT_THAT(store_.commit_calls(), ElementsAre(1));
  ASSERT_TRUE(Submit({{.number = 4, .ids = {"a"}}}).ok());
  path_->Close();
  EXPECT_TRUE(endings_.Of(4).ok()) << "closing does not wait";
}

}  // namespace
}  // namespace rapport::write
