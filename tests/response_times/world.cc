#include "tests/response_times/world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/time/interval.h"
#include "services/response_times/core/analysis.h"
#include "services/response_times/core/promise.h"
#include "services/response_times/core/record.h"
#include "tests/response_times/events.h"
#include "tests/response_times/reference.h"

namespace rapport::response_times {
namespace {

using storage::v1::ConversationRecord;
using v1::ConversationEvent;

constexpr char kId[] = "c";

std::string StatesAt(Ms now, const reference::Conversation& conversation, const reference::Rules& rules) {
  std::string states = v1::ConversationState_Name(conversation.StateAt(now));
  if (conversation.merged) return states;
  std::vector<std::string> promises;
  for (const reference::TargetPromise& each : conversation.promises) {
    promises.push_back(absl::StrCat(" ", v1::Metric_Name(each.metric), "/", each.number, " ", each.policy_id, " ",
                                    v1::PromiseState_Name(each.StateAt(now, rules))));
  }
  std::sort(promises.begin(), promises.end());
  for (const std::string& promise : promises) states += promise;
  return states;
}

std::string StatesAt(Ms now, const ConversationRecord& record, const storage::v1::Analysis& analysis) {
  std::string states = v1::ConversationState_Name(StateAt(WalkThrough(record), absl::FromUnixMillis(now)));
  std::vector<std::string> promises;
  for (const storage::v1::TargetPromise& each : analysis.promises()) {
    promises.push_back(absl::StrCat(" ", v1::Metric_Name(each.metric()), "/", each.number(), " ", each.policy_id(), " ",
                                    v1::PromiseState_Name(StateOf(MomentsOf(each), now))));
  }
  std::sort(promises.begin(), promises.end());
  for (const std::string& promise : promises) states += promise;
  return states;
}

}  // namespace

World::World(storage::v1::Resources resources)
    : policies(Policies::Create(resources).value()),
      rules(std::move(resources), {ToMillis(RandomConversations::First()), ToMillis(RandomConversations::Last())}) {}

ConversationRecord RecordOf(const std::vector<ConversationEvent>& events, CodeBook& codes) {
  ConversationRecord record;
  for (const ConversationEvent& event : events) {
    AddEvent(event, codes.Encode(rollup::ValuesOf(event.agent_id(), event.channel(), event.labels())),
             RandomConversations::Last(), record);
  }
  return record;
}

std::string Difference(const std::vector<ConversationEvent>& events, const World& world) {
  CodeBook codes;
  const ConversationRecord record = RecordOf(events, codes);
  const storage::v1::Analysis analysis = Analyze(kId, record, *world.policies);
  const reference::Conversation expected = reference::Tell(events, world.rules);
  const Ms last = expected.timeline.empty() ? ToMillis(RandomConversations::First())
                                            : ToMillis(expected.timeline.back().occurred_at());
  const Ms end = world.rules.horizon().end;
  for (const Ms now : {last, std::min(last + 1, end), std::min(last + 7'200'001, end), end}) {
    const std::string told =
        absl::StrCat(StatesAt(now, record, analysis), "\n", TextOf(TellAt(now, analysis, *world.policies, codes)));
    const std::string should_be =
        absl::StrCat(StatesAt(now, expected, world.rules), "\n", TextOf(TellAt(now, expected, world.rules)));
    if (told != should_be) return absl::StrCat("at ", now, " is\n", told, "\nshould be\n", should_be);
  }
  return "";
}

void ExpectAsReference(std::vector<ConversationEvent> events, const World& world) {
  if (Difference(events, world).empty()) return;
  // What can be left out is no part of the cause.
  constexpr size_t kMostToShrink = 200;
  for (size_t i = events.size(); i-- > 0 && events.size() < kMostToShrink;) {
    std::vector<ConversationEvent> fewer = events;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    if (!Difference(fewer, world).empty()) events = fewer;
  }
  std::string timeline;
  for (const ConversationEvent& event : reference::Tell(events, world.rules).timeline) {
    absl::StrAppend(&timeline, event.ShortDebugString(), "\n");
  }
  FAIL() << Difference(events, world) << "\nof\n" << timeline;
}

}  // namespace rapport::response_times
