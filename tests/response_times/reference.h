#ifndef RAPPORT_TESTS_RESPONSE_TIMES_REFERENCE_H_
#define RAPPORT_TESTS_RESPONSE_TIMES_REFERENCE_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/rollup/dimensions.h"
#include "rapport/response_times/storage/v1/storage.pb.h"
#include "tests/response_times/reference_calendar.h"
#include "tests/response_times/spans.h"

// What conversations amount to, by the letter of services/response_times/README.md: slow, with lists of intervals and a
// look at all events for every question.
namespace rapport::response_times::reference {

// A clock: when it runs, and in which hours. `running` ends where the clock stopped; of one that did not it goes on
// forever, unless it is paused for good.
struct RunningClock {
  Ms start = 0;
  std::optional<Ms> stop;
  Spans running;
  std::string calendar_id;  // empty without one

  Ms CalendarMs(Ms now) const;
  std::optional<Ms> BusinessMs(Ms now, const Rules& rules) const;
  bool IsRunning(Ms now) const { return Contains(running, now); }
};

struct Stretch {
  storage::v1::StretchKind kind;
  RunningClock clock;
  bool open = false;
  rollup::Values values;
};

struct TargetPromise {
  std::string policy_id;
  v1::Metric metric;
  int number = 0;
  RunningClock clock;
  bool business = false;
  Ms within = 0;
  std::optional<Ms> kept;
  std::optional<Ms> cancelled;
  rollup::Values values;

  // What the clock shows.
  Ms ShownMs(Ms now, const Rules& rules) const;
  // The earliest moment at which the clock shows the target; of one that stopped earlier, or is paused for good, when
  // it would have been, had the clock gone on from then.
  Ms DueMs(const Rules& rules) const;
  // The clock is paused for good with the target not reached.
  bool IsPaused(const Rules& rules) const;
  v1::PromiseState StateAt(Ms now, const Rules& rules) const;
};

struct Waiting {
  RunningClock clock;
  common::v1::Channel channel = common::v1::CHANNEL_UNSPECIFIED;
  std::string agent_id;
  v1::Priority priority = v1::PRIORITY_UNSPECIFIED;
  std::optional<Ms> due;
};

struct Escalation {
  Ms occurred;
  v1::EscalationReason reason;
  rollup::Values values;
};

struct Conversation {
  std::vector<v1::ConversationEvent> timeline;  // what counts, in order
  std::string customer_id;
  bool merged = false;
  std::vector<Stretch> stretches;
  std::vector<TargetPromise> promises;
  std::vector<Escalation> escalations;
  // The wait that is open, paused or not.
  std::optional<Waiting> waiting;
  std::optional<Ms> begun;
  common::v1::Channel begun_channel = common::v1::CHANNEL_UNSPECIFIED;
  bool resolved = false;
  Spans pauses;
  rollup::Values values;
  int reopens = 0;
  int replies = 0;
  std::map<std::pair<int64_t, common::v1::Channel>, int64_t> messages;
  std::set<int64_t> event_days;
  std::set<v1::SelfService> tried;
  int self_service = 0;
  std::set<std::string> followers;
  std::set<std::string> customers;  // whom events name, the conversation's own included

  v1::ConversationState StateAt(Ms now) const;
};

// What these events, as they were sent in any order and number, amount to.
Conversation Tell(const std::vector<v1::ConversationEvent>& sent, const Rules& rules);

}  // namespace rapport::response_times::reference

#endif  // RAPPORT_TESTS_RESPONSE_TIMES_REFERENCE_H_
