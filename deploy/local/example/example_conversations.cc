#include "deploy/local/example/example_conversations.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "deploy/local/example/example_month.h"
#include "deploy/local/example/example_random.h"

namespace rapport::example {
namespace {

namespace v1 = response_times::v1;
using v1::ConversationEvent;

constexpr double kTriedSelfService = 0.35;
constexpr double kBegunWithBot = 0.5;  // of chats and messages in the product
constexpr double kNoted = 0.2;
constexpr double kAskedAgain = 0.4;
constexpr double kThanked = 0.15;
constexpr double kResolvedWithReply = 0.3;
constexpr double kHeld = 0.06;
constexpr double kReopened = 0.04;
constexpr double kAngryAfterADay = 0.3;
constexpr double kAngryAnyway = 0.008;

constexpr Weighted<v1::SelfService> kAttempts[] = {{v1::SELF_SERVICE_HELP_PAGE, 0.5},
                                                   {v1::SELF_SERVICE_SEARCH, 0.25},
                                                   {v1::SELF_SERVICE_FORUM, 0.15},
                                                   {v1::SELF_SERVICE_STATUS_PAGE, 0.1}};
constexpr Weighted<v1::EscalationReason> kReasons[] = {{v1::ESCALATION_REASON_PRODUCT_DEFECT, 0.4},
                                                       {v1::ESCALATION_REASON_BILLING, 0.25},
                                                       {v1::ESCALATION_REASON_WRONG_ANSWER, 0.2},
                                                       {v1::ESCALATION_REASON_BROKEN_PROMISE, 0.15}};

// Writes the story of one conversation.
class Story {
 public:
  Story(const Conversation& conversation, uint64_t seed, std::vector<ConversationEvent>& events)
      : conversation_(conversation),
        random_(seed, absl::StrCat("story ", conversation.conversation_id)),
        events_(events) {}

  void Tell() {
    if (random_.Chance(kTriedSelfService)) {
      Add(conversation_.opened_at - Some(absl::Minutes(40)))
          .mutable_self_service_attempt()
          ->set_kind(random_.Pick(kAttempts));
    }
    ConversationEvent& opening = CustomerWrites(conversation_.opened_at);
    opening.mutable_labels()->insert(conversation_.labels.begin(), conversation_.labels.end());
    opening.set_tier(conversation_.labels.at("plan"));
    BeginWithBot();
    const absl::Duration wait = conversation_.first_reply_at - conversation_.opened_at;
    if (wait > absl::Hours(24) && random_.Chance(kAngryAfterADay)) {
      Escalate(conversation_.opened_at + absl::Hours(24) + Some(wait - absl::Hours(24)),
               v1::ESCALATION_REASON_SLOW_RESPONSE);
    } else if (random_.Chance(kAngryAnyway)) {
      Escalate(conversation_.opened_at + Some(absl::Hours(48)), random_.Pick(kReasons));
    }
    Resolve(Discuss(conversation_.first_reply_at));
  }

 private:
  absl::Duration Some(absl::Duration most) {
    return absl::Milliseconds(static_cast<int64_t>(random_.Uniform() * absl::ToDoubleMilliseconds(most)));
  }

  ConversationEvent& Add(absl::Time at) {
    ConversationEvent& event = events_.emplace_back();
    event.set_event_id(absl::StrCat(++number_));
    event.set_conversation_id(conversation_.conversation_id);
    event.set_customer_id(conversation_.customer_id);
    event.set_channel(conversation_.channel);
    SetTime(at, event.mutable_occurred_at());
    return event;
  }

  ConversationEvent& CustomerWrites(absl::Time at) {
    ConversationEvent& event = Add(at);
    event.mutable_message()->set_author(v1::AUTHOR_CUSTOMER);
    return event;
  }

  ConversationEvent& AgentDoes(absl::Time at) {
    ConversationEvent& event = Add(at);
    event.set_agent_id(conversation_.agent_id);
    return event;
  }

  ConversationEvent& AgentWrites(absl::Time at) {
    ConversationEvent& event = AgentDoes(at);
    event.mutable_message()->set_author(v1::AUTHOR_AGENT);
    return event;
  }

  void Reply(absl::Time at) {
    AgentWrites(at);
    last_reply_ = events_.size() - 1;
  }

  void Escalate(absl::Time at, v1::EscalationReason reason) { Add(at).mutable_escalated()->set_reason(reason); }

  void BeginWithBot() {
    const bool has_bot =
        conversation_.channel == common::v1::CHANNEL_CHAT || conversation_.channel == common::v1::CHANNEL_IN_APP;
    if (!has_bot || !random_.Chance(kBegunWithBot)) return;
    Add(conversation_.opened_at + absl::Seconds(2)).mutable_message()->set_author(v1::AUTHOR_BOT);
    const absl::Time handed_off = conversation_.opened_at + absl::Seconds(20) + Some(absl::Minutes(5));
    if (handed_off < conversation_.first_reply_at) Add(handed_off).mutable_handed_off();
  }

  // From the first reply to the last one, which it returns.
  absl::Time Discuss(absl::Time reply) {
    AgentDoes(reply - Some(absl::Seconds(30))).mutable_assigned();
    Reply(reply);
    if (random_.Chance(kNoted)) {
      AgentWrites(reply + Some(absl::Minutes(10))).mutable_message()->set_visibility(v1::VISIBILITY_PRIVATE_NOTE);
    }
    if (random_.Chance(kHeld)) {
      const absl::Time held = reply + absl::Minutes(1);
      AgentDoes(held).mutable_held()->set_hold_id("supplier");
      AgentDoes(held + absl::Hours(2) + Some(absl::Hours(40))).mutable_released()->set_hold_id("supplier");
    }
    if (!random_.Chance(kAskedAgain)) return reply;
    const absl::Time asked = reply + absl::Minutes(3) + Some(absl::Hours(20));
    CustomerWrites(asked);
    const absl::Time answered = asked + FirstReplyTime(0.9 * random_.Uniform());
    Reply(answered);
    return answered;
  }

  void Resolve(absl::Time last_reply) {
    absl::Time resolved = last_reply;
    if (random_.Chance(kResolvedWithReply)) {
      events_[last_reply_].mutable_message()->set_then(v1::STATUS_CHANGE_RESOLVED);
    } else {
      resolved = last_reply + absl::Minutes(30) + Some(absl::Hours(48));
      if (random_.Chance(kThanked)) CustomerWrites(resolved - Some(absl::Minutes(20)));
      AgentDoes(resolved).mutable_resolved();
    }
    if (!random_.Chance(kReopened)) return;
    const absl::Time back = resolved + absl::Hours(2) + Some(absl::Hours(72));
    CustomerWrites(back);
    const absl::Time answered = back + FirstReplyTime(0.9 * random_.Uniform());
    AgentWrites(answered).mutable_message()->set_then(v1::STATUS_CHANGE_RESOLVED);
  }

  const Conversation& conversation_;
  Random random_;
  std::vector<ConversationEvent>& events_;
  int number_ = 0;
  size_t last_reply_ = 0;  // its position among the events
};

absl::Time TimeOf(const ConversationEvent& event) {
  return absl::FromUnixSeconds(event.occurred_at().seconds()) + absl::Nanoseconds(event.occurred_at().nanos());
}

void AddTarget(v1::Metric metric, v1::Clock clock, absl::Duration within, v1::SlaPolicy& policy) {
  v1::ResponseTarget& target = *policy.add_targets();
  target.set_metric(metric);
  target.set_clock(clock);
  target.mutable_within()->set_seconds(absl::ToInt64Seconds(within));
}

}  // namespace

std::vector<ConversationEvent> EventsOfDays(uint64_t seed, absl::CivilDay end, int days) {
  const absl::Time until = absl::FromCivil(end, absl::UTCTimeZone());
  std::vector<ConversationEvent> events;
  for (absl::CivilDay day = end - days; day < end; ++day) {
    for (const Conversation& conversation : ConversationsOfDay(seed, day)) Story(conversation, seed, events).Tell();
  }
  std::erase_if(events, [until](const ConversationEvent& event) { return TimeOf(event) >= until; });
  std::stable_sort(events.begin(), events.end(),
                   [](const ConversationEvent& a, const ConversationEvent& b) { return TimeOf(a) < TimeOf(b); });
  return events;
}

v1::BusinessCalendar ExampleCalendar() {
  v1::BusinessCalendar calendar;
  calendar.set_calendar_id("weekdays");
  calendar.set_display_name("Weekdays, London");
  calendar.set_time_zone("Europe/London");
  calendar.set_is_default(true);
  for (int day = v1::DAY_OF_WEEK_MONDAY; day <= v1::DAY_OF_WEEK_FRIDAY; ++day) {
    v1::WeekdayHours& weekday = *calendar.add_week();
    weekday.set_day(static_cast<v1::DayOfWeek>(day));
    v1::OpenHours& hours = *weekday.add_hours();
    hours.set_opens_at("08:00");
    hours.set_closes_at("20:00");
  }
  return calendar;
}

std::vector<v1::SlaPolicy> ExamplePolicies() {
  v1::SlaPolicy business;
  business.set_policy_id("business");
  business.set_display_name("Business plan: answered within an hour");
  business.set_rank(1);
  business.add_tiers("business");
  AddTarget(v1::METRIC_FIRST_RESPONSE_TIME, v1::CLOCK_BUSINESS, absl::Hours(1), business);
  AddTarget(v1::METRIC_NEXT_RESPONSE_TIME, v1::CLOCK_BUSINESS, absl::Hours(4), business);
  v1::SlaPolicy everyone;
  everyone.set_policy_id("everyone");
  everyone.set_display_name("Everyone: answered within six hours");
  everyone.set_rank(2);
  AddTarget(v1::METRIC_FIRST_RESPONSE_TIME, v1::CLOCK_CALENDAR, absl::Hours(6), everyone);
  return {business, everyone};
}

}  // namespace rapport::example
