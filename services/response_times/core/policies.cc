#include "services/response_times/core/policies.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace rapport::response_times {
namespace {

// Whether a list of a policy lets a value through; an empty one lets every value.
template <typename List, typename Value>
bool Admits(const List& list, const Value& value) {
  return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

bool Matches(const v1::SlaPolicy& policy, v1::Priority priority, absl::string_view tier, common::v1::Channel channel) {
  return !policy.retired() && Admits(policy.priorities(), priority) && Admits(policy.tiers(), tier) &&
         Admits(policy.channels(), channel);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Policies>> Policies::Create(storage::v1::Resources resources) {
  std::shared_ptr<Policies> policies(new Policies(std::move(resources)));
  std::map<std::string, std::vector<v1::BusinessCalendar>> versions;
  for (const v1::BusinessCalendar& version : policies->resources_.calendars()) {
    versions[version.calendar_id()].push_back(version);
  }
  for (const auto& [id, of_calendar] : versions) {
    Timeline<bool> is_default;
    for (const v1::BusinessCalendar& version : of_calendar) {
      is_default.Add(EffectiveFrom(version), version.is_default());
    }
    absl::StatusOr<BusinessTime> time = BusinessTime::Create(of_calendar);
    if (!time.ok()) return time.status();
    policies->calendars_.emplace(id, CalendarVersions{*std::move(time), std::move(is_default)});
  }
  for (const v1::SlaPolicy& version : policies->resources_.policies()) {
    policies->policies_[version.policy_id()].Add(EffectiveFrom(version), &version);
  }
  return policies;
}

const v1::SlaPolicy* Policies::PolicyAt(absl::Time t, v1::Priority priority, absl::string_view tier,
                                        common::v1::Channel channel) const {
  const v1::SlaPolicy* best = nullptr;
  for (const auto& [unused, versions] : policies_) {
    const auto* entry = versions.At(t);
    if (entry == nullptr || !Matches(*entry->version, priority, tier, channel)) continue;
    if (best == nullptr || entry->version->rank() < best->rank()) best = entry->version;
  }
  return best;
}

const BusinessTime* Policies::CalendarAt(absl::Time t, const v1::SlaPolicy* policy) const {
  if (policy != nullptr && !policy->calendar_id().empty()) return Calendar(policy->calendar_id());
  const CalendarVersions* best = nullptr;
  absl::Time latest;
  for (const auto& [unused, calendar] : calendars_) {
    const auto* entry = calendar.is_default.At(t);
    if (entry == nullptr || !entry->version) continue;
    if (best == nullptr || entry->from > latest) {
      best = &calendar;
      latest = entry->from;
    }
  }
  return best == nullptr ? nullptr : &best->time;
}

const BusinessTime* Policies::Calendar(absl::string_view calendar_id) const {
  const auto known = calendars_.find(calendar_id);
  return known == calendars_.end() ? nullptr : &known->second.time;
}

}  // namespace rapport::response_times
