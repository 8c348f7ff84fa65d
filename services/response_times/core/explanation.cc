#include "services/response_times/core/explanation.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/time/interval.h"
#include "google/protobuf/duration.pb.h"
#include "services/response_times/core/analysis.h"
#include "services/response_times/core/promise.h"
#include "services/response_times/core/stopwatch.h"
#include "services/response_times/core/walk.h"

namespace rapport::response_times {
namespace {

absl::string_view TextOf(Effect effect) {
  switch (effect) {
    case Effect::kPrivateNote:
      return "a private note: it neither starts nor stops a clock";
    case Effect::kOutbound:
      return "sent by us unasked: it is no response";
    case Effect::kSystemMessage:
      return "a notice that nobody wrote: it neither starts nor stops a clock";
    case Effect::kBeforeTheBegin:
      return "before the customer's first message: no clock runs yet";
    case Effect::kWhileResolved:
      return "the conversation is resolved: no clock runs";
    case Effect::kBegan:
      return "the customer's first message: the conversation begins, and the wait for the first response";
    case Effect::kStartedWait:
      return "starts a wait for the next response";
    case Effect::kWaitedAlready:
      return "the customer waits already, since an earlier message";
    case Effect::kReopenedByMessage:
      return "reopens the conversation, and starts a wait for a response";
    case Effect::kFirstResponse:
      return "the first response";
    case Effect::kNextResponse:
      return "a response";
    case Effect::kReplyWithoutMessage:
      return "ends the wait since the reopening; no message was unanswered, so no response is measured";
    case Effect::kReplyToNobody:
      return "a reply that nobody waited for: nothing is measured";
    case Effect::kBotMessage:
      return "a bot's message: it satisfies no response clock";
    case Effect::kHandoffRestartedClock:
      return "handed to people: the wait for a response starts here";
    case Effect::kHandoffChangedNothing:
      return "people had it already, or nobody waited: no clock changes";
    case Effect::kResolved:
      return "resolved: all clocks and pauses stop";
    case Effect::kReopened:
      return "reopened: the customer waits again";
    case Effect::kWasOpen:
      return "the conversation was open already";
    case Effect::kPaused:
      return "clocks are paused";
    case Effect::kWasPaused:
      return "was held under this id already";
    case Effect::kReleased:
      return "released: clocks go on unless another pause holds them";
    case Effect::kReleasedNothing:
      return "nothing was held under this id";
    case Effect::kMerged:
      return "merged into another conversation: nothing of this one counts";
    case Effect::kAssigned:
      return "who has the conversation changes; replies are credited to who sends them";
    case Effect::kEscalated:
      return "escalated";
    case Effect::kTriedSelfService:
      return "an attempt at self-service";
    case Effect::kFollowed:
      return "somebody follows";
  }
  return "";
}

// What a clock shows that still runs is finer than that.
google::protobuf::Duration InMilliseconds(absl::Duration duration) {
  return ToProto(absl::Trunc(duration, absl::Milliseconds(1)));
}

class Explaining {
 public:
  Explaining(const Walk& walk, const Policies& policies, absl::Time now, v1::GetConversationResponse& response)
      : walk_(walk), policies_(policies), now_(now), response_(response) {}

  void Run() {
    for (const Step& step : walk_.steps) TakeStep(step);
    for (const ResponseClock& clock : walk_.responses) TakeResponse(clock);
    if (walk_.begun) TakeResolutions();
    std::stable_sort(response_.mutable_stretches()->pointer_begin(), response_.mutable_stretches()->pointer_end(),
                     [](const auto* a, const auto* b) { return ToMillis(a->start()) < ToMillis(b->start()); });
    const Rules rules = RulesAt(now_, walk_.terms, walk_.begun_channel, policies_);
    if (rules.policy != nullptr) response_.set_policy_id(rules.policy->policy_id());
    if (rules.calendar != nullptr) response_.set_calendar_id(rules.calendar->calendar_id());
  }

 private:
  void TakeStep(const Step& step) {
    v1::ExplainedEvent& explained = *response_.add_timeline();
    *explained.mutable_event() = step.event->event();
    explained.set_effect(std::string(TextOf(step.effect)));
    if (step.then && *step.then != step.effect) {
      absl::StrAppend(explained.mutable_effect(), "; then ", TextOf(*step.then));
    }
  }

  void TakeResponse(const ResponseClock& clock) {
    const Rules rules = RulesAt(clock.start, clock.terms, walk_.begun_channel, policies_);
    const Interval whole{clock.start, clock.end};
    v1::ExplainedStretch& stretch = Add(whole, {whole}, rules, clock.credit.agent_id);
    if (clock.first) stretch.add_metrics(v1::METRIC_FIRST_RESPONSE_TIME);
    stretch.add_metrics(v1::METRIC_NEXT_RESPONSE_TIME);
    switch (clock.ended_by) {
      case ResponseClock::End::kReply:
        return Conclude(stretch, true, "answered by a person");
      case ResponseClock::End::kResolution:
        return Conclude(stretch, false,
                        "resolved without a response: the wait ended, and there is no answer to measure");
      case ResponseClock::End::kOpen:
        return Conclude(stretch, false, "still unanswered: counts as open, at its age");
    }
  }

  void TakeResolutions() {
    const Rules rules = RulesAt(*walk_.begun, walk_.begun_terms, walk_.begun_channel, policies_);
    TakeResolution(v1::METRIC_FIRST_RESOLUTION_TIME, rules,
                   walk_.resolutions.empty() ? nullptr : &walk_.resolutions.front(), "the first resolution");
    TakeResolution(v1::METRIC_FULL_RESOLUTION_TIME, rules, walk_.IsOpen() ? nullptr : &walk_.resolutions.back(),
                   "the last resolution");
    if (walk_.IsOpen()) return;
    const Resolution& last = walk_.resolutions.back();
    const auto sum = [&](v1::Metric metric, const std::vector<Interval>& pieces, absl::string_view reason) {
      v1::ExplainedStretch& stretch = Add({*walk_.begun, last.at}, pieces, rules, last.credit.agent_id);
      stretch.add_metrics(metric);
      Conclude(stretch, true, reason);
    };
    const std::vector<Interval> unpaused = Without(walk_.pauses, walk_.open);
    sum(v1::METRIC_REQUESTER_WAIT_TIME, walk_.waits, "all that the customer waited");
    // What is paused is what the clocks leave out, so it is given without pauses of its own.
    v1::ExplainedStretch& on_hold =
        AddRead({*walk_.begun, last.at}, Read(Without(unpaused, walk_.open), rules.calendar), last.credit.agent_id);
    on_hold.add_metrics(v1::METRIC_ON_HOLD_TIME);
    Conclude(on_hold, true, "all that was paused");
    sum(v1::METRIC_AGENT_WAIT_TIME, Without(walk_.waits, unpaused), "all that we waited for the customer");
  }

  void TakeResolution(v1::Metric metric, const Rules& rules, const Resolution* resolution, absl::string_view reason) {
    const Interval whole{*walk_.begun, resolution == nullptr ? absl::InfiniteFuture() : resolution->at};
    v1::ExplainedStretch& stretch =
        Add(whole, {whole}, rules, resolution == nullptr ? walk_.now.agent_id : resolution->credit.agent_id);
    stretch.add_metrics(metric);
    Conclude(stretch, resolution != nullptr,
             resolution != nullptr ? reason : "not resolved: counts as open, at its age");
  }

  v1::ExplainedStretch& Add(const Interval& whole, const std::vector<Interval>& pieces, const Rules& rules,
                            const std::string& agent_id) {
    std::vector<Interval> read = Without(walk_.pauses, pieces);
    // Up to now, where it goes on.
    for (Interval& piece : read) {
      if (piece.end == absl::InfiniteFuture()) piece.end = std::max(piece.start, now_);
    }
    return AddRead(whole, Read(read, rules.calendar), agent_id);
  }

  v1::ExplainedStretch& AddRead(const Interval& whole, const Reading& reading, const std::string& agent_id) {
    v1::ExplainedStretch& stretch = *response_.add_stretches();
    *stretch.mutable_start() = ToProto(whole.start);
    if (whole.end != absl::InfiniteFuture()) *stretch.mutable_end() = ToProto(whole.end);
    *stretch.mutable_calendar_time() = InMilliseconds(reading.calendar);
    if (reading.business) *stretch.mutable_business_time() = InMilliseconds(*reading.business);
    stretch.set_agent_id(agent_id);
    return stretch;
  }

  void Conclude(v1::ExplainedStretch& stretch, bool counted, absl::string_view reason) const {
    stretch.set_counted(counted && !walk_.merged);
    stretch.set_reason(walk_.merged ? "merged into another conversation: leaves all counts" : std::string(reason));
  }

  const Walk& walk_;
  const Policies& policies_;
  const absl::Time now_;
  v1::GetConversationResponse& response_;
};

}  // namespace

v1::GetConversationResponse Explain(absl::string_view conversation_id, const storage::v1::ConversationRecord& record,
                                    const Policies& policies, absl::Time now) {
  const Walk walk = WalkThrough(record);
  v1::GetConversationResponse response;
  response.set_conversation_id(std::string(conversation_id));
  response.set_customer_id(walk.customer_id);
  response.set_state(StateAt(walk, now));
  Explaining(walk, policies, now, response).Run();
  for (const storage::v1::TargetPromise& promise : record.counted().promises()) {
    *response.add_promises() = Present(conversation_id, walk.customer_id, promise, absl::ToUnixMillis(now));
  }
  return response;
}

}  // namespace rapport::response_times
