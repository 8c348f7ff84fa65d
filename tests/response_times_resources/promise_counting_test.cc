#include "services/response_times/core/promise_counting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "common/rollup/cells.h"
#include "services/response_times/core/change_stream.h"
#include "services/response_times/core/promise_measures.h"
#include "services/response_times/core/record.h"
#include "tests/response_times_resources/promises.h"

namespace rapport::response_times {
namespace {

const absl::Time kDue = absl::FromUnixSeconds(1'700'000'000);  // 2023-11-14
const int64_t kDueMs = absl::ToUnixMillis(kDue);

// Everything that was gathered, by table.
struct Gathered {
  std::map<std::string, std::map<std::string, int64_t>> tables;
  std::map<std::string, std::optional<int64_t>> ranks;
};

Gathered Gather(write::Changes changes) {
  store::Mutation mutation;
  std::move(changes).MoveInto(mutation);
  Gathered gathered;
  for (const store::Add& add : mutation.adds) {
    EXPECT_TRUE(add.deltas
                    .ForEach([&](absl::string_view field, int64_t delta) {
                      gathered.tables[add.table][std::string(field)] += delta;
                    })
                    .ok());
  }
  for (const store::Rank& rank : mutation.ranks) gathered.ranks[rank.member] = rank.score;
  return gathered;
}

CountedPromise Target(storage::v1::TargetPromise promise) {
  rollup::Codes codes{};
  codes[0] = 7;
  codes[2] = 300;
  SetCodes(codes, *promise.mutable_dimension_codes());
  return CountedOf("c1", "ann", promise);
}

TEST(PromiseCountingTest, RollsUpWhatIsKeptAtTheTimeItWasDue) {
  storage::v1::TargetPromise promise = TargetDue("gold", kDue);
  promise.set_kept_ms(kDueMs + 86'400'000);
  write::Changes changes;
  CountPromise(Target(promise), 1, changes);
  const Gathered gathered = Gather(std::move(changes));
  const rollup::Measure measure = PromiseMeasure(v1::PROMISE_ORIGIN_POLICY, v1::PROMISE_STATE_KEPT_LATE);
  const std::string cell = rollup::EncodeCell({14, rollup::kNoValue, rollup::kNoValue, measure % rollup::kFamilySize});
  EXPECT_EQ(gathered.tables.at(rollup::TableName(rollup::Level::kDays, {}, 202311, kPromiseFamily)).at(cell), 1);
  EXPECT_EQ(gathered.tables.count("q202311"), 0u);
  EXPECT_EQ(gathered.ranks.at("c1/gold/first_response_time/0"), kDueMs);
}

TEST(PromiseCountingTest, KeepsOpenOnesApart) {
  write::Changes changes;
  CountPromise(Target(TargetDue("gold", kDue)), 1, changes);
  const Gathered gathered = Gather(std::move(changes));
  ASSERT_EQ(gathered.tables.size(), 2u);
  const std::string row = gathered.tables.at("q202311").begin()->first;
  const auto open = DecodeOpenPromise(row);
  ASSERT_TRUE(open);
  EXPECT_EQ(open->due_ms, kDueMs);
  EXPECT_EQ(open->origin, v1::PROMISE_ORIGIN_POLICY);
  EXPECT_FALSE(open->paused);
  EXPECT_EQ(open->codes[0], 7);
  EXPECT_EQ(open->codes[2], 300);
  EXPECT_EQ(open->customer_id, "ann");
  EXPECT_EQ(open->promise_id, "c1/gold/first_response_time/0");
  EXPECT_EQ(StateOf(*open, kDueMs - 1), v1::PROMISE_STATE_PENDING);
  EXPECT_EQ(StateOf(*open, kDueMs), v1::PROMISE_STATE_BROKEN);
}

TEST(PromiseCountingTest, APausedOneIsInNoIndexAndNeverBroken) {
  storage::v1::TargetPromise promise = TargetDue("gold", kDue);
  promise.set_remaining_ms(5);
  write::Changes changes;
  CountPromise(Target(promise), 1, changes);
  const Gathered gathered = Gather(std::move(changes));
  const auto open = DecodeOpenPromise(gathered.tables.at("q202311").begin()->first);
  ASSERT_TRUE(open);
  EXPECT_EQ(StateOf(*open, kDueMs + 1), v1::PROMISE_STATE_PENDING);
  EXPECT_EQ(gathered.ranks.at("c1/gold/first_response_time/0"), std::nullopt);
}

TEST(PromiseCountingTest, TakesBackExactlyWhatItCounted) {
  for (const bool kept : {false, true}) {
    storage::v1::PromiseRecord record;
    AddRevision(PromiseDue("p", kDue), record);
    if (kept) AddKept(kDueMs, record);
    write::Changes changes;
    CountPromise(*CountedOf("p", record), 1, changes);
    CountPromise(*CountedOf("p", record), -1, changes);
    const Gathered gathered = Gather(std::move(changes));
    EXPECT_TRUE(gathered.tables.empty());
    EXPECT_EQ(gathered.ranks.at("p"), std::nullopt);
  }
}

TEST(PromiseCountingTest, CountsForTheCustomer) {
  storage::v1::PromiseRecord record;
  AddRevision(PromiseDue("p", kDue, "ann"), record);
  AddKept(kDueMs, record);
  storage::v1::TargetPromise late = TargetDue("gold", kDue);
  late.set_kept_ms(kDueMs + 1);
  write::Changes changes;
  CountPromise(*CountedOf("p", record), 1, changes);
  CountPromise(Target(late), 1, changes);
  late.set_number(1);
  CountPromise(Target(late), 1, changes);
  CountPromise(Target(TargetDue("gold", kDue, 2)), 1, changes);
  const Gathered gathered = Gather(std::move(changes));
  std::map<v1::PromiseState, int64_t> by_state;
  for (const auto& [row, count] : gathered.tables.at(CustomerPromiseTable("ann"))) {
    const auto promise = DecodeCustomerPromise(row);
    ASSERT_TRUE(promise);
    EXPECT_EQ(promise->customer_id, "ann");
    EXPECT_EQ(UtcDay(absl::FromUnixMillis(promise->due_ms)), UtcDay(kDue));
    const v1::PromiseState state = StateOf(*promise, kDueMs);
    EXPECT_EQ(promise->promise_id, state == v1::PROMISE_STATE_KEPT ? "p" : "");
    by_state[state] += count;
  }
  EXPECT_THAT(by_state, testing::ElementsAre(testing::Pair(v1::PROMISE_STATE_KEPT, 1),
                                             testing::Pair(v1::PROMISE_STATE_KEPT_LATE, 2),
                                             testing::Pair(v1::PROMISE_STATE_BROKEN, 1)));
}

TEST(PromiseCountingTest, DoesNotCountWhatWasNotMade) {
  storage::v1::PromiseRecord record;
  EXPECT_FALSE(CountedOf("p", record));
  AddKept(kDueMs, record);
  EXPECT_FALSE(CountedOf("p", record));
}

TEST(PromiseCountingTest, RefusesDamagedRows) {
  for (const std::string& bytes : {std::string(), std::string("\x01"), std::string(4, '\xff')}) {
    EXPECT_FALSE(DecodeOpenPromise(bytes));
    EXPECT_FALSE(DecodeCustomerPromise(bytes));
  }
}

std::vector<std::string> Told(const storage::v1::Analysis& before, const storage::v1::Analysis& after) {
  std::string entry;
  TellOfPromises("c", before, after, entry);
  const auto changes = ParseChanges(entry);
  EXPECT_TRUE(changes);
  std::vector<std::string> ids;
  for (const Change& each : *changes) {
    EXPECT_EQ(each.tag, ChangeTag::kPromise);
    ids.push_back(each.id);
  }
  return ids;
}

TEST(PromiseNewsTest, TellsOfPromisesThatStandOtherwise) {
  storage::v1::Analysis before;
  for (int i = 0; i < 4; ++i) *before.add_promises() = TargetDue("gold", kDue, i);
  storage::v1::Analysis after = before;
  EXPECT_TRUE(Told(before, after).empty());
  after.mutable_promises(0)->set_kept_ms(kDueMs);
  after.mutable_promises(1)->set_remaining_ms(10);
  after.mutable_promises(2)->set_due_ms(kDueMs + 1);
  *after.add_promises() = TargetDue("gold", kDue, 4);
  EXPECT_THAT(Told(before, after),
              testing::ElementsAre("c/gold/first_response_time/0", "c/gold/first_response_time/1",
                                   "c/gold/first_response_time/2", "c/gold/first_response_time/4"));
}

TEST(ChangeStreamTest, KeepsTagsAndIds) {
  std::string entry;
  AppendChange(ChangeTag::kConversation, "c1", entry);
  AppendChange(ChangeTag::kIssue, std::string(255, 'x'), entry);
  EXPECT_THAT(ParseChanges(entry),
              testing::Optional(testing::ElementsAre(Change{ChangeTag::kConversation, "c1"},
                                                     Change{ChangeTag::kIssue, std::string(255, 'x')})));
  EXPECT_EQ(ParseChanges(entry.substr(0, entry.size() - 1)), std::nullopt);
  EXPECT_EQ(ParseChanges("c"), std::nullopt);
  EXPECT_THAT(ParseChanges(""), testing::Optional(testing::IsEmpty()));
}

}  // namespace
}  // namespace rapport::response_times
