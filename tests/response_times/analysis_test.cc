#include "services/response_times/core/analysis.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "services/response_times/core/record.h"
#include "tests/response_times/events.h"
#include "tests/response_times/reference.h"
#include "tests/response_times/resources.h"
#include "tests/response_times/told.h"
#include "tests/response_times/world.h"

namespace rapport::response_times {
namespace {

using storage::v1::ConversationRecord;
using v1::ConversationEvent;

constexpr char kId[] = "c";

TEST(AnalysisTest, IsWhatTheReferenceTells) {
  const World many(ManyResources());
  const World none{storage::v1::Resources()};
  RandomConversations random(31, {});
  for (int round = 0; round < 10'000; ++round) {
    ExpectAsReference(random.Conversation(kId, random.Length()), random.OneIn(5) ? none : many);
    if (HasFatalFailure()) return;
  }
}

TEST(AnalysisTest, OfALongConversationIsWhatTheReferenceTells) {
  const World many(ManyResources());
  RandomConversations random(32, {});
  for (int round = 0; round < 3; ++round) {
    ExpectAsReference(random.Conversation(kId, 2000), many);
    if (HasFatalFailure()) return;
  }
}

TEST(AnalysisTest, GeneratedConversationsHaveEverythingThatIsMeasured) {
  const World many(ManyResources());
  RandomConversations random(31, {});
  std::map<std::string, int> seen;
  for (int round = 0; round < 1'000; ++round) {
    const reference::Conversation told = reference::Tell(random.Conversation(kId, random.Length()), many.rules);
    ++seen[v1::ConversationState_Name(told.StateAt(many.rules.horizon().end))];
    for (const reference::Stretch& each : told.stretches) {
      const Ms shown = each.clock.CalendarMs(many.rules.horizon().end);
      const auto business = each.clock.BusinessMs(many.rules.horizon().end, many.rules);
      const std::string kind = storage::v1::StretchKind_Name(each.kind);
      ++seen[kind + (each.open ? " open" : "")];
      if (!each.open && shown > 0) ++seen[kind + " longer than nothing"];
      if (business.value_or(shown) < shown) ++seen["shorter in business time"];
    }
    for (const reference::TargetPromise& each : told.promises) {
      ++seen[v1::PromiseState_Name(each.StateAt(each.clock.start, many.rules))];
      ++seen[v1::PromiseState_Name(each.StateAt(many.rules.horizon().end, many.rules))];
      ++seen[v1::Metric_Name(each.metric)];
      if (each.IsPaused(many.rules)) ++seen["paused"];
    }
    if (!told.escalations.empty()) ++seen["escalated"];
    if (!told.tried.empty()) ++seen["tried"];
    if (told.reopens > 1) ++seen["reopened"];
    if (told.customers.size() > 1) ++seen["several customers"];
  }
  constexpr int kKinds = 39;
  EXPECT_EQ(seen.size(), kKinds);
  for (const auto& [what, count] : seen) EXPECT_GE(count, 10) << what;
}

// Repeated at random, and in any order.
std::vector<ConversationEvent> Mixed(std::vector<ConversationEvent> events, RandomConversations& random) {
  for (size_t i = events.size(); i-- > 0;) {
    if (random.OneIn(2)) events.push_back(events[i]);
  }
  std::shuffle(events.begin(), events.end(), random.engine());
  return events;
}

TEST(AnalysisTest, DoesNotDependOnOrderAndRepetition) {
  const World many(ManyResources());
  RandomConversations random(33, {});
  for (int round = 0; round < 10'000; ++round) {
    const std::vector<ConversationEvent> events = random.Conversation(kId, random.Length());
    CodeBook codes;
    const ConversationRecord clean = RecordOf(events, codes);
    const ConversationRecord mixed = RecordOf(Mixed(events, random), codes);
    ASSERT_EQ(BytesOf(mixed), BytesOf(clean));
    if (round % 10 != 0) continue;
    ASSERT_EQ(BytesOf(Analyze(kId, mixed, *many.policies)), BytesOf(Analyze(kId, clean, *many.policies)));
  }
}

TEST(AnalysisTest, OfWhatWasStoredIsTheSame) {
  const World many(ManyResources());
  RandomConversations random(34, {});
  for (int round = 0; round < 1'000; ++round) {
    CodeBook codes;
    const ConversationRecord record = RecordOf(random.Conversation(kId, random.Length()), codes);
    const auto stored = Unpack(kId, Pack(record));
    ASSERT_TRUE(stored.ok()) << stored.status();
    ASSERT_EQ(BytesOf(*stored), BytesOf(record));
    ASSERT_EQ(BytesOf(Analyze(kId, *stored, *many.policies)), BytesOf(Analyze(kId, record, *many.policies)));
  }
}

TEST(AnalysisTest, AfterErasingIsThatOfTheEventsOfOthers) {
  const World many(ManyResources());
  RandomConversations random(35, {.customers = 4});
  for (int round = 0; round < 1'000; ++round) {
    const std::vector<ConversationEvent> events = random.Conversation(kId, random.Length());
    const std::string erased = random.Customer();
    CodeBook codes;
    ConversationRecord record = RecordOf(events, codes);
    const reference::Conversation before = reference::Tell(events, many.rules);
    std::vector<ConversationEvent> of_others;
    for (const ConversationEvent& event : before.timeline) {
      const bool names = event.customer_id() == erased || event.follower_added().follower_id() == erased;
      if (before.customer_id != erased && !names) of_others.push_back(event);
    }
    const bool found = before.customers.contains(erased);
    if (found) {
      ASSERT_TRUE(EraseCustomer(erased, record));
    }
    EraseCustomer(erased, record);
    ASSERT_EQ(BytesOf(Analyze(kId, record, *many.policies)),
              BytesOf(Analyze(kId, RecordOf(of_others, codes), *many.policies)));
    ASSERT_FALSE(EraseCustomer(erased, record)) << "again";
  }
}

}  // namespace
}  // namespace rapport::response_times
