#include "tests/churn_activities/activities.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>

#include "absl/strings/str_cat.h"
#include "common/time/interval.h"

namespace rapport::churn {
namespace {

using v1::Activity;

Activity At(absl::string_view customer, absl::Time at) {
  Activity activity;
  activity.set_customer_id(std::string(customer));
  *activity.mutable_occurred_at() = ToProto(at);
  return activity;
}

// Names the activity by its kind and moment.
Activity Named(Activity activity) {
  activity.set_activity_id(
      absl::StrCat("kind-", static_cast<int>(activity.kind_case()), "-", ToMillis(activity.occurred_at())));
  return activity;
}

class Generator {
 public:
  Generator(uint32_t seed, absl::Time start, int days) : random_(seed), start_(start), days_(days) {}

  int Below(int bound) { return std::uniform_int_distribution<>(0, bound - 1)(random_); }

  // Coarse, so that many coincide.
  absl::Time Time() { return start_ + absl::Hours(6) * Below(days_ * 4); }

  v1::Subscription Subscription() {
    const int minor = Below(3) * 1000;
    return Plan(absl::StrCat("plan-", Below(3)), minor,
                minor == 0 && Below(2) == 0 ? ""
                : Below(4) == 0             ? "USD"
                                            : "EUR");
  }

  Activity Any(absl::string_view customer) {
    const absl::Time at = Time();
    switch (Below(20)) {
      case 0:
        return Below(2) == 0 ? SignedUp(customer, at) : SignedUp(customer, at, Subscription());
      case 1:
        return Converted(customer, at, Subscription());
      case 2:
        return PlanChanged(customer, at, Subscription());
      case 3:
        return Renewed(customer, at);
      case 4:
        return Cancelled(customer, at, "price");
      case 5:
        return CancelledFor(customer, at, at + absl::Hours(12) * Below(20), "too slow");
      case 6:
        return Below(2) == 0 ? Returned(customer, at) : Returned(customer, at, Subscription());
      case 7:
        return Invoiced(customer, at, absl::StrCat("i", Below(9)), 100 * Below(9), at + absl::Hours(24 * Below(30)));
      case 8:
        return InvoicePaid(customer, at, absl::StrCat("i", Below(9)));
      case 9:
        return Purchased(customer, at, Below(1000));
      case 10:
      case 11:
        return Used(customer, at, Below(5));
      case 12:
      case 13:
        return LoggedIn(customer, at);
      case 14:
      case 15:
        return FeatureUsed(customer, at, absl::StrCat("feature-", Below(6)), Below(3));
      case 16:
        return OwnerAssigned(customer, at, Below(4) == 0 ? "" : absl::StrCat("agent-", Below(3)));
      case 17: {
        Activity set = AttributeSet(customer, at, absl::StrCat("key_", Below(4)), Below(4) == 0 ? "" : "value");
        (*set.mutable_attributes_set()->mutable_attributes())[absl::StrCat("other_", Below(3))] =
            absl::StrCat(Below(3));
        return set;
      }
      case 18:
        return InterestShown(customer, at, absl::StrCat("topic-", Below(3)));
      default:
        return ConcernVoiced(customer, at, absl::StrCat("topic-", Below(3)));
    }
  }

  // An activity with what comes of it: corrections, removals and repetitions.
  void AddWithRevisions(const std::string& customer, const std::string& id, std::vector<Activity>& all) {
    all.push_back(WithId(Any(customer), id));
    // Revisions of the same number differ in content: the order of their arrival must not matter.
    while (Below(4) == 0) {
      const Activity revised = Revised(WithId(Any(customer), id), Below(3));
      all.push_back(Below(4) == 0 ? Deleted(revised, revised.revision()) : revised);
    }
    while (Below(5) == 0) all.push_back(all[all.size() - 1 - Below(std::min<int>(3, static_cast<int>(all.size())))]);
  }

  void Shuffle(std::vector<Activity>& all) { std::shuffle(all.begin(), all.end(), random_); }

 private:
  std::mt19937 random_;
  const absl::Time start_;
  const int days_;
};

}  // namespace

absl::Time Moment(absl::string_view text) {
  absl::Time time;
  std::string error;
  const std::string whole = absl::StrCat(text, text.size() > 10 ? "" : " 00:00");
  if (!absl::ParseTime("%Y-%m-%d %H:%M", whole, &time, &error)) {
    std::cerr << text << ": " << error << "\n";
    std::abort();
  }
  return time;
}

v1::Subscription Plan(absl::string_view plan, int64_t minor, absl::string_view currency) {
  v1::Subscription subscription;
  subscription.set_plan(std::string(plan));
  subscription.set_monthly_recurring_minor(minor);
  subscription.set_currency(std::string(currency));
  return subscription;
}

Activity SignedUp(absl::string_view customer, absl::Time at) {
  Activity activity = At(customer, at);
  activity.mutable_signed_up();
  return Named(activity);
}

Activity SignedUp(absl::string_view customer, absl::Time at, const v1::Subscription& subscription) {
  Activity activity = SignedUp(customer, at);
  *activity.mutable_signed_up()->mutable_subscription() = subscription;
  return activity;
}

Activity Converted(absl::string_view customer, absl::Time at, const v1::Subscription& subscription) {
  Activity activity = At(customer, at);
  *activity.mutable_converted()->mutable_subscription() = subscription;
  return Named(activity);
}

Activity PlanChanged(absl::string_view customer, absl::Time at, const v1::Subscription& subscription) {
  Activity activity = At(customer, at);
  *activity.mutable_plan_changed()->mutable_subscription() = subscription;
  return Named(activity);
}

Activity Renewed(absl::string_view customer, absl::Time at) {
  Activity activity = At(customer, at);
  activity.mutable_renewed();
  return Named(activity);
}

Activity Cancelled(absl::string_view customer, absl::Time at, absl::string_view reason) {
  Activity activity = At(customer, at);
  activity.mutable_cancelled()->set_reason(std::string(reason));
  return Named(activity);
}

Activity CancelledFor(absl::string_view customer, absl::Time at, absl::Time effective_at, absl::string_view reason) {
  Activity activity = Cancelled(customer, at, reason);
  *activity.mutable_cancelled()->mutable_effective_at() = ToProto(effective_at);
  return activity;
}

Activity Returned(absl::string_view customer, absl::Time at) {
  Activity activity = At(customer, at);
  activity.mutable_returned();
  return Named(activity);
}

Activity Returned(absl::string_view customer, absl::Time at, const v1::Subscription& subscription) {
  Activity activity = Returned(customer, at);
  *activity.mutable_returned()->mutable_subscription() = subscription;
  return activity;
}

Activity Invoiced(absl::string_view customer, absl::Time at, absl::string_view invoice, int64_t minor,
                  absl::Time due_at) {
  Activity activity = At(customer, at);
  v1::Invoiced& invoiced = *activity.mutable_invoiced();
  invoiced.set_invoice_id(std::string(invoice));
  invoiced.set_amount_minor(minor);
  invoiced.set_currency("EUR");
  *invoiced.mutable_due_at() = ToProto(due_at);
  return Named(activity);
}

Activity InvoicePaid(absl::string_view customer, absl::Time at, absl::string_view invoice) {
  Activity activity = At(customer, at);
  activity.mutable_invoice_paid()->set_invoice_id(std::string(invoice));
  return Named(activity);
}

Activity Purchased(absl::string_view customer, absl::Time at, int64_t minor) {
  Activity activity = At(customer, at);
  activity.mutable_purchased()->set_amount_minor(minor);
  activity.mutable_purchased()->set_currency("EUR");
  return Named(activity);
}

Activity Used(absl::string_view customer, absl::Time at, int64_t quantity) {
  Activity activity = At(customer, at);
  activity.mutable_used()->set_quantity(quantity);
  return Named(activity);
}

Activity LoggedIn(absl::string_view customer, absl::Time at) {
  Activity activity = At(customer, at);
  activity.mutable_logged_in();
  return Named(activity);
}

Activity FeatureUsed(absl::string_view customer, absl::Time at, absl::string_view feature, int64_t quantity) {
  Activity activity = At(customer, at);
  activity.mutable_feature_used()->set_feature(std::string(feature));
  activity.mutable_feature_used()->set_quantity(quantity);
  activity.set_activity_id(absl::StrCat("feature-", feature, "-", absl::ToUnixMillis(at)));
  return activity;
}

Activity OwnerAssigned(absl::string_view customer, absl::Time at, absl::string_view owner) {
  Activity activity = At(customer, at);
  activity.mutable_owner_assigned()->set_owner_id(std::string(owner));
  return Named(activity);
}

Activity AttributeSet(absl::string_view customer, absl::Time at, absl::string_view key, absl::string_view value) {
  Activity activity = At(customer, at);
  (*activity.mutable_attributes_set()->mutable_attributes())[std::string(key)] = std::string(value);
  activity.set_activity_id(absl::StrCat("attribute-", key, "-", absl::ToUnixMillis(at)));
  return activity;
}

Activity InterestShown(absl::string_view customer, absl::Time at, absl::string_view topic) {
  Activity activity = At(customer, at);
  activity.mutable_interest_shown()->set_topic(std::string(topic));
  return Named(activity);
}

Activity ConcernVoiced(absl::string_view customer, absl::Time at, absl::string_view topic) {
  Activity activity = At(customer, at);
  activity.mutable_concern_voiced()->set_topic(std::string(topic));
  return Named(activity);
}

Activity WithId(Activity activity, absl::string_view id) {
  activity.set_activity_id(std::string(id));
  return activity;
}

Activity Revised(Activity activity, int64_t revision) {
  activity.set_revision(revision);
  return activity;
}

Activity Deleted(Activity activity, int64_t revision) {
  activity.clear_kind();
  activity.set_revision(revision);
  activity.set_deleted(true);
  return activity;
}

std::vector<Activity> RandomActivities(uint32_t seed, int customers, int activities, absl::Time start, int days) {
  Generator generator(seed, start, days);
  std::vector<Activity> all;
  for (int i = 0; i < activities; ++i) {
    generator.AddWithRevisions(absl::StrCat("customer-", generator.Below(customers)), absl::StrCat("a", i), all);
  }
  generator.Shuffle(all);
  return all;
}

}  // namespace rapport::churn
