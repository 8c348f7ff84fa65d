#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_WALK_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_WALK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/rollup/dimensions.h"
#include "common/time/interval.h"
#include "rapport/response_times/storage/v1/storage.pb.h"

// What happened in a conversation, event by event, in the order in which events count: the rules of the README under
// "How the clocks run". Moments only; how long anything took is a question for the pauses and the calendar.
namespace rapport::response_times {

// What decides which policy holds for a clock.
struct Terms {
  v1::Priority priority = v1::PRIORITY_UNSPECIFIED;
  std::string tier;
};

// Whom something is credited to, and where it is counted.
struct Credit {
  std::string agent_id;
  rollup::Codes codes{};
};

// One run of the clock that waits for a response.
struct ResponseClock {
  enum class End { kOpen, kReply, kResolution };

  absl::Time start;
  absl::Time end = absl::InfiniteFuture();
  End ended_by = End::kOpen;
  bool first = true;  // no response came before it
  common::v1::Channel channel = common::v1::CHANNEL_UNSPECIFIED;
  rollup::Code channel_code = rollup::kNoValue;
  Terms terms;    // at the start
  Credit credit;  // of an open one, to whom it would go now
};

struct Resolution {
  absl::Time at;
  Credit credit;
};

// What an event did.
enum class Effect {
  kPrivateNote,
  kOutbound,
  kSystemMessage,
  kBeforeTheBegin,
  kWhileResolved,
  kBegan,
  kStartedWait,
  kWaitedAlready,
  kReopenedByMessage,
  kFirstResponse,
  kNextResponse,
  kReplyWithoutMessage,
  kReplyToNobody,
  kBotMessage,
  kHandoffRestartedClock,
  kHandoffChangedNothing,
  kResolved,
  kReopened,
  kWasOpen,
  kPaused,
  kWasPaused,
  kReleased,
  kReleasedNothing,
  kMerged,
  kAssigned,
  kEscalated,
  kTriedSelfService,
  kFollowed,
};

struct Step {
  const storage::v1::StoredEvent* event = nullptr;
  Effect effect = Effect::kSystemMessage;
  std::optional<Effect> then;  // of what a message names in `then`
};

struct Escalated {
  absl::Time at;
  v1::EscalationReason reason = v1::ESCALATION_REASON_UNSPECIFIED;
  rollup::Codes codes{};
};

// A conversation that was walked through. Points into the record.
struct Walk {
  std::string customer_id;
  std::vector<Step> steps;
  bool merged = false;

  std::optional<absl::Time> begun;
  common::v1::Channel begun_channel = common::v1::CHANNEL_UNSPECIFIED;
  rollup::Code begun_channel_code = rollup::kNoValue;
  Terms begun_terms;

  // Ascending and disjoint; only the last can end in the infinite future, when it goes on.
  std::vector<Interval> pauses;
  std::vector<Interval> waits;  // of the customer
  std::vector<Interval> open;   // not resolved, since the begin

  std::vector<ResponseClock> responses;
  std::vector<Resolution> resolutions;
  std::vector<Escalated> escalations;
  int reopen_count = 0;
  int reply_count = 0;

  // As of the last event.
  Credit now;  // the assignee, and the conversation's values
  Terms terms;
  common::v1::Channel last_channel = common::v1::CHANNEL_UNSPECIFIED;  // of the customer's last message

  bool IsOpen() const { return !open.empty() && open.back().end == absl::InfiniteFuture(); }
  bool IsWaiting() const { return !waits.empty() && waits.back().end == absl::InfiniteFuture(); }
};

// The record must outlive the walk.
Walk WalkThrough(const storage::v1::ConversationRecord& record);

// The customer whose conversation it is: whom the earliest event names that names one. Empty when none does.
std::string CustomerOf(const storage::v1::ConversationRecord& record);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_WALK_H_
