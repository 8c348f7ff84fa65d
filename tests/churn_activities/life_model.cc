#include "tests/churn_activities/life_model.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "common/time/interval.h"

namespace rapport::churn {
namespace {

using v1::Activity;

bool HasRevenue(const v1::Subscription& subscription) {
  return subscription.monthly_recurring_minor() > 0;
}

bool TakesNoticeBack(const Activity& activity) {
  return activity.has_renewed() || activity.has_returned() || activity.has_converted() ||
         (activity.has_plan_changed() && HasRevenue(activity.plan_changed().subscription()));
}

bool Begins(const Activity& activity) {
  return TakesNoticeBack(activity) || (activity.has_signed_up() && HasRevenue(activity.signed_up().subscription()));
}

std::optional<v1::Subscription> SubscriptionOf(const Activity& activity) {
  if (activity.has_signed_up() && activity.signed_up().has_subscription()) return activity.signed_up().subscription();
  if (activity.has_converted() && activity.converted().has_subscription()) return activity.converted().subscription();
  if (activity.has_plan_changed()) return activity.plan_changed().subscription();
  if (activity.has_renewed() && activity.renewed().has_subscription()) return activity.renewed().subscription();
  if (activity.has_returned() && activity.returned().has_subscription()) return activity.returned().subscription();
  return std::nullopt;
}

}  // namespace

LifeModel::LifeModel(std::vector<Activity> activities) : activities_(std::move(activities)) {
  const auto key = [](const Activity& activity) {
    return std::tuple(ToMillis(activity.occurred_at()), activity.kind_case(), activity.activity_id());
  };
  std::sort(activities_.begin(), activities_.end(),
            [&](const Activity& a, const Activity& b) { return key(a) < key(b); });
}

int64_t LifeModel::At(size_t position) const {
  return ToMillis(activities_[position].occurred_at());
}

int64_t LifeModel::LossOf(size_t notice) const {
  const v1::Cancelled& cancelled = activities_[notice].cancelled();
  return cancelled.has_effective_at() ? ToMillis(cancelled.effective_at()) : At(notice);
}

bool LifeModel::Holds(size_t notice, size_t known) const {
  if (!Active(notice, At(notice))) return false;
  for (size_t later = notice + 1; later < known; ++later) {
    const Activity& activity = activities_[later];
    if (At(later) < LossOf(notice) && (TakesNoticeBack(activity) || activity.has_cancelled())) return false;
  }
  return true;
}

bool LifeModel::Active(size_t known, int64_t moment_ms) const {
  const auto is_over = [&](size_t begin) {
    for (size_t notice = 0; notice < known; ++notice) {
      if (!activities_[notice].has_cancelled() || LossOf(notice) > moment_ms) continue;
      const bool concerns = notice > begin || At(begin) < LossOf(notice);
      if (concerns && Holds(notice, known)) return true;
    }
    return false;
  };
  for (size_t begin = 0; begin < known && At(begin) <= moment_ms; ++begin) {
    if (Begins(activities_[begin]) && !is_over(begin)) return true;
  }
  return false;
}

int64_t LifeModel::RevenueAt(int64_t moment_ms) const {
  if (!ActiveAt(moment_ms)) return 0;
  int64_t revenue = 0;
  for (size_t i = 0; i < activities_.size() && At(i) <= moment_ms; ++i) {
    const std::optional<v1::Subscription> subscription = SubscriptionOf(activities_[i]);
    if (!subscription) continue;
    // Trying something ends nothing that is paid.
    if (activities_[i].has_signed_up() && !HasRevenue(*subscription) && Active(i, At(i))) continue;
    revenue = subscription->monthly_recurring_minor();
  }
  return revenue;
}

}  // namespace rapport::churn
