#include "tests/response_times/told.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/time/interval.h"
#include "services/response_times/core/analysis.h"

namespace rapport::response_times {
namespace {

constexpr int kAgent = 0;

template <typename T>
std::string Or(const std::optional<T>& value) {
  return value ? absl::StrCat(*value) : "-";
}

std::string Text(const rollup::Values& values) {
  return absl::StrJoin(values, "|");
}

std::vector<std::string> Sorted(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace

rollup::Codes CodeBook::Encode(const rollup::Values& values) {
  rollup::Codes codes{};
  for (int i = 0; i < rollup::kDimensionCount; ++i) {
    if (values[i].empty()) continue;
    auto& known = values_[i];
    const auto place = std::find(known.begin(), known.end(), values[i]);
    codes[i] = static_cast<rollup::Code>(rollup::kFirstValue + (place - known.begin()));
    if (place == known.end()) known.push_back(values[i]);
  }
  return codes;
}

rollup::Values CodeBook::Decode(const google::protobuf::RepeatedField<uint32_t>& codes) const {
  rollup::Values values;
  for (int i = 0; i < std::min(codes.size(), rollup::kDimensionCount); ++i) {
    if (codes[i] >= rollup::kFirstValue) values[i] = values_[i].at(codes[i] - rollup::kFirstValue);
  }
  return values;
}

Told TellAt(Ms now, const reference::Conversation& conversation, const reference::Rules& rules) {
  Told told;
  for (const int64_t day : conversation.event_days) told.event_days.insert(day);
  told.customer_id = conversation.customer_id;
  told.followers = conversation.followers;
  told.mentioned = conversation.customers;
  told.mentioned.erase(conversation.customer_id);
  if (conversation.merged) return told;
  for (const reference::Stretch& each : conversation.stretches) {
    told.stretches.push_back({each.kind, each.clock.start, each.clock.CalendarMs(now),
                              each.clock.BusinessMs(now, rules), each.open, each.values});
  }
  for (const reference::TargetPromise& each : conversation.promises) {
    std::optional<Ms> remaining;
    if (each.IsPaused(rules)) remaining = each.within - each.ShownMs(rules.horizon().end, rules);
    told.promises.push_back({each.policy_id, each.metric, each.number, each.clock.start, each.DueMs(rules), remaining,
                             each.kept, each.cancelled, each.values[kAgent], each.values});
  }
  told.escalations = conversation.escalations;
  if (conversation.waiting && conversation.waiting->clock.IsRunning(now)) {
    const reference::Waiting& wait = *conversation.waiting;
    told.waiting = {wait.clock.start, wait.clock.CalendarMs(now), wait.channel, wait.agent_id, wait.priority, wait.due};
  }
  told.begun = conversation.begun;
  told.begun_channel = conversation.begun_channel;
  told.values = conversation.values;
  told.reopens = conversation.reopens;
  told.replies = conversation.replies;
  told.messages = conversation.messages;
  told.tried = conversation.tried;
  told.self_service = conversation.self_service;
  return told;
}

Told TellAt(Ms now, const storage::v1::Analysis& analysis, const Policies& policies, const CodeBook& codes) {
  Told told;
  const absl::Time moment = absl::FromUnixMillis(now);
  for (const storage::v1::Stretch& each : analysis.stretches()) {
    told.stretches.push_back({each.kind(), each.start_ms(), CalendarMsAt(moment, each),
                              BusinessMsAt(moment, each, policies), each.open(), codes.Decode(each.dimension_codes())});
  }
  for (const storage::v1::TargetPromise& each : analysis.promises()) {
    ToldPromise promise{each.policy_id(), each.metric(), each.number(), each.made_ms(), each.due_ms()};
    if (each.has_remaining_ms()) promise.remaining = each.remaining_ms();
    if (each.has_kept_ms()) promise.kept = each.kept_ms();
    if (each.has_cancelled_ms()) promise.cancelled = each.cancelled_ms();
    promise.agent_id = each.agent_id();
    promise.values = codes.Decode(each.dimension_codes());
    told.promises.push_back(promise);
  }
  for (const storage::v1::Escalation& each : analysis.escalations()) {
    told.escalations.push_back({each.occurred_ms(), each.reason(), codes.Decode(each.dimension_codes())});
  }
  if (analysis.has_waiting() && analysis.waiting().running_since_ms() <= now) {
    const storage::v1::Waiting& wait = analysis.waiting();
    told.waiting = {wait.since_ms(), wait.waited_ms() + now - wait.running_since_ms(),
                    wait.channel(),  wait.agent_id(),
                    wait.priority(), std::nullopt};
    if (wait.has_due_ms()) told.waiting->due = wait.due_ms();
  }
  told.customer_id = analysis.customer_id();
  if (analysis.has_begun_ms()) told.begun = analysis.begun_ms();
  told.begun_channel = analysis.begun_channel();
  told.values = codes.Decode(analysis.dimension_codes());
  told.reopens = analysis.reopen_count();
  told.replies = analysis.reply_count();
  for (const storage::v1::CustomerMessages& each : analysis.messages()) {
    told.messages[{each.day(), each.channel()}] += each.count();
  }
  told.event_days.insert(analysis.event_days().begin(), analysis.event_days().end());
  for (const int kind : analysis.tried()) told.tried.insert(static_cast<v1::SelfService>(kind));
  told.self_service = analysis.self_service_count();
  told.followers.insert(analysis.follower_ids().begin(), analysis.follower_ids().end());
  told.mentioned.insert(analysis.mentioned_ids().begin(), analysis.mentioned_ids().end());
  return told;
}

std::string TextOf(const Told& told) {
  std::vector<std::string> lines;
  for (const ToldStretch& each : told.stretches) {
    lines.push_back(absl::StrCat(storage::v1::StretchKind_Name(each.kind), each.open ? " open" : "", " start ",
                                 each.start, " calendar ", each.calendar, " business ", Or(each.business), " of ",
                                 Text(each.values)));
  }
  for (const ToldPromise& each : told.promises) {
    lines.push_back(absl::StrCat("promise ", each.policy_id, "/", v1::Metric_Name(each.metric), "/", each.number,
                                 " made ", each.made, " due ", each.due, " remaining ", Or(each.remaining), " kept ",
                                 Or(each.kept), " cancelled ", Or(each.cancelled), " by ", each.agent_id, " of ",
                                 Text(each.values)));
  }
  for (const reference::Escalation& each : told.escalations) {
    lines.push_back(absl::StrCat("escalated ", each.occurred, " ", each.reason, " of ", Text(each.values)));
  }
  lines = Sorted(lines);
  if (told.waiting) {
    const ToldWait& wait = *told.waiting;
    lines.push_back(absl::StrCat("waiting since ", wait.since, " for ", wait.waited, " on ", wait.channel, " for ",
                                 wait.agent_id, " priority ", wait.priority, " due ", Or(wait.due)));
  }
  lines.push_back(absl::StrCat("customer ", told.customer_id, " begun ", Or(told.begun), " on ", told.begun_channel,
                               " of ", Text(told.values), " reopened ", told.reopens, " replies ", told.replies));
  for (const auto& [key, count] : told.messages) {
    lines.push_back(absl::StrCat("messages on ", key.first, " ", key.second, ": ", count));
  }
  lines.push_back(absl::StrCat("days ", absl::StrJoin(told.event_days, ","), " tried ", absl::StrJoin(told.tried, ","),
                               " of ", told.self_service, " followers ", absl::StrJoin(told.followers, ","),
                               " mentioned ", absl::StrJoin(told.mentioned, ",")));
  return absl::StrJoin(lines, "\n");
}

}  // namespace rapport::response_times
