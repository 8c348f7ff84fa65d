#include "tests/response_times/reference.h"

#include <algorithm>
#include <tuple>

#include "common/time/interval.h"
#include "tests/response_times/events.h"

namespace rapport::response_times::reference {
namespace {

using common::v1::Channel;
using storage::v1::StretchKind;
using v1::ConversationEvent;

// What an event does, in the order of those at the same moment.
enum class Act {
  kSelfService,
  kCustomerMessage,
  kBotMessage,
  kSystemMessage,
  kHandoff,
  kReply,
  kAssigned,
  kEscalated,
  kFollower,
  kReleased,
  kReopened,
  kHeld,
  kSnoozed,
  kResolved,
  kMerged,
  kSilentMessage,
};

Act ActOf(const v1::Message& message) {
  if (message.visibility() == v1::VISIBILITY_PRIVATE_NOTE || message.outbound()) return Act::kSilentMessage;
  switch (message.author()) {
    case v1::AUTHOR_CUSTOMER:
      return Act::kCustomerMessage;
    case v1::AUTHOR_AGENT:
      return Act::kReply;
    case v1::AUTHOR_BOT:
      return Act::kBotMessage;
    default:
      return Act::kSystemMessage;
  }
}

Act ActOf(const ConversationEvent& event) {
  switch (event.kind_case()) {
    case ConversationEvent::kSelfServiceAttempt:
      return Act::kSelfService;
    case ConversationEvent::kHandedOff:
      return Act::kHandoff;
    case ConversationEvent::kAssigned:
      return Act::kAssigned;
    case ConversationEvent::kEscalated:
      return Act::kEscalated;
    case ConversationEvent::kFollowerAdded:
      return Act::kFollower;
    case ConversationEvent::kReleased:
      return Act::kReleased;
    case ConversationEvent::kReopened:
      return Act::kReopened;
    case ConversationEvent::kHeld:
      return Act::kHeld;
    case ConversationEvent::kSnoozed:
      return Act::kSnoozed;
    case ConversationEvent::kResolved:
      return Act::kResolved;
    case ConversationEvent::kMerged:
      return Act::kMerged;
    default:
      return ActOf(event.message());
  }
}

// The place among events at the same moment: that of its author, whoever can read it.
int Rank(const ConversationEvent& event) {
  if (event.kind_case() != ConversationEvent::kMessage) return static_cast<int>(ActOf(event));
  switch (event.message().author()) {
    case v1::AUTHOR_CUSTOMER:
      return static_cast<int>(Act::kCustomerMessage);
    case v1::AUTHOR_AGENT:
      return static_cast<int>(Act::kReply);
    default:
      return static_cast<int>(Act::kBotMessage);
  }
}

// One thing that happened: an event, or what a message did to the state.
struct Moment {
  const ConversationEvent* event;
  Act act;
  Ms at;
};

// Events are told apart by their place in the timeline.
using Place = size_t;

google::protobuf::Timestamp Rounded(const google::protobuf::Timestamp& moment) {
  return ToProto(absl::FromUnixMillis(ToMillis(moment)));
}

ConversationEvent AsStated(ConversationEvent event) {
  *event.mutable_occurred_at() = Rounded(event.occurred_at());
  if (event.has_snoozed()) *event.mutable_snoozed()->mutable_until() = Rounded(event.snoozed().until());
  event.clear_received_at();
  return event;
}

std::vector<ConversationEvent> WhatCounts(const std::vector<ConversationEvent>& sent) {
  std::map<std::string, ConversationEvent> by_id;
  const auto key = [](const ConversationEvent& e) {
    return std::tuple(e.revision(), e.deleted(), ToMillis(e.occurred_at()), BytesOf(e));
  };
  for (const ConversationEvent& each : sent) {
    const ConversationEvent event = AsStated(each);
    const auto [known, is_new] = by_id.emplace(event.event_id(), event);
    if (!is_new && key(known->second) < key(event)) known->second = event;
  }
  std::vector<ConversationEvent> counting;
  for (const auto& [id, event] : by_id) {
    if (!event.deleted()) counting.push_back(event);
  }
  std::sort(counting.begin(), counting.end(), [](const ConversationEvent& a, const ConversationEvent& b) {
    const auto order = [](const ConversationEvent& e) {
      return std::tuple(ToMillis(e.occurred_at()), e.sequence(), Rank(e), e.event_id());
    };
    return order(a) < order(b);
  });
  return counting;
}

std::vector<Moment> Moments(const std::vector<ConversationEvent>& timeline) {
  std::vector<Moment> moments;
  for (const ConversationEvent& event : timeline) {
    const Ms at = ToMillis(event.occurred_at());
    moments.push_back({&event, ActOf(event), at});
    if (event.message().then() == v1::STATUS_CHANGE_RESOLVED) moments.push_back({&event, Act::kResolved, at});
    if (event.message().then() == v1::STATUS_CHANGE_HELD) moments.push_back({&event, Act::kHeld, at});
  }
  return moments;
}

// Time in which the conversation was open, from its beginning or a reopening to a resolution.
struct Episode {
  Place first;
  std::optional<Place> resolution;
};

// A wait for a response.
struct ResponseWait {
  Place message;              // the earliest unanswered one
  Place clock;                // where the clock started: the message, or a handoff
  std::optional<Place> stop;  // a reply or a resolution
  bool is_first = false;      // none was measured before
};

class Account {
 public:
  Account(const std::vector<ConversationEvent>& timeline, const Rules& rules)
      : rules_(rules), moments_(Moments(timeline)) {}

  void Tell(Conversation& conversation) {
    FindEpisodes(conversation);
    FindPauses(conversation);
    TellEvents(conversation);
    if (episodes_.empty()) return;
    TellResponses(conversation);
    TellResolutions(conversation);
    if (!episodes_.back().resolution) TellWaiting(conversation);
  }

 private:
  Ms At(Place place) const { return moments_[place].at; }
  Act ActAt(Place place) const { return moments_[place].act; }
  Place Last() const { return moments_.size() - 1; }
  Place Begin() const { return episodes_.front().first; }

  // Whether clocks listen: from the beginning on while the conversation is open, its resolution included.
  bool IsOpenAt(Place place) const {
    return std::any_of(episodes_.begin(), episodes_.end(), [&](const Episode& episode) {
      return episode.first <= place && place <= episode.resolution.value_or(Last());
    });
  }
  bool IsBeforeBegin(Place place) const { return episodes_.empty() || place < Begin(); }
  // An agent's message that answers.
  bool IsReply(Place place) const { return ActAt(place) == Act::kReply && IsOpenAt(place); }
  bool IsResolution(Place place) const { return ActAt(place) == Act::kResolved && IsOpenAt(place); }

  void FindEpisodes(Conversation& conversation) {
    for (Place place = 0; place < moments_.size(); ++place) {
      const bool begun = !episodes_.empty();
      const bool open = begun && !episodes_.back().resolution;
      if (open && ActAt(place) == Act::kResolved) episodes_.back().resolution = place;
      if (open) continue;
      const bool opens = ActAt(place) == Act::kCustomerMessage || (begun && ActAt(place) == Act::kReopened);
      if (!opens) continue;
      episodes_.push_back({place, std::nullopt});
      conversation.reopens += begun ? 1 : 0;
    }
    if (episodes_.empty()) return;
    conversation.begun = At(Begin());
    conversation.begun_channel = moments_[Begin()].event->channel();
    conversation.resolved = episodes_.back().resolution.has_value();
  }

  bool EndsPauses(Place place) const {
    return IsResolution(place) || (ActAt(place) == Act::kResolved && IsBeforeBegin(place));
  }

  bool EndsHold(const std::string& hold_id, Place place) const {
    const std::string& released = moments_[place].event->released().hold_id();
    const bool releases = ActAt(place) == Act::kReleased && (released.empty() || released == hold_id);
    return releases || EndsPauses(place);
  }

  bool EndsSnooze(Place place) const {
    const Act act = ActAt(place);
    const bool releases = act == Act::kReleased && moments_[place].event->released().hold_id().empty();
    return releases || act == Act::kCustomerMessage || act == Act::kSnoozed || EndsPauses(place);
  }

  template <typename Ends>
  Ms FirstAfter(Place place, const Ends& ends) const {
    for (Place later = place + 1; later < moments_.size(); ++later) {
      if (ends(later)) return At(later);
    }
    return kForever;
  }

  void FindPauses(Conversation& conversation) {
    std::vector<Span> pauses;
    for (Place place = 0; place < moments_.size(); ++place) {
      if (!IsOpenAt(place) && !IsBeforeBegin(place)) continue;
      const ConversationEvent& event = *moments_[place].event;
      if (ActAt(place) == Act::kHeld) {
        // The hold of a message has no id.
        const std::string hold_id = event.held().hold_id();
        pauses.push_back({At(place), FirstAfter(place, [&](Place later) { return EndsHold(hold_id, later); })});
      }
      if (ActAt(place) == Act::kSnoozed) {
        const Ms end = FirstAfter(place, [&](Place later) { return EndsSnooze(later); });
        pauses.push_back({At(place), std::min(end, ToMillis(event.snoozed().until()))});
      }
    }
    pauses_ = conversation.pauses = Union(pauses);
  }

  // Who has the conversation at a place.
  std::string AssigneeAt(Place place) const {
    for (Place earlier = place + 1; earlier-- > 0;) {
      if (ActAt(earlier) == Act::kAssigned) return moments_[earlier].event->agent_id();
    }
    for (Place earlier = 0; earlier <= place; ++earlier) {
      const std::string& agent_id = moments_[earlier].event->agent_id();
      if (ActAt(earlier) == Act::kReply && !agent_id.empty()) return agent_id;
    }
    return "";
  }

  std::string ResolverAt(Place place) const {
    const std::string& agent_id = moments_[place].event->agent_id();
    return agent_id.empty() ? AssigneeAt(place) : agent_id;
  }

  rollup::Values ValuesAt(Place place, const std::string& agent_id, Channel channel) const {
    google::protobuf::Map<std::string, std::string> labels;
    for (Place earlier = 0; earlier <= place; ++earlier) {
      for (const auto& [key, value] : moments_[earlier].event->labels()) {
        if (!value.empty()) labels[key] = value;
      }
    }
    return rollup::ValuesOf(agent_id, channel, labels);
  }

  v1::Priority PriorityAt(Place place) const {
    v1::Priority priority = v1::PRIORITY_UNSPECIFIED;
    for (Place earlier = 0; earlier <= place; ++earlier) {
      const v1::Priority named = moments_[earlier].event->priority();
      if (named != v1::PRIORITY_UNSPECIFIED) priority = named;
    }
    return priority;
  }

  std::string TierAt(Place place) const {
    std::string tier;
    for (Place earlier = 0; earlier <= place; ++earlier) {
      const std::string& named = moments_[earlier].event->tier();
      if (!named.empty()) tier = named;
    }
    return tier;
  }

  Terms TermsAt(Place place) const {
    return rules_.At(At(place), PriorityAt(place), TierAt(place), moments_[Begin()].event->channel());
  }

  RunningClock ClockOf(Place start, std::optional<Place> stop) const {
    RunningClock clock;
    clock.start = At(start);
    if (stop) clock.stop = At(*stop);
    clock.running = Minus(Union({{clock.start, clock.stop.value_or(kForever)}}), pauses_);
    clock.calendar_id = TermsAt(start).calendar_id;
    return clock;
  }

  // Where the event says; else where the conversation began, if it had.
  Channel EscalatedOn(Place place) const {
    const Channel named = moments_[place].event->channel();
    if (named != common::v1::CHANNEL_UNSPECIFIED || IsBeforeBegin(place)) return named;
    return moments_[Begin()].event->channel();
  }

  void TellEvents(Conversation& conversation) {
    for (Place place = 0; place < moments_.size(); ++place) {
      const ConversationEvent& event = *moments_[place].event;
      const int64_t day = UtcDay(absl::FromUnixMillis(At(place)));
      conversation.event_days.insert(day);
      if (!event.customer_id().empty()) {
        if (conversation.customer_id.empty()) conversation.customer_id = event.customer_id();
        conversation.customers.insert(event.customer_id());
      }
      switch (ActAt(place)) {
        case Act::kCustomerMessage:
          ++conversation.messages[{day, event.channel()}];
          break;
        case Act::kSelfService:
          ++conversation.self_service;
          if (IsBeforeBegin(place)) conversation.tried.insert(event.self_service_attempt().kind());
          break;
        case Act::kFollower:
          conversation.followers.insert(event.follower_added().follower_id());
          conversation.customers.insert(event.follower_added().follower_id());
          break;
        case Act::kEscalated:
          conversation.escalations.push_back(
              {At(place), event.escalated().reason(), ValuesAt(place, AssigneeAt(place), EscalatedOn(place))});
          break;
        case Act::kMerged:
          conversation.merged = true;
          break;
        default:
          conversation.replies += IsReply(place) ? 1 : 0;
      }
    }
    if (moments_.empty()) return;
    const std::optional<Place> resolution = episodes_.empty() ? std::nullopt : episodes_.back().resolution;
    const std::string agent_id = resolution ? ResolverAt(*resolution) : AssigneeAt(Last());
    conversation.values = ValuesAt(resolution.value_or(Last()), agent_id, conversation.begun_channel);
  }

  // A bot has the conversation from the beginning and from each of its messages on, until a handoff or a reply.
  bool BotHas(Place place) const {
    for (Place earlier = place; earlier-- > Begin();) {
      if (!IsOpenAt(earlier)) continue;
      if (ActAt(earlier) == Act::kBotMessage) return true;
      if (ActAt(earlier) == Act::kHandoff || ActAt(earlier) == Act::kReply) return false;
    }
    return true;
  }

  std::vector<ResponseWait> ResponseWaits() const {
    std::vector<ResponseWait> waits;
    bool is_first = true;
    for (const Episode& episode : episodes_) {
      std::optional<ResponseWait> wait;
      for (Place place = episode.first; place <= episode.resolution.value_or(Last()); ++place) {
        if (ActAt(place) == Act::kCustomerMessage && !wait) wait = {place, place, std::nullopt, is_first};
        if (ActAt(place) == Act::kHandoff && wait && BotHas(place)) wait->clock = place;
        if (ActAt(place) != Act::kReply && place != episode.resolution) continue;
        if (wait) {
          wait->stop = place;
          waits.push_back(*wait);
          wait.reset();
          is_first = is_first && ActAt(place) != Act::kReply;
        }
      }
      if (wait) waits.push_back(*wait);
    }
    return waits;
  }

  void TellResponses(Conversation& conversation) {
    for (const ResponseWait& wait : ResponseWaits()) {
      const Channel channel = moments_[wait.message].event->channel();
      const bool answered = wait.stop && ActAt(*wait.stop) == Act::kReply;
      const Place end = wait.stop.value_or(Last());
      std::string agent_id = AssigneeAt(end);
      if (answered) agent_id = moments_[end].event->agent_id();
      const rollup::Values values = ValuesAt(end, agent_id, channel);
      const RunningClock clock = ClockOf(wait.clock, wait.stop);
      if (answered || !wait.stop) {
        const StretchKind kind =
            wait.is_first ? storage::v1::STRETCH_KIND_FIRST_RESPONSE : storage::v1::STRETCH_KIND_LATER_RESPONSE;
        conversation.stretches.push_back({kind, clock, !answered, values});
      }
      v1::Metric metric = v1::METRIC_NEXT_RESPONSE_TIME;
      if (wait.is_first && HasTarget(wait.clock, v1::METRIC_FIRST_RESPONSE_TIME)) {
        metric = v1::METRIC_FIRST_RESPONSE_TIME;
      }
      TargetPromise* promise = Promise(metric, wait.clock, clock, values, conversation);
      if (promise == nullptr || !wait.stop) continue;
      (answered ? promise->kept : promise->cancelled) = At(*wait.stop);
    }
  }

  bool HasTarget(Place start, v1::Metric metric) const {
    const v1::SlaPolicy* policy = TermsAt(start).policy;
    return policy != nullptr && std::any_of(policy->targets().begin(), policy->targets().end(),
                                            [&](const auto& target) { return target.metric() == metric; });
  }

  // The promise that the policy makes when a clock starts; null without one.
  TargetPromise* Promise(v1::Metric metric, Place start, const RunningClock& clock, const rollup::Values& values,
                         Conversation& conversation) const {
    if (!HasTarget(start, metric)) return nullptr;
    const v1::SlaPolicy& policy = *TermsAt(start).policy;
    TargetPromise promise;
    promise.policy_id = policy.policy_id();
    promise.metric = metric;
    for (const TargetPromise& other : conversation.promises) {
      promise.number += other.policy_id == promise.policy_id && other.metric == metric ? 1 : 0;
    }
    promise.clock = clock;
    for (const v1::ResponseTarget& target : policy.targets()) {
      if (target.metric() != metric) continue;
      promise.business = target.clock() == v1::CLOCK_BUSINESS;
      promise.within = target.within().seconds() * 1000 + target.within().nanos() / 1'000'000;
    }
    promise.values = values;
    conversation.promises.push_back(promise);
    return &conversation.promises.back();
  }

  void TellResolutions(Conversation& conversation) {
    const std::optional<Place> first = episodes_.front().resolution;
    const std::optional<Place> last = episodes_.back().resolution;
    Resolution(storage::v1::STRETCH_KIND_FIRST_RESOLUTION, v1::METRIC_FIRST_RESOLUTION_TIME, first, conversation);
    Resolution(storage::v1::STRETCH_KIND_FULL_RESOLUTION, v1::METRIC_FULL_RESOLUTION_TIME, last, conversation);
    if (!last) return;
    std::vector<Span> episodes;
    for (const Episode& episode : episodes_) episodes.push_back({At(episode.first), At(*episode.resolution)});
    const Spans open = Union(episodes);
    const Spans waits = CustomerWaits();
    const rollup::Values values = ValuesAt(*last, ResolverAt(*last), conversation.begun_channel);
    const auto sum = [&](StretchKind kind, const Spans& spans) {
      RunningClock clock = ClockOf(Begin(), last);
      clock.running = spans;
      conversation.stretches.push_back({kind, clock, false, values});
    };
    sum(storage::v1::STRETCH_KIND_REQUESTER_WAIT, Minus(Intersect(open, waits), pauses_));
    sum(storage::v1::STRETCH_KIND_ON_HOLD, Intersect(open, pauses_));
    sum(storage::v1::STRETCH_KIND_AGENT_WAIT, Minus(Minus(open, waits), pauses_));
  }

  void Resolution(StretchKind kind, v1::Metric metric, std::optional<Place> resolution, Conversation& conversation) {
    const std::string agent_id = resolution ? ResolverAt(*resolution) : AssigneeAt(Last());
    const rollup::Values values = ValuesAt(resolution.value_or(Last()), agent_id, conversation.begun_channel);
    const RunningClock clock = ClockOf(Begin(), resolution);
    conversation.stretches.push_back({kind, clock, !resolution, values});
    TargetPromise* promise = Promise(metric, Begin(), clock, values, conversation);
    if (promise != nullptr && resolution) promise->kept = At(*resolution);
  }

  bool StartsWait(Place place) const {
    const bool reopens =
        std::any_of(episodes_.begin(), episodes_.end(), [&](const Episode& episode) { return episode.first == place; });
    return reopens || (ActAt(place) == Act::kCustomerMessage && IsOpenAt(place));
  }

  bool EndsWait(Place place) const { return IsReply(place) || IsResolution(place); }

  // When a wait that a resolution ended was over: with the first message of a bot after the customer's last word, if
  // there was one.
  Ms EndOfResolvedWait(Place resolution) const {
    Place last_word = resolution;
    while (!StartsWait(last_word)) --last_word;
    for (Place place = last_word; place < resolution; ++place) {
      if (ActAt(place) == Act::kBotMessage) return At(place);
    }
    return At(resolution);
  }

  // All time in which the customer waits for us, pauses included.
  Spans CustomerWaits() const {
    std::vector<Span> waits;
    for (Place place = 0; place < moments_.size(); ++place) {
      if (!StartsWait(place)) continue;
      Place end = place + 1;
      while (end < moments_.size() && !EndsWait(end)) ++end;
      if (end == moments_.size()) {
        waits.push_back({At(place), kForever});
      } else {
        waits.push_back({At(place), IsResolution(end) ? EndOfResolvedWait(end) : At(end)});
      }
    }
    return Union(waits);
  }

  void TellWaiting(Conversation& conversation) {
    Place since = Last() + 1;
    for (Place place = Last() + 1; place-- > episodes_.back().first && !EndsWait(place);) {
      if (StartsWait(place)) since = place;
    }
    if (since > Last()) return;
    Waiting waiting;
    waiting.clock = ClockOf(since, std::nullopt);
    for (const Moment& moment : moments_) {
      if (moment.act == Act::kCustomerMessage) waiting.channel = moment.event->channel();
    }
    waiting.agent_id = AssigneeAt(Last());
    waiting.priority = PriorityAt(Last());
    for (const TargetPromise& promise : conversation.promises) {
      const bool response =
          promise.metric == v1::METRIC_FIRST_RESPONSE_TIME || promise.metric == v1::METRIC_NEXT_RESPONSE_TIME;
      if (response && !promise.clock.stop) waiting.due = promise.DueMs(rules_);
    }
    conversation.waiting = waiting;
  }

  const Rules& rules_;
  const std::vector<Moment> moments_;
  std::vector<Episode> episodes_;
  Spans pauses_;
};

Spans Until(const Spans& spans, Ms end) {
  return Intersect(spans, Union({{-kForever, end}}));
}

}  // namespace

Ms RunningClock::CalendarMs(Ms now) const {
  return Length(Until(running, now));
}

std::optional<Ms> RunningClock::BusinessMs(Ms now, const Rules& rules) const {
  if (calendar_id.empty()) return std::nullopt;
  return rules.BusinessMs(calendar_id, Until(running, now));
}

Ms TargetPromise::ShownMs(Ms now, const Rules& rules) const {
  return business ? clock.BusinessMs(now, rules).value() : clock.CalendarMs(now);
}

Ms TargetPromise::DueMs(const Rules& rules) const {
  TargetPromise going_on = *this;
  const Ms last_ran = clock.running.empty() ? clock.start : clock.running.back().end;
  std::vector<Span> running = clock.running;
  running.push_back({clock.stop.value_or(last_ran), kForever});
  going_on.clock.running = Union(running);
  Ms before = clock.start;
  Ms due = rules.horizon().end;
  while (due - before > 1) {
    const Ms middle = before + (due - before) / 2;
    (going_on.ShownMs(middle, rules) >= within ? due : before) = middle;
  }
  return due;
}

bool TargetPromise::IsPaused(const Rules& rules) const {
  const bool ends = clock.running.empty() || clock.running.back().end != kForever;
  return !clock.stop && ends && ShownMs(rules.horizon().end, rules) < within;
}

v1::PromiseState TargetPromise::StateAt(Ms now, const Rules& rules) const {
  const Ms due = DueMs(rules);
  if (kept) return *kept <= due ? v1::PROMISE_STATE_KEPT : v1::PROMISE_STATE_KEPT_LATE;
  if (cancelled) return *cancelled <= due ? v1::PROMISE_STATE_CANCELLED : v1::PROMISE_STATE_BROKEN;
  return now < due || IsPaused(rules) ? v1::PROMISE_STATE_PENDING : v1::PROMISE_STATE_BROKEN;
}

v1::ConversationState Conversation::StateAt(Ms now) const {
  if (merged) return v1::CONVERSATION_STATE_MERGED;
  if (!begun) return v1::CONVERSATION_STATE_QUIET;
  if (resolved) return v1::CONVERSATION_STATE_RESOLVED;
  if (Contains(pauses, now)) return v1::CONVERSATION_STATE_PAUSED;
  return waiting ? v1::CONVERSATION_STATE_WAITING : v1::CONVERSATION_STATE_ANSWERED;
}

Conversation Tell(const std::vector<ConversationEvent>& sent, const Rules& rules) {
  Conversation conversation;
  conversation.timeline = WhatCounts(sent);
  Account(conversation.timeline, rules).Tell(conversation);
  return conversation;
}

}  // namespace rapport::response_times::reference
