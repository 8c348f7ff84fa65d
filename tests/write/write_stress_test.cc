#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/write/write_path.h"
#include "tests/write/appending_write.h"
#include "tests/write/fake_store.h"

namespace rapport::write {
namespace {

constexpr int kSubmitters = 4;
constexpr int kEventsEach = 2'000;
constexpr uint32_t kPartitions = 8;
constexpr int kIds = 5;  // per partition
constexpr int kTenants = 3;

// Event numbers tell the submitter: number / kEventsEach.
AppendingEvent RandomEvent(int number, std::mt19937_64& random) {
  AppendingEvent event{.number = number, .ids = {absl::StrCat("id", random() % kIds)}};
  event.partition = static_cast<uint32_t>(random() % kPartitions);
  event.tenant = absl::StrCat("tenant", random() % kTenants);
  event.bytes = static_cast<int64_t>(random() % 500);
  if (random() % 40 == 0) event.prepared = absl::InternalError("does not prepare");
  if (random() % 40 == 0) event.planned = absl::InternalError("does not plan");
  if (random() % 40 == 0) event.deadline = absl::UnixEpoch();
  if (random() % 10 == 0) event.ids.emplace_back("shared");
  return event;
}

bool ShouldFail(const AppendingEvent& event) {
  return !event.prepared.ok() || !event.planned.ok() || event.deadline == absl::UnixEpoch();
}

struct Accepted {
  std::map<std::pair<store::Partition, std::string>, std::vector<int>> by_entity;  // in the order of submission
  std::vector<int> good;
  std::vector<int> bad;
};

// Submits everything, again and again while the queue is full.
Accepted SubmitAll(int submitter, WritePath& path, Endings& endings) {
  std::mt19937_64 random(submitter);
  Accepted accepted;
  for (int next = 0; next < kEventsEach;) {
    const int count = std::min(kEventsEach - next, 1 + static_cast<int>(random() % 20));
    std::vector<AppendingEvent> events;
    events.reserve(count);
    for (int i = 0; i < count; ++i) events.push_back(RandomEvent(submitter * kEventsEach + next + i, random));
    while (true) {
      std::vector<std::unique_ptr<Write>> writes;
      writes.reserve(events.size());
      for (const AppendingEvent& event : events) writes.push_back(MakeWrite(event, endings));
      const absl::Status submitted = path.Submit(std::move(writes));
      if (submitted.ok()) break;
      EXPECT_EQ(submitted.code(), absl::StatusCode::kResourceExhausted);
      std::this_thread::yield();
    }
    for (const AppendingEvent& event : events) {
      (ShouldFail(event) ? accepted.bad : accepted.good).push_back(event.number);
      if (ShouldFail(event)) continue;
      for (const std::string& id : event.ids) {
        accepted.by_entity[{PartitionAt(event.partition, event.tenant), id}].push_back(event.number);
      }
    }
    next += count;
  }
  return accepted;
}

TEST(WriteStressTest, EveryEventIsStoredOnceAndFinishedOnce) {
  FakeStore store(kPartitions);
  std::mt19937_64 dice(99);
  store.SetGroups([](const store::Partition& partition) { return partition.index % 3; });
  store.SetTrouble([&dice](const store::Mutation&) -> std::optional<FakeStore::Trouble> {
    switch (dice() % 25) {
      case 0:
      case 1:
        return FakeStore::Trouble{absl::AbortedError("a version moved")};
      case 2:
        return FakeStore::Trouble{absl::UnavailableError("connection lost"), /*applied=*/true};
      case 3:
        return FakeStore::Trouble{absl::UnavailableError("connection lost"), /*applied=*/false};
      default:
        return std::nullopt;
    }
  });
  WriteOptions options;
  options.lanes = 2;
  options.max_queued_events = 300;
  options.max_queued_bytes = 50'000;
  options.max_batch_events = 50;
  options.max_batch_bytes = 8'000;
  options.retry_for = absl::Hours(1);
  Endings endings;
  std::vector<Accepted> accepted(kSubmitters);
  {
    WritePath path(store, options, nullptr);
    std::vector<std::thread> threads;
    threads.reserve(kSubmitters);
    for (int s = 0; s < kSubmitters; ++s) {
      threads.emplace_back([&, s] { accepted[s] = SubmitAll(s, path, endings); });
    }
    while (endings.count() < static_cast<size_t>(kSubmitters * kEventsEach)) {
      ASSERT_LE(path.queued_events(), options.max_queued_events);
      ASSERT_LE(path.queued_bytes(), options.max_queued_bytes);
      std::this_thread::yield();
    }
    for (std::thread& thread : threads) thread.join();
    path.Close();
    EXPECT_EQ(path.queued_events(), 0);
    EXPECT_EQ(path.queued_bytes(), 0);
  }

  EXPECT_EQ(endings.count(), static_cast<size_t>(kSubmitters * kEventsEach));
  for (const Accepted& each : accepted) {
    for (const int number : each.good) ASSERT_TRUE(endings.Of(number).ok()) << endings.Of(number);
    for (const int number : each.bad) ASSERT_FALSE(endings.Of(number).ok());
  }
  std::vector<std::string> ids = {"shared"};
  for (int i = 0; i < kIds; ++i) ids.push_back(absl::StrCat("id", i));
  for (int i = 0; i < static_cast<int>(kPartitions) * kTenants; ++i) {
    const store::Partition partition = PartitionAt(i / kTenants, absl::StrCat("tenant", i % kTenants));
    for (const std::string& id : ids) {
      const std::vector<int> stored = NumbersIn(store.Value(partition, EntityKey(id)));
      size_t expected = 0;
      for (int s = 0; s < kSubmitters; ++s) {
        std::vector<int> own;
        for (const int number : stored) {
          if (number / kEventsEach == s) own.push_back(number);
        }
        EXPECT_EQ(own, (accepted[s].by_entity[{partition, id}])) << partition.tenant << partition.index << ", " << id;
        expected += accepted[s].by_entity[{partition, id}].size();
      }
      EXPECT_EQ(stored.size(), expected);
      EXPECT_EQ(store.Counter(partition, kEventsTable, id), static_cast<int64_t>(expected));
    }
  }
}

TEST(WriteStressTest, ClosingAmidSubmissionsLosesNoEvent) {
  for (int round = 0; round < 20; ++round) {
    FakeStore store(kPartitions);
    Endings endings;
    WriteOptions options;
    options.lanes = 2;
    WritePath path(store, options, nullptr);
    std::atomic<int> accepted = 0;
    std::vector<std::thread> threads;
    threads.reserve(kSubmitters);
    for (int s = 0; s < kSubmitters; ++s) {
      threads.emplace_back([&, s] {
        std::mt19937_64 random(s);
        for (int i = 0; i < 500; ++i) {
          std::vector<std::unique_ptr<Write>> writes;
          writes.push_back(MakeWrite(RandomEvent(s * kEventsEach + i, random), endings));
          if (path.Submit(std::move(writes)).ok()) ++accepted;
        }
      });
    }
    endings.Await(100);
    path.Close();
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(endings.count(), static_cast<size_t>(accepted.load()));
  }
}

}  // namespace
}  // namespace rapport::write
