#include "services/response_times/core/walk.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "services/response_times/core/record.h"

namespace rapport::response_times {
namespace {

using storage::v1::ConversationRecord;
using storage::v1::StoredEvent;
using v1::ConversationEvent;

constexpr int kAgent = common::v1::DIMENSION_AGENT - 1;
constexpr int kChannel = common::v1::DIMENSION_CHANNEL - 1;

bool IsFrom(const ConversationEvent& event, v1::Author author) {
  return event.has_message() && event.message().author() == author;
}

// Which of two events of the same moment counts first.
int Rank(const ConversationEvent& event) {
  switch (event.kind_case()) {
    case ConversationEvent::kSelfServiceAttempt:
      return 0;
    case ConversationEvent::kMessage:
      if (IsFrom(event, v1::AUTHOR_CUSTOMER)) return 1;
      return IsFrom(event, v1::AUTHOR_AGENT) ? 4 : 2;
    case ConversationEvent::kHandedOff:
      return 3;
    case ConversationEvent::kAssigned:
      return 5;
    case ConversationEvent::kEscalated:
      return 6;
    case ConversationEvent::kFollowerAdded:
      return 7;
    case ConversationEvent::kReleased:
      return 8;
    case ConversationEvent::kReopened:
      return 9;
    case ConversationEvent::kHeld:
      return 10;
    case ConversationEvent::kSnoozed:
      return 11;
    case ConversationEvent::kResolved:
      return 12;
    case ConversationEvent::kMerged:
      return 13;
    case ConversationEvent::KIND_NOT_SET:
      return 14;
  }
  return 14;
}

bool ComesBefore(const StoredEvent* a, const StoredEvent* b) {
  const auto key = [](const ConversationEvent& e) {
    return std::tuple(ToMillis(e.occurred_at()), e.sequence(), Rank(e), absl::string_view(e.event_id()));
  };
  return key(a->event()) < key(b->event());
}

absl::Time MomentOf(const ConversationEvent& event) {
  return absl::FromUnixMillis(ToMillis(event.occurred_at()));
}

// Follows the events of one conversation in order.
class Walker {
 public:
  explicit Walker(Walk& walk) : walk_(walk) {}

  void Take(const StoredEvent& stored) {
    const ConversationEvent& event = stored.event();
    now_ = MomentOf(event);
    event_ = &stored;
    if (snoozed_until_ && *snoozed_until_ <= now_) WakeUp();
    TakeValues();
    Step step{&stored, Apply(event), std::nullopt};
    if (event.message().then() == v1::STATUS_CHANGE_RESOLVED) step.then = Resolve();
    if (event.message().then() == v1::STATUS_CHANGE_HELD) step.then = Hold("");
    walk_.steps.push_back(step);
  }

  void End() {
    if (paused_since_) {
      walk_.pauses.push_back({*paused_since_, holds_.empty() ? *snoozed_until_ : absl::InfiniteFuture()});
    }
    for (ResponseClock& clock : walk_.responses) {
      if (clock.ended_by == ResponseClock::End::kOpen)
        clock.credit = CreditTo(walk_.now.agent_id, AssigneeCode(), clock.channel_code);
    }
    walk_.now.codes[kChannel] = walk_.begun_channel_code;
  }

 private:
  // What holds from here on, whatever the event is.
  void TakeValues() {
    const ConversationEvent& event = event_->event();
    const rollup::Codes codes = CodesOf(event_->dimension_codes());
    for (int i = 0; i < rollup::kDimensionCount; ++i) {
      if (i != kAgent && i != kChannel && codes[i] != rollup::kNoValue) walk_.now.codes[i] = codes[i];
    }
    if (event.priority() != v1::PRIORITY_UNSPECIFIED) walk_.terms.priority = event.priority();
    if (!event.tier().empty()) walk_.terms.tier = event.tier();
    if (walk_.customer_id.empty()) walk_.customer_id = event.customer_id();
  }

  Effect Apply(const ConversationEvent& event) {
    switch (event.kind_case()) {
      case ConversationEvent::kMessage:
        return TakeMessage(event.message());
      case ConversationEvent::kResolved:
        return Resolve();
      case ConversationEvent::kReopened:
        if (!walk_.begun) return Effect::kBeforeTheBegin;
        if (walk_.IsOpen()) return Effect::kWasOpen;
        Reopen();
        return Effect::kReopened;
      case ConversationEvent::kHeld:
        return Hold(event.held().hold_id());
      case ConversationEvent::kReleased:
        return Release(event.released().hold_id());
      case ConversationEvent::kSnoozed:
        return Snooze(absl::FromUnixMillis(ToMillis(event.snoozed().until())));
      case ConversationEvent::kMerged:
        walk_.merged = true;
        return Effect::kMerged;
      case ConversationEvent::kAssigned:
        Assign(event.agent_id());
        assigned_ = true;
        return Effect::kAssigned;
      case ConversationEvent::kEscalated:
        return Escalate(event.escalated().reason());
      case ConversationEvent::kHandedOff:
        return HandOff();
      case ConversationEvent::kSelfServiceAttempt:
        return Effect::kTriedSelfService;
      case ConversationEvent::kFollowerAdded:
        return Effect::kFollowed;
      case ConversationEvent::KIND_NOT_SET:
        break;
    }
    return Effect::kSystemMessage;
  }

  Effect TakeMessage(const v1::Message& message) {
    if (message.visibility() == v1::VISIBILITY_PRIVATE_NOTE) return Effect::kPrivateNote;
    if (message.outbound()) return Effect::kOutbound;
    switch (message.author()) {
      case v1::AUTHOR_CUSTOMER:
        return TakeCustomerMessage();
      case v1::AUTHOR_AGENT:
        return TakeReply();
      case v1::AUTHOR_BOT:
        return TakeBotMessage();
      default:
        return Effect::kSystemMessage;
    }
  }

  Effect TakeCustomerMessage() {
    const ConversationEvent& event = event_->event();
    walk_.last_channel = event.channel();
    bot_spoke_.reset();
    if (snoozed_until_) {
      snoozed_until_.reset();
      UpdatePause();
    }
    Effect effect = Effect::kWaitedAlready;
    if (!walk_.begun) {
      Begin();
      effect = Effect::kBegan;
    } else if (!walk_.IsOpen()) {
      Reopen();
      effect = Effect::kReopenedByMessage;
    }
    if (!walk_.IsWaiting()) {
      walk_.waits.push_back({now_, absl::InfiniteFuture()});
      if (effect == Effect::kWaitedAlready) effect = Effect::kStartedWait;
    }
    if (RunningClock() == nullptr) {
      ResponseClock clock;
      clock.start = now_;
      clock.first = !responded_;
      clock.channel = event.channel();
      clock.channel_code = CodesOf(event_->dimension_codes())[kChannel];
      clock.terms = walk_.terms;
      walk_.responses.push_back(std::move(clock));
    }
    return effect;
  }

  Effect TakeReply() {
    const ConversationEvent& event = event_->event();
    if (!assigned_ && walk_.now.agent_id.empty()) Assign(event.agent_id());
    if (!walk_.begun) return Effect::kBeforeTheBegin;
    if (!walk_.IsOpen()) return Effect::kWhileResolved;
    bot_has_it_ = false;
    ++walk_.reply_count;
    if (!walk_.IsWaiting()) return Effect::kReplyToNobody;
    walk_.waits.back().end = now_;
    ResponseClock* const clock = RunningClock();
    if (clock == nullptr) return Effect::kReplyWithoutMessage;
    clock->end = now_;
    clock->ended_by = ResponseClock::End::kReply;
    clock->credit = CreditTo(event.agent_id(), CodesOf(event_->dimension_codes())[kAgent], clock->channel_code);
    responded_ = true;
    return clock->first ? Effect::kFirstResponse : Effect::kNextResponse;
  }

  Effect TakeBotMessage() {
    if (!walk_.begun) return Effect::kBeforeTheBegin;
    if (!walk_.IsOpen()) return Effect::kWhileResolved;
    bot_has_it_ = true;
    if (!bot_spoke_) bot_spoke_ = now_;
    return Effect::kBotMessage;
  }

  Effect HandOff() {
    if (!walk_.begun) return Effect::kBeforeTheBegin;
    if (!walk_.IsOpen()) return Effect::kWhileResolved;
    ResponseClock* const clock = RunningClock();
    const bool restarts = bot_has_it_ && clock != nullptr;
    bot_has_it_ = false;
    if (!restarts) return Effect::kHandoffChangedNothing;
    clock->start = now_;
    clock->terms = walk_.terms;
    return Effect::kHandoffRestartedClock;
  }

  Effect Resolve() {
    if (!walk_.begun) {
      EndPauses();
      return Effect::kBeforeTheBegin;
    }
    if (!walk_.IsOpen()) return Effect::kWhileResolved;
    if (walk_.IsWaiting()) walk_.waits.back().end = std::max(walk_.waits.back().start, bot_spoke_.value_or(now_));
    if (ResponseClock* const clock = RunningClock()) {
      clock->end = now_;
      clock->ended_by = ResponseClock::End::kResolution;
      clock->credit = CreditTo(walk_.now.agent_id, AssigneeCode(), clock->channel_code);
    }
    walk_.open.back().end = now_;
    EndPauses();
    const std::string& resolver = event_->event().agent_id();
    const rollup::Code code = resolver.empty() ? AssigneeCode() : CodesOf(event_->dimension_codes())[kAgent];
    walk_.resolutions.push_back(
        {now_, CreditTo(resolver.empty() ? walk_.now.agent_id : resolver, code, walk_.begun_channel_code)});
    return Effect::kResolved;
  }

  void Begin() {
    walk_.begun = now_;
    walk_.begun_channel = event_->event().channel();
    walk_.begun_channel_code = CodesOf(event_->dimension_codes())[kChannel];
    walk_.begun_terms = walk_.terms;
    walk_.open.push_back({now_, absl::InfiniteFuture()});
  }

  void Reopen() {
    ++walk_.reopen_count;
    walk_.open.push_back({now_, absl::InfiniteFuture()});
    walk_.waits.push_back({now_, absl::InfiniteFuture()});
    bot_spoke_.reset();
  }

  bool IsResolved() const { return walk_.begun && !walk_.IsOpen(); }

  Effect Hold(const std::string& hold_id) {
    if (IsResolved()) return Effect::kWhileResolved;
    if (!holds_.insert(hold_id).second) return Effect::kWasPaused;
    UpdatePause();
    return Effect::kPaused;
  }

  Effect Release(const std::string& hold_id) {
    const bool was_paused = paused_since_.has_value();
    if (hold_id.empty()) {
      holds_.clear();
      snoozed_until_.reset();
    } else if (holds_.erase(hold_id) == 0) {
      return Effect::kReleasedNothing;
    }
    UpdatePause();
    return was_paused ? Effect::kReleased : Effect::kReleasedNothing;
  }

  Effect Snooze(absl::Time until) {
    if (IsResolved()) return Effect::kWhileResolved;
    snoozed_until_ = until;
    UpdatePause();
    return Effect::kPaused;
  }

  // A snooze ended by itself, before the event at hand.
  void WakeUp() {
    if (holds_.empty()) {
      walk_.pauses.push_back({*paused_since_, *snoozed_until_});
      paused_since_.reset();
    }
    snoozed_until_.reset();
  }

  void UpdatePause() {
    const bool paused = !holds_.empty() || snoozed_until_;
    if (paused == paused_since_.has_value()) return;
    if (paused) {
      paused_since_ = now_;
    } else {
      if (*paused_since_ < now_) walk_.pauses.push_back({*paused_since_, now_});
      paused_since_.reset();
    }
  }

  void EndPauses() {
    holds_.clear();
    snoozed_until_.reset();
    UpdatePause();
  }

  Effect Escalate(v1::EscalationReason reason) {
    const rollup::Codes own = CodesOf(event_->dimension_codes());
    Credit credit = CreditTo(walk_.now.agent_id, AssigneeCode(),
                             own[kChannel] != rollup::kNoValue ? own[kChannel] : walk_.begun_channel_code);
    walk_.escalations.push_back({now_, reason, credit.codes});
    return Effect::kEscalated;
  }

  void Assign(const std::string& agent_id) {
    walk_.now.agent_id = agent_id;
    walk_.now.codes[kAgent] = CodesOf(event_->dimension_codes())[kAgent];
  }

  rollup::Code AssigneeCode() const { return walk_.now.codes[kAgent]; }

  Credit CreditTo(const std::string& agent_id, rollup::Code agent, rollup::Code channel) const {
    Credit credit{agent_id, walk_.now.codes};
    credit.codes[kAgent] = agent;
    credit.codes[kChannel] = channel;
    return credit;
  }

  // The clock that waits for a response; null when none does.
  ResponseClock* RunningClock() {
    if (walk_.responses.empty() || walk_.responses.back().ended_by != ResponseClock::End::kOpen) return nullptr;
    return &walk_.responses.back();
  }

  Walk& walk_;
  absl::Time now_;
  const StoredEvent* event_ = nullptr;
  bool responded_ = false;
  bool assigned_ = false;
  bool bot_has_it_ = true;
  std::optional<absl::Time> bot_spoke_;  // first after the customer's last message
  std::set<std::string> holds_;
  std::optional<absl::Time> snoozed_until_;
  std::optional<absl::Time> paused_since_;
};

std::vector<const StoredEvent*> InOrder(const ConversationRecord& record) {
  std::vector<const StoredEvent*> events;
  events.reserve(record.events_size());
  for (const StoredEvent& stored : record.events()) {
    if (!stored.event().deleted()) events.push_back(&stored);
  }
  std::sort(events.begin(), events.end(), ComesBefore);
  return events;
}

}  // namespace

Walk WalkThrough(const ConversationRecord& record) {
  Walk walk;
  Walker walker(walk);
  for (const StoredEvent* event : InOrder(record)) walker.Take(*event);
  walker.End();
  return walk;
}

std::string CustomerOf(const ConversationRecord& record) {
  const StoredEvent* earliest = nullptr;
  for (const StoredEvent& stored : record.events()) {
    if (stored.event().deleted() || stored.event().customer_id().empty()) continue;
    if (earliest == nullptr || ComesBefore(&stored, earliest)) earliest = &stored;
  }
  return earliest == nullptr ? "" : earliest->event().customer_id();
}

}  // namespace rapport::response_times
