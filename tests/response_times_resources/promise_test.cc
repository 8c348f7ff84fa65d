#include "services/response_times/core/promise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <random>
#include <vector>

#include "services/response_times/core/promise_validation.h"
#include "tests/response_times_resources/promises.h"

namespace rapport::response_times {
namespace {

using storage::v1::PromiseRecord;

const absl::Time kDue = absl::FromUnixSeconds(1'700'000'000);
const int64_t kDueMs = absl::ToUnixMillis(kDue);

PromiseMoments Due() {
  PromiseMoments moments;
  moments.due_ms = 1000;
  return moments;
}

TEST(PromiseStateTest, IsPendingUntilDueThenBroken) {
  EXPECT_EQ(StateOf(Due(), 999), v1::PROMISE_STATE_PENDING);
  EXPECT_EQ(StateOf(Due(), 1000), v1::PROMISE_STATE_BROKEN);
  EXPECT_EQ(FinalState(Due()), std::nullopt);
}

TEST(PromiseStateTest, IsKeptUpToTheMomentItIsDue) {
  PromiseMoments moments = Due();
  moments.kept_ms = 1000;
  EXPECT_EQ(StateOf(moments, 5000), v1::PROMISE_STATE_KEPT);
  moments.kept_ms = 1001;
  EXPECT_EQ(StateOf(moments, 0), v1::PROMISE_STATE_KEPT_LATE);
}

TEST(PromiseStateTest, IsCancelledOnlyUntilDueAndBeforeKept) {
  PromiseMoments moments = Due();
  moments.cancelled_ms = 1000;
  EXPECT_EQ(StateOf(moments, 5000), v1::PROMISE_STATE_CANCELLED);
  moments.cancelled_ms = 1001;
  EXPECT_EQ(StateOf(moments, 5000), v1::PROMISE_STATE_BROKEN);
  moments.cancelled_ms = 500;
  moments.kept_ms = 500;
  EXPECT_EQ(StateOf(moments, 5000), v1::PROMISE_STATE_KEPT);
  moments.kept_ms = 501;
  EXPECT_EQ(StateOf(moments, 5000), v1::PROMISE_STATE_CANCELLED);
  moments.cancelled_ms = 1500;
  moments.kept_ms = 2000;
  EXPECT_EQ(StateOf(moments, 5000), v1::PROMISE_STATE_KEPT_LATE);
}

TEST(PromiseStateTest, APausedClockIsPendingUnlessItWasDueBefore) {
  PromiseMoments moments = Due();
  moments.remaining_ms = 1;
  EXPECT_EQ(StateOf(moments, 5000), v1::PROMISE_STATE_PENDING);
  moments.remaining_ms = 0;
  EXPECT_EQ(StateOf(moments, 5000), v1::PROMISE_STATE_BROKEN);
  EXPECT_FALSE(moments.IsPaused());
}

TEST(PromiseRecordTest, TheLargestRevisionCounts) {
  PromiseRecord record;
  v1::Promise first = PromiseDue("p", kDue);
  first.set_revision(1);
  v1::Promise second = PromiseDue("p", kDue + absl::Hours(2));
  second.set_revision(2);
  EXPECT_TRUE(AddRevision(second, record));
  EXPECT_FALSE(AddRevision(first, record));
  EXPECT_FALSE(AddRevision(second, record));
  EXPECT_EQ(MomentsOf(record).due_ms, kDueMs + 7'200'000);
}

TEST(PromiseRecordTest, CanBeKeptBeforeItIsMade) {
  PromiseRecord record;
  EXPECT_TRUE(AddKept(kDueMs - 5, record));
  const v1::Promise unmade = Present("p", record, kDueMs);
  EXPECT_FALSE(unmade.has_made_at());
  EXPECT_EQ(unmade.state(), v1::PROMISE_STATE_UNSPECIFIED);
  EXPECT_EQ(ToMillis(unmade.kept_at()), kDueMs - 5);
  EXPECT_TRUE(AddRevision(PromiseDue("p", kDue), record));
  EXPECT_EQ(Present("p", record, kDueMs + 1000).state(), v1::PROMISE_STATE_KEPT);
}

TEST(PromiseRecordTest, IgnoresWhatOnlyAnswersSay) {
  v1::Promise promise = PromiseDue("p", kDue);
  promise.set_origin(v1::PROMISE_ORIGIN_POLICY);
  promise.set_state(v1::PROMISE_STATE_KEPT);
  promise.set_policy_id("gold");
  promise.set_metric(v1::METRIC_FIRST_RESPONSE_TIME);
  *promise.mutable_kept_at() = ToProto(kDue);
  promise.mutable_remaining()->set_seconds(5);
  PromiseRecord record;
  EXPECT_TRUE(AddRevision(promise, record));
  EXPECT_FALSE(AddRevision(PromiseDue("p", kDue), record));
  const v1::Promise shown = Present("p", record, kDueMs - 1);
  EXPECT_EQ(shown.state(), v1::PROMISE_STATE_PENDING);
  EXPECT_EQ(shown.origin(), v1::PROMISE_ORIGIN_PERSON);
  EXPECT_TRUE(shown.policy_id().empty());
  EXPECT_FALSE(shown.has_kept_at());
}

TEST(PromiseRecordTest, DoesNotDependOnTheOrderOfWhatWasSaid) {
  v1::Promise renegotiated = PromiseDue("p", kDue + absl::Hours(1));
  renegotiated.set_revision(1);
  v1::Promise contradicting = PromiseDue("p", kDue + absl::Hours(2));
  contradicting.set_revision(1);
  (*contradicting.mutable_labels())["team"] = "a";
  (*contradicting.mutable_labels())["plan"] = "b";
  const std::vector<std::function<void(PromiseRecord&)>> said = {
      [&](PromiseRecord& record) { AddRevision(PromiseDue("p", kDue), record); },
      [&](PromiseRecord& record) { AddRevision(renegotiated, record); },
      [&](PromiseRecord& record) { AddRevision(contradicting, record); },
      [&](PromiseRecord& record) { AddKept(kDueMs + 10, record); },
      [&](PromiseRecord& record) { AddKept(kDueMs - 10, record); },
      [&](PromiseRecord& record) { AddCancelled(kDueMs + 20, record); },
      [&](PromiseRecord& record) { AddCancelled(kDueMs - 5, record); },
  };
  std::vector<size_t> order(said.size());
  std::iota(order.begin(), order.end(), 0);
  std::string expected;
  do {
    PromiseRecord record;
    for (const size_t i : order) said[i](record);
    if (order[0] % 2 == 0) said[order[1]](record);
    const std::string shown = Present("p", record, kDueMs).DebugString();
    if (expected.empty()) expected = shown;
    ASSERT_EQ(shown, expected);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(PromiseRecordTest, ForgetsAnErasedCustomer) {
  PromiseRecord record;
  AddRevision(PromiseDue("p", kDue, "ann"), record);
  AddKept(kDueMs, record);
  EXPECT_FALSE(EraseCustomer("bob", record));
  EXPECT_TRUE(EraseCustomer("ann", record));
  EXPECT_FALSE(EraseCustomer("ann", record));
  EXPECT_FALSE(AddRevision(PromiseDue("p", kDue, "ann"), record));
  EXPECT_FALSE(AddKept(kDueMs, record));
  EXPECT_FALSE(AddCancelled(kDueMs, record));
  EXPECT_FALSE(record.has_promise());
  EXPECT_FALSE(record.has_kept_ms());
}

TEST(TargetPromiseTest, IsShownWithItsPolicy) {
  storage::v1::TargetPromise promise = TargetDue("gold", kDue, 3);
  promise.set_agent_id("jo");
  const v1::Promise shown = Present("a/b", "ann", promise, kDueMs - 1);
  EXPECT_EQ(shown.promise_id(), "a/b/gold/first_response_time/3");
  EXPECT_EQ(shown.origin(), v1::PROMISE_ORIGIN_POLICY);
  EXPECT_EQ(shown.policy_id(), "gold");
  EXPECT_EQ(shown.conversation_id(), "a/b");
  EXPECT_EQ(shown.customer_id(), "ann");
  EXPECT_EQ(shown.agent_id(), "jo");
  EXPECT_EQ(shown.state(), v1::PROMISE_STATE_PENDING);
  EXPECT_EQ(ToMillis(shown.due_at()), kDueMs);
}

TEST(TargetPromiseTest, APausedOneHasTimeLeftAndNoDueTime) {
  storage::v1::TargetPromise promise = TargetDue("gold", kDue);
  promise.set_remaining_ms(61'500);
  const v1::Promise shown = Present("c", "ann", promise, kDueMs + 5);
  EXPECT_FALSE(shown.has_due_at());
  EXPECT_EQ(shown.remaining().seconds(), 61);
  EXPECT_EQ(shown.remaining().nanos(), 500'000'000);
  EXPECT_EQ(shown.state(), v1::PROMISE_STATE_PENDING);
}

TEST(TargetPromiseTest, IsFoundByItsId) {
  storage::v1::Analysis analysis;
  *analysis.add_promises() = TargetDue("gold", kDue, 0);
  *analysis.add_promises() = TargetDue("gold", kDue, 1);
  const std::string id = TargetPromiseId("a/b", analysis.promises(1));
  EXPECT_EQ(ConversationOf(id), "a/b");
  EXPECT_EQ(FindPromise(id, analysis), &analysis.promises(1));
  EXPECT_EQ(FindPromise("a/b/gold/first_response_time/2", analysis), nullptr);
  EXPECT_EQ(FindPromise("p1", analysis), nullptr);
  EXPECT_EQ(ConversationOf("p1"), std::nullopt);
}

void ExpectRefused(const v1::Promise& promise, const std::string& what) {
  const absl::Status status = Validate(promise, kDue);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << promise.DebugString();
  EXPECT_NE(status.message().find(what), std::string::npos) << status;
}

TEST(PromiseValidationTest, AcceptsAPromise) {
  EXPECT_TRUE(Validate(PromiseDue("p", kDue), kDue).ok());
}

TEST(PromiseValidationTest, NamesWhatIsWrong) {
  const v1::Promise good = PromiseDue("p", kDue);
  const auto changed = [&](const std::function<void(v1::Promise&)>& change) {
    v1::Promise promise = good;
    change(promise);
    return promise;
  };
  ExpectRefused(changed([](auto& p) { p.clear_promise_id(); }), "promise_id: missing");
  ExpectRefused(changed([](auto& p) { p.set_promise_id("a/b"); }), "promise_id: \"a/b\"");
  ExpectRefused(changed([](auto& p) { p.clear_customer_id(); }), "customer_id: missing");
  ExpectRefused(changed([](auto& p) { p.set_conversation_id(std::string(129, 'x')); }), "conversation_id");
  ExpectRefused(changed([](auto& p) { p.set_description(std::string(1001, 'x')); }), "description: 1001 bytes");
  ExpectRefused(changed([](auto& p) { p.set_agent_id(std::string(129, 'x')); }), "agent_id");
  ExpectRefused(changed([](auto& p) { p.set_channel(static_cast<common::v1::Channel>(99)); }), "channel: 99");
  ExpectRefused(changed([](auto& p) { (*p.mutable_labels())[""] = "x"; }), "labels");
  ExpectRefused(changed([](auto& p) { p.clear_made_at(); }), "made_at: missing");
  ExpectRefused(changed([](auto& p) { p.clear_due_at(); }), "due_at: missing");
  ExpectRefused(changed([](auto& p) { *p.mutable_due_at() = p.made_at(); }), "due_at: 2023");
  ExpectRefused(changed([](auto& p) { p.mutable_due_at()->set_seconds(1'700'000'000'000); }),
                "due_at: 1700000000000 s");
  ExpectRefused(changed([](auto& p) { p.mutable_due_at()->set_nanos(-1); }), "due_at.nanos: -1");
  ExpectRefused(changed([](auto& p) {
                  *p.mutable_made_at() = ToProto(kDue + absl::Minutes(11));
                  *p.mutable_due_at() = ToProto(kDue + absl::Hours(1));
                }),
                "made_at: 2023");
  ExpectRefused(changed([](auto& p) { p.set_revision(-1); }), "revision: -1");
}

}  // namespace
}  // namespace rapport::response_times
