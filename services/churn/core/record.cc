#include "services/churn/core/record.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/time/interval.h"

namespace rapport::churn {
namespace {

using storage::v1::CustomerRecord;
using storage::v1::DailyCounts;
using storage::v1::FeatureUse;
using v1::Activity;

constexpr int kTagOfFirstKind = 9;

// Where a day is in the list, or would be put.
struct DayPosition {
  int index = 0;
  int64_t before = 0;  // the day before it in the list; 0 when there is none
  bool found = false;
};

// Looks from the end: nearly every activity is of the last days.
DayPosition FindDay(const DailyCounts& counts, int64_t day) {
  const auto& days = counts.days();
  int64_t at = std::accumulate(days.begin(), days.end(), int64_t{0});
  int index = days.size();
  while (index > 0 && at > day) at -= days[--index];
  if (index > 0 && at == day) return {index - 1, at - days[index - 1], true};
  return {index, at, false};
}

void InsertDay(const DayPosition& position, int64_t day, DailyCounts& counts) {
  auto& days = *counts.mutable_days();
  const auto from_before = static_cast<uint32_t>(day - position.before);
  if (position.index < days.size()) days[position.index] -= from_before;
  days.Add(from_before);
  std::rotate(days.begin() + position.index, days.end() - 1, days.end());
  counts.mutable_counts()->Add(0);
  std::rotate(counts.mutable_counts()->begin() + position.index, counts.mutable_counts()->end() - 1,
              counts.mutable_counts()->end());
}

void RemoveDay(int index, DailyCounts& counts) {
  auto& days = *counts.mutable_days();
  if (index + 1 < days.size()) days[index + 1] += days[index];
  days.erase(days.begin() + index);
  counts.mutable_counts()->erase(counts.mutable_counts()->begin() + index);
}

void AddToDay(int64_t day, int64_t delta, DailyCounts& counts) {
  const DayPosition position = FindDay(counts, day);
  if (!position.found) InsertDay(position, day, counts);
  int64_t& count = (*counts.mutable_counts())[position.index];
  count += delta;
  if (count == 0) RemoveDay(position.index, counts);
}

auto FindFeature(const CustomerRecord& record, absl::string_view name) {
  return std::lower_bound(record.features().begin(), record.features().end(), name,
                          [](const FeatureUse& use, absl::string_view wanted) { return use.feature() < wanted; });
}

bool HasFeature(const CustomerRecord& record, absl::string_view name) {
  const auto found = FindFeature(record, name);
  return found != record.features().end() && found->feature() == name;
}

void AddToFeature(const std::string& name, int64_t day, int64_t delta, CustomerRecord& record) {
  auto& features = *record.mutable_features();
  const auto index = static_cast<int>(FindFeature(record, name) - record.features().begin());
  if (index == features.size() || features[index].feature() != name) {
    features.Add()->set_feature(name);
    std::rotate(features.pointer_begin() + index, features.pointer_end() - 1, features.pointer_end());
  }
  AddToDay(day, delta, *features[index].mutable_uses());
  if (features[index].uses().days().empty()) features.erase(features.begin() + index);
}

// What an activity counts for its day, of the kinds that are kept by day.
int64_t QuantityOf(const Activity& activity) {
  switch (KindOf(activity)) {
    case v1::ACTIVITY_KIND_USED:
      return std::max<int64_t>(1, activity.used().quantity());
    case v1::ACTIVITY_KIND_FEATURE_USED:
      return std::max<int64_t>(1, activity.feature_used().quantity());
    default:
      return 1;
  }
}

// Adds to the day of an activity; false when its kind is not kept by day.
bool AddByDay(const Activity& activity, int64_t sign, CustomerRecord& record) {
  const int64_t day = UtcDay(FromProto(activity.occurred_at()));
  const int64_t delta = sign * QuantityOf(activity);
  switch (KindOf(activity)) {
    case v1::ACTIVITY_KIND_USED:
      AddToDay(day, delta, *record.mutable_used());
      if (record.used().days().empty()) record.clear_used();
      return true;
    case v1::ACTIVITY_KIND_LOGGED_IN:
      AddToDay(day, delta, *record.mutable_logged_in());
      if (record.logged_in().days().empty()) record.clear_logged_in();
      return true;
    case v1::ACTIVITY_KIND_FEATURE_USED:
      AddToFeature(activity.feature_used().feature(), day, delta, record);
      return true;
    default:
      return false;
  }
}

auto PlaceInTimeline(const Activity& activity) {
  return std::tuple(ToMillis(activity.occurred_at()), KindOf(activity), absl::string_view(activity.activity_id()));
}

int PositionInTimeline(const Activity& activity, const CustomerRecord& record) {
  const auto found =
      std::lower_bound(record.timeline().begin(), record.timeline().end(), activity,
                       [](const Activity& a, const Activity& b) { return PlaceInTimeline(a) < PlaceInTimeline(b); });
  return static_cast<int>(found - record.timeline().begin());
}

Activity AsKept(const Activity& activity) {
  Activity kept = activity;
  kept.clear_customer_id();
  kept.clear_received_at();
  RoundMoments(kept);
  return kept;
}

// The days before `end`.
DailyCounts DaysBefore(const DailyCounts& counts, int64_t end) {
  const DayPosition last = FindDay(counts, end - 1);
  const int size = last.index + (last.found ? 1 : 0);
  DailyCounts before;
  before.mutable_days()->Add(counts.days().begin(), counts.days().begin() + size);
  before.mutable_counts()->Add(counts.counts().begin(), counts.counts().begin() + size);
  return before;
}

void AddAll(const DailyCounts& counts, DailyCounts& sum) {
  int64_t day = 0;
  for (int i = 0; i < counts.days_size(); ++i) {
    day += counts.days(i);
    AddToDay(day, counts.counts(i), sum);
  }
}

}  // namespace

v1::ActivityKind KindOf(const Activity& activity) {
  if (activity.kind_case() == Activity::KIND_NOT_SET) return v1::ACTIVITY_KIND_UNSPECIFIED;
  return static_cast<v1::ActivityKind>(activity.kind_case() - kTagOfFirstKind);
}

bool IsKeptByDay(v1::ActivityKind kind) {
  return kind == v1::ACTIVITY_KIND_USED || kind == v1::ACTIVITY_KIND_LOGGED_IN ||
         kind == v1::ACTIVITY_KIND_FEATURE_USED;
}

absl::Status CheckRoom(const Activity& activity, const CustomerRecord& record) {
  if (!IsKeptByDay(KindOf(activity))) {
    if (record.timeline_size() < kMostTimeline) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrCat("customer_id: the customer has ", kMostTimeline,
                     " activities besides use, logins and features, the most that one may have; split it by account"));
  }
  if (KindOf(activity) != v1::ACTIVITY_KIND_FEATURE_USED || record.features_size() < kMostFeatures ||
      HasFeature(record, activity.feature_used().feature())) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("feature_used.feature: the customer has used ", kMostFeatures,
                   " different ones, the most that one may have; name features, not what they were used on"));
}

void RoundMoments(Activity& activity) {
  *activity.mutable_occurred_at() = ToMillisecond(activity.occurred_at());
  if (activity.cancelled().has_effective_at()) {
    *activity.mutable_cancelled()->mutable_effective_at() = ToMillisecond(activity.cancelled().effective_at());
  }
  if (activity.invoiced().has_due_at()) {
    *activity.mutable_invoiced()->mutable_due_at() = ToMillisecond(activity.invoiced().due_at());
  }
}

void AddActivity(const Activity& activity, CustomerRecord& record) {
  if (AddByDay(activity, 1, record)) return;
  const int position = PositionInTimeline(activity, record);
  auto& timeline = *record.mutable_timeline();
  *timeline.Add() = AsKept(activity);
  std::rotate(timeline.pointer_begin() + position, timeline.pointer_end() - 1, timeline.pointer_end());
}

void TakeBackActivity(const Activity& activity, CustomerRecord& record) {
  if (AddByDay(activity, -1, record)) return;
  const int position = PositionInTimeline(activity, record);
  auto& timeline = *record.mutable_timeline();
  if (position == timeline.size() || timeline[position].activity_id() != activity.activity_id()) return;
  timeline.erase(timeline.begin() + position);
}

void FoldFeatures(CustomerRecord& record) {
  auto& features = *record.mutable_features();
  if (features.size() <= kMostNamedFeatures) return;
  std::vector<std::pair<uint32_t, absl::string_view>> by_first_day;
  for (const FeatureUse& use : features) by_first_day.emplace_back(use.uses().days(0), use.feature());
  const auto named_end = by_first_day.begin() + kMostNamedFeatures;
  std::nth_element(by_first_day.begin(), named_end, by_first_day.end());
  const std::pair<uint32_t, std::string> first_other(*named_end);

  FeatureUse other;
  other.set_feature(kOtherFeature);
  const auto others = std::remove_if(features.begin(), features.end(), [&](const FeatureUse& use) {
    const bool is_other = std::pair(use.uses().days(0), absl::string_view(use.feature())) >=
                          std::pair(first_other.first, absl::string_view(first_other.second));
    if (is_other) AddAll(use.uses(), *other.mutable_uses());
    return is_other;
  });
  features.erase(others, features.end());
  const auto place = static_cast<int>(FindFeature(record, kOtherFeature) - record.features().begin());
  if (place < features.size() && features[place].feature() == kOtherFeature) {
    AddAll(other.uses(), *features[place].mutable_uses());
    return;
  }
  *features.Add() = std::move(other);
  std::rotate(features.pointer_begin() + place, features.pointer_end() - 1, features.pointer_end());
}

CustomerRecord RecordAsOf(const CustomerRecord& record, absl::Time moment) {
  CustomerRecord then;
  const int64_t end = UtcDay(moment);
  DailyCounts used = DaysBefore(record.used(), end);
  if (!used.days().empty()) *then.mutable_used() = std::move(used);
  DailyCounts logged_in = DaysBefore(record.logged_in(), end);
  if (!logged_in.days().empty()) *then.mutable_logged_in() = std::move(logged_in);
  for (const FeatureUse& use : record.features()) {
    DailyCounts uses = DaysBefore(use.uses(), end);
    if (uses.days().empty()) continue;
    FeatureUse& kept = *then.add_features();
    kept.set_feature(use.feature());
    *kept.mutable_uses() = std::move(uses);
  }
  for (const Activity& activity : record.timeline()) {
    if (FromProto(activity.occurred_at()) >= moment) break;
    *then.add_timeline() = activity;
  }
  then.set_erased(record.erased());
  return then;
}

std::optional<int64_t> LastDay(const DailyCounts& counts) {
  if (counts.days().empty()) return std::nullopt;
  return std::accumulate(counts.days().begin(), counts.days().end(), int64_t{0});
}

bool IsEmpty(const CustomerRecord& record) {
  return record.used().days().empty() && record.logged_in().days().empty() && record.features().empty() &&
         record.timeline().empty();
}

}  // namespace rapport::churn
