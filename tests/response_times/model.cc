#include "tests/response_times/model.h"

#include <algorithm>

namespace rapport::response_times {
namespace {

using storage::v1::StretchKind;

std::vector<StretchKind> KindsOf(v1::Metric metric) {
  switch (metric) {
    case v1::METRIC_FIRST_RESPONSE_TIME:
      return {storage::v1::STRETCH_KIND_FIRST_RESPONSE};
    case v1::METRIC_NEXT_RESPONSE_TIME:
      return {storage::v1::STRETCH_KIND_FIRST_RESPONSE, storage::v1::STRETCH_KIND_LATER_RESPONSE};
    case v1::METRIC_FIRST_RESOLUTION_TIME:
      return {storage::v1::STRETCH_KIND_FIRST_RESOLUTION};
    case v1::METRIC_FULL_RESOLUTION_TIME:
      return {storage::v1::STRETCH_KIND_FULL_RESOLUTION};
    case v1::METRIC_REQUESTER_WAIT_TIME:
      return {storage::v1::STRETCH_KIND_REQUESTER_WAIT};
    case v1::METRIC_ON_HOLD_TIME:
      return {storage::v1::STRETCH_KIND_ON_HOLD};
    default:
      return {storage::v1::STRETCH_KIND_AGENT_WAIT};
  }
}

bool Counts(StretchKind kind, v1::Metric metric) {
  const std::vector<StretchKind> kinds = KindsOf(metric);
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

}  // namespace

bool Selection::Has(Ms moment, const rollup::Values& with) const {
  return range.Contains(absl::FromUnixMillis(moment)) &&
         std::all_of(values.begin(), values.end(),
                     [&](const auto& value) { return with[rollup::IndexOf(value.first)] == value.second; });
}

Model::Model(const std::vector<v1::ConversationEvent>& events, const reference::Rules& rules, Ms now)
    : rules_(rules), now_(now) {
  std::map<std::string, std::vector<v1::ConversationEvent>> by_conversation;
  for (const v1::ConversationEvent& event : events) by_conversation[event.conversation_id()].push_back(event);
  for (const auto& [id, sent] : by_conversation) {
    reference::Conversation& conversation = conversations_[id] = reference::Tell(sent, rules);
    if (conversation.merged) continue;
    for (const reference::Stretch& each : conversation.stretches) {
      shown_.push_back({each.kind, each.clock.start, each.clock.CalendarMs(now), each.clock.BusinessMs(now, rules),
                        each.open, each.values});
    }
    for (const reference::TargetPromise& each : conversation.promises) {
      promises_.push_back({each.DueMs(rules), each.StateAt(now, rules), each.values});
    }
  }
}

ExpectedTimes Model::TimesOf(v1::Metric metric, v1::Clock clock, const Selection& selection) const {
  ExpectedTimes times;
  for (const Shown& each : shown_) {
    if (!Counts(each.kind, metric) || !selection.Has(each.start, each.values)) continue;
    const std::optional<Ms> ms = clock == v1::CLOCK_BUSINESS ? each.business : each.calendar;
    if (ms) (each.open ? times.open : times.answered).push_back(*ms);
  }
  std::sort(times.answered.begin(), times.answered.end());
  std::sort(times.open.begin(), times.open.end());
  return times;
}

ExpectedConversations Model::ConversationsOf(const Selection& selection) const {
  ExpectedConversations counts;
  for (const auto& [id, conversation] : conversations_) {
    if (conversation.merged || !conversation.begun || !selection.Has(*conversation.begun, conversation.values)) {
      continue;
    }
    ++counts.begun;
    counts.reopenings += conversation.reopens;
    if (!conversation.resolved) continue;
    ++counts.resolved;
    counts.resolved_reopened += conversation.reopens > 0 ? 1 : 0;
    counts.one_touch += conversation.replies == 1 ? 1 : 0;
  }
  return counts;
}

std::set<std::string> Model::GroupsOf(const v1::QueryResponseTimesRequest& request, common::v1::Dimension dimension,
                                      const Selection& selection) const {
  std::set<std::string> groups;
  for (const auto& [id, conversation] : conversations_) {
    if (conversation.merged) continue;
    if (conversation.begun && selection.Has(*conversation.begun, conversation.values)) {
      groups.insert(conversation.values[rollup::IndexOf(dimension)]);
    }
  }
  for (const Shown& each : shown_) {
    if (!selection.Has(each.start, each.values)) continue;
    for (const int metric : request.metrics()) {
      for (const int clock : request.clocks()) {
        const bool shows = clock != v1::CLOCK_BUSINESS || each.business;
        if (shows && Counts(each.kind, static_cast<v1::Metric>(metric))) {
          groups.insert(each.values[rollup::IndexOf(dimension)]);
        }
      }
    }
  }
  return groups;
}

std::map<v1::PromiseState, int64_t> Model::PromisesOf(const Selection& selection) const {
  std::map<v1::PromiseState, int64_t> states;
  for (const Promise& promise : promises_) {
    if (selection.Has(promise.due, promise.values)) ++states[promise.state];
  }
  return states;
}

std::set<std::string> Model::PromiseGroupsOf(common::v1::Dimension dimension, const Selection& selection) const {
  std::set<std::string> groups;
  for (const Promise& promise : promises_) {
    if (selection.Has(promise.due, promise.values)) groups.insert(promise.values[rollup::IndexOf(dimension)]);
  }
  return groups;
}

}  // namespace rapport::response_times
