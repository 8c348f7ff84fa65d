#include "services/response_times/core/analysis.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/time/interval.h"
#include "services/response_times/core/record.h"
#include "services/response_times/core/stopwatch.h"

namespace rapport::response_times {
namespace {

using storage::v1::Analysis;
using storage::v1::Stretch;
using storage::v1::StretchKind;
using storage::v1::TargetPromise;

int64_t Millis(absl::Duration duration) {
  return absl::ToInt64Milliseconds(duration);
}

const v1::ResponseTarget* TargetOf(const v1::SlaPolicy* policy, v1::Metric metric) {
  if (policy == nullptr) return nullptr;
  for (const v1::ResponseTarget& target : policy->targets()) {
    if (target.metric() == metric) return &target;
  }
  return nullptr;
}

absl::Duration Within(const v1::ResponseTarget& target) {
  return FromProto(target.within());
}

// Turns moments into measurements.
class Measuring {
 public:
  Measuring(const Walk& walk, const Policies& policies, Analysis& analysis)
      : walk_(walk), policies_(policies), analysis_(analysis) {}

  void Run() {
    for (const ResponseClock& clock : walk_.responses) TakeResponse(clock);
    if (walk_.begun) TakeResolutions();
    std::sort(analysis_.mutable_stretches()->pointer_begin(), analysis_.mutable_stretches()->pointer_end(),
              [](const Stretch* a, const Stretch* b) {
                return std::tuple(a->start_ms(), a->kind()) < std::tuple(b->start_ms(), b->kind());
              });
    std::stable_sort(analysis_.mutable_promises()->pointer_begin(), analysis_.mutable_promises()->pointer_end(),
                     [](const TargetPromise* a, const TargetPromise* b) { return a->made_ms() < b->made_ms(); });
    if (walk_.IsWaiting()) TakeWait();
  }

 private:
  void TakeResponse(const ResponseClock& clock) {
    const Rules rules = RulesAt(clock.start, clock.terms, walk_.begun_channel, policies_);
    const std::vector<Interval> pieces = Without(walk_.pauses, Interval{clock.start, clock.end});
    if (clock.ended_by != ResponseClock::End::kResolution) {
      AddStretch(clock.first ? StretchKind::STRETCH_KIND_FIRST_RESPONSE : StretchKind::STRETCH_KIND_LATER_RESPONSE,
                 clock.start, pieces, clock.ended_by == ResponseClock::End::kOpen, rules.calendar, clock.credit,
                 clock.channel);
    }
    const v1::ResponseTarget* target = clock.first ? TargetOf(rules.policy, v1::METRIC_FIRST_RESPONSE_TIME) : nullptr;
    if (target == nullptr) target = TargetOf(rules.policy, v1::METRIC_NEXT_RESPONSE_TIME);
    if (target == nullptr) return;
    TargetPromise& promise = AddPromise(*target, rules, {clock.start, clock.end}, pieces, clock.credit, clock.channel);
    if (clock.ended_by == ResponseClock::End::kReply) promise.set_kept_ms(absl::ToUnixMillis(clock.end));
    if (clock.ended_by == ResponseClock::End::kResolution) promise.set_cancelled_ms(absl::ToUnixMillis(clock.end));
  }

  void TakeResolutions() {
    const absl::Time begun = *walk_.begun;
    const Rules rules = RulesAt(begun, walk_.begun_terms, walk_.begun_channel, policies_);
    const bool is_resolved = !walk_.IsOpen();
    const auto resolve = [&](StretchKind kind, v1::Metric metric, const Resolution* resolution) {
      const Interval whole{begun, resolution == nullptr ? absl::InfiniteFuture() : resolution->at};
      const Credit& credit = resolution == nullptr ? walk_.now : resolution->credit;
      const std::vector<Interval> pieces = Without(walk_.pauses, whole);
      AddStretch(kind, begun, pieces, resolution == nullptr, rules.calendar, credit, walk_.begun_channel);
      const v1::ResponseTarget* target = TargetOf(rules.policy, metric);
      if (target == nullptr) return;
      TargetPromise& promise = AddPromise(*target, rules, whole, pieces, credit, walk_.begun_channel);
      if (resolution != nullptr) promise.set_kept_ms(absl::ToUnixMillis(resolution->at));
    };
    resolve(StretchKind::STRETCH_KIND_FIRST_RESOLUTION, v1::METRIC_FIRST_RESOLUTION_TIME,
            walk_.resolutions.empty() ? nullptr : &walk_.resolutions.front());
    resolve(StretchKind::STRETCH_KIND_FULL_RESOLUTION, v1::METRIC_FULL_RESOLUTION_TIME,
            is_resolved ? &walk_.resolutions.back() : nullptr);
    if (!is_resolved) return;

    const Credit& credit = walk_.resolutions.back().credit;
    const auto sum = [&](StretchKind kind, const std::vector<Interval>& pieces) {
      AddStretch(kind, begun, pieces, /*open=*/false, rules.calendar, credit, walk_.begun_channel);
    };
    const std::vector<Interval> unpaused = Without(walk_.pauses, walk_.open);
    sum(StretchKind::STRETCH_KIND_REQUESTER_WAIT, Without(walk_.pauses, walk_.waits));
    sum(StretchKind::STRETCH_KIND_ON_HOLD, Without(unpaused, walk_.open));
    sum(StretchKind::STRETCH_KIND_AGENT_WAIT, Without(walk_.waits, unpaused));
  }

  void TakeWait() {
    const Reading reading = Read(Without(walk_.pauses, walk_.waits.back()), nullptr);
    if (!reading.running_since) return;  // paused until somebody releases it
    storage::v1::Waiting& waiting = *analysis_.mutable_waiting();
    waiting.set_since_ms(absl::ToUnixMillis(walk_.waits.back().start));
    waiting.set_waited_ms(Millis(reading.calendar));
    waiting.set_running_since_ms(absl::ToUnixMillis(*reading.running_since));
    waiting.set_channel(walk_.last_channel);
    waiting.set_agent_id(walk_.now.agent_id);
    waiting.set_priority(walk_.terms.priority);
    for (const TargetPromise& promise : analysis_.promises()) {
      const bool is_response =
          promise.metric() == v1::METRIC_FIRST_RESPONSE_TIME || promise.metric() == v1::METRIC_NEXT_RESPONSE_TIME;
      if (is_response && !promise.has_kept_ms() && !promise.has_cancelled_ms()) waiting.set_due_ms(promise.due_ms());
    }
  }

  void AddStretch(StretchKind kind, absl::Time start, const std::vector<Interval>& pieces, bool open,
                  const BusinessTime* calendar, const Credit& credit, common::v1::Channel channel) {
    const Reading reading = Read(pieces, calendar);
    Stretch& stretch = *analysis_.add_stretches();
    stretch.set_kind(kind);
    stretch.set_start_ms(absl::ToUnixMillis(start));
    stretch.set_calendar_ms(Millis(reading.calendar));
    if (reading.business) stretch.set_business_ms(Millis(*reading.business));
    stretch.set_open(open);
    if (open && reading.running_since) stretch.set_running_since_ms(absl::ToUnixMillis(*reading.running_since));
    if (open && calendar != nullptr) stretch.set_calendar_id(calendar->calendar_id());
    SetCodes(credit.codes, *stretch.mutable_dimension_codes());
    stretch.set_channel(channel);
  }

  TargetPromise& AddPromise(const v1::ResponseTarget& target, const Rules& rules, const Interval& whole,
                            const std::vector<Interval>& pieces, const Credit& credit, common::v1::Channel channel) {
    const BusinessTime* business = target.clock() == v1::CLOCK_BUSINESS ? rules.calendar : nullptr;
    const DueTime due = DueAfter(Within(target), whole, pieces, business);
    TargetPromise& promise = *analysis_.add_promises();
    promise.set_policy_id(rules.policy->policy_id());
    promise.set_metric(target.metric());
    promise.set_number(numbers_[{rules.policy->policy_id(), target.metric()}]++);
    promise.set_made_ms(absl::ToUnixMillis(whole.start));
    promise.set_due_ms(absl::ToUnixMillis(std::min(due.at, kNever)));
    if (due.remaining) promise.set_remaining_ms(Millis(*due.remaining));
    promise.set_agent_id(credit.agent_id);
    promise.set_channel(channel);
    SetCodes(credit.codes, *promise.mutable_dimension_codes());
    return promise;
  }

  // Stands for due times that never come: a calendar that is closed for good.
  static constexpr absl::Time kNever = absl::FromUnixSeconds(253'402'300'799);  // the last second of 9999

  const Walk& walk_;
  const Policies& policies_;
  Analysis& analysis_;
  std::map<std::pair<std::string, v1::Metric>, int> numbers_;
};

// What counts whether or not a clock runs: who wrote where, what was tried, who follows.
void TakeFacts(const Walk& walk, Analysis& analysis) {
  std::map<std::pair<int64_t, common::v1::Channel>, int64_t> messages;
  std::set<v1::SelfService> tried;
  std::set<std::string> followers;
  std::set<std::string> mentioned;
  bool begun = false;
  for (const Step& step : walk.steps) {
    const v1::ConversationEvent& event = step.event->event();
    const absl::Time at = absl::FromUnixMillis(ToMillis(event.occurred_at()));
    begun = begun || step.effect == Effect::kBegan;
    if (event.has_self_service_attempt()) {
      analysis.set_self_service_count(analysis.self_service_count() + 1);
      if (!begun) tried.insert(event.self_service_attempt().kind());
    }
    if (event.has_follower_added()) followers.insert(event.follower_added().follower_id());
    if (!event.customer_id().empty() && event.customer_id() != walk.customer_id) mentioned.insert(event.customer_id());
    if (event.message().author() == v1::AUTHOR_CUSTOMER && step.effect != Effect::kPrivateNote &&
        step.effect != Effect::kOutbound) {
      ++messages[{UtcDay(at), event.channel()}];
    }
  }
  for (const auto& [place, count] : messages) {
    storage::v1::CustomerMessages& each = *analysis.add_messages();
    each.set_day(place.first);
    each.set_channel(place.second);
    each.set_count(count);
  }
  for (const v1::SelfService kind : tried) analysis.add_tried(kind);
  mentioned.insert(followers.begin(), followers.end());
  mentioned.erase(walk.customer_id);
  *analysis.mutable_follower_ids() = {followers.begin(), followers.end()};
  *analysis.mutable_mentioned_ids() = {mentioned.begin(), mentioned.end()};
}

void TakeEscalations(const Walk& walk, Analysis& analysis) {
  for (const Escalated& escalated : walk.escalations) {
    storage::v1::Escalation& each = *analysis.add_escalations();
    each.set_occurred_ms(absl::ToUnixMillis(escalated.at));
    each.set_reason(escalated.reason);
    SetCodes(escalated.codes, *each.mutable_dimension_codes());
  }
}

// Also of what leaves the counts: it is exported and erased by these.
void TakeDays(const Walk& walk, Analysis& analysis) {
  for (const Step& step : walk.steps) {
    const int64_t day = UtcDay(absl::FromUnixMillis(ToMillis(step.event->event().occurred_at())));
    if (analysis.event_days().empty() || analysis.event_days(analysis.event_days_size() - 1) != day) {
      analysis.add_event_days(day);
    }
  }
}

}  // namespace

Analysis Analyze(absl::string_view, const storage::v1::ConversationRecord& record, const Policies& policies) {
  const Walk walk = WalkThrough(record);
  Analysis analysis;
  analysis.set_customer_id(walk.customer_id);
  analysis.set_state(StateAt(walk, absl::InfiniteFuture()));
  TakeDays(walk, analysis);
  TakeFacts(walk, analysis);
  if (walk.merged) {
    analysis.clear_messages();
    analysis.clear_tried();
    analysis.clear_self_service_count();
    return analysis;
  }
  Measuring(walk, policies, analysis).Run();
  TakeEscalations(walk, analysis);
  if (walk.begun) {
    analysis.set_begun_ms(absl::ToUnixMillis(*walk.begun));
    analysis.set_begun_channel(walk.begun_channel);
  }
  SetCodes(walk.resolutions.empty() || walk.IsOpen() ? walk.now.codes : walk.resolutions.back().credit.codes,
           *analysis.mutable_dimension_codes());
  analysis.set_reopen_count(walk.reopen_count);
  analysis.set_reply_count(walk.reply_count);
  return analysis;
}

v1::ConversationState StateAt(const Walk& walk, absl::Time now) {
  if (walk.merged) return v1::CONVERSATION_STATE_MERGED;
  if (!walk.begun) return v1::CONVERSATION_STATE_QUIET;
  if (!walk.IsOpen()) return v1::CONVERSATION_STATE_RESOLVED;
  if (!walk.pauses.empty() && (walk.pauses.back().end == absl::InfiniteFuture() || walk.pauses.back().end > now)) {
    return v1::CONVERSATION_STATE_PAUSED;
  }
  return walk.IsWaiting() ? v1::CONVERSATION_STATE_WAITING : v1::CONVERSATION_STATE_ANSWERED;
}

Rules RulesAt(absl::Time start, const Terms& terms, common::v1::Channel begun_channel, const Policies& policies) {
  const v1::SlaPolicy* policy = policies.PolicyAt(start, terms.priority, terms.tier, begun_channel);
  return {policy, policies.CalendarAt(start, policy)};
}

int64_t CalendarMsAt(absl::Time now, const Stretch& stretch) {
  if (!stretch.has_running_since_ms()) return stretch.calendar_ms();
  return stretch.calendar_ms() + std::max<int64_t>(0, absl::ToUnixMillis(now) - stretch.running_since_ms());
}

std::optional<int64_t> BusinessMsAt(absl::Time now, const Stretch& stretch, const Policies& policies) {
  if (!stretch.has_business_ms()) return std::nullopt;
  if (!stretch.has_running_since_ms()) return stretch.business_ms();
  const BusinessTime* calendar = policies.Calendar(stretch.calendar_id());
  if (calendar == nullptr) return stretch.business_ms();
  return stretch.business_ms() + Millis(calendar->Between(absl::FromUnixMillis(stretch.running_since_ms()), now));
}

}  // namespace rapport::response_times
