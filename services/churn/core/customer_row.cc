#include "services/churn/core/customer_row.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/time/interval.h"
#include "services/churn/core/record.h"

namespace rapport::churn {
namespace {

using storage::v1::AttributeStep;
using storage::v1::CustomerRecord;
using storage::v1::CustomerRow;
using storage::v1::RevenueStep;
using storage::v1::TenureSpan;
using storage::v1::Topic;
using v1::Activity;
using v1::Subscription;

constexpr size_t kMostAttributes = 64;
constexpr int kMostMentions = 32;

// Goes through the timeline of a customer once, in order, and writes what it comes to into a row.
class Life {
 public:
  explicit Life(CustomerRow& row) : row_(row) {}

  void Follow(const Activity& activity);
  void Finish();

 private:
  bool IsActive(int64_t at) const;
  void SignUp(const v1::SignedUp& signup, int64_t at);
  void BecomeActive(int64_t at);
  void Pay(const Subscription& subscription, int64_t at);
  void Cancel(const v1::Cancelled& cancelled, int64_t at);
  void Buy(int64_t at);
  void SetOwner(const std::string& owner_id, int64_t at);
  void SetAttributes(const v1::AttributesSet& set, int64_t at);
  void AddStep(const std::string& key, const std::string& value, int64_t at);
  void Mention(const std::string& topic, bool concern, int64_t at);

  CustomerRow& row_;
  int64_t last_purchase_day_ = 0;
  std::string owner_;
  absl::flat_hash_map<std::string, std::string> attributes_;
  std::map<std::pair<std::string, bool>, std::vector<int64_t>> mentions_;
};

void Life::Follow(const Activity& activity) {
  const int64_t at = ToMillis(activity.occurred_at());
  switch (activity.kind_case()) {
    case Activity::kSignedUp:
      return SignUp(activity.signed_up(), at);
    case Activity::kConverted:
      BecomeActive(at);
      if (activity.converted().has_subscription()) Pay(activity.converted().subscription(), at);
      return;
    case Activity::kPlanChanged:
      if (activity.plan_changed().subscription().monthly_recurring_minor() > 0) BecomeActive(at);
      return Pay(activity.plan_changed().subscription(), at);
    case Activity::kRenewed:
      BecomeActive(at);
      if (activity.renewed().has_subscription()) Pay(activity.renewed().subscription(), at);
      return;
    case Activity::kCancelled:
      return Cancel(activity.cancelled(), at);
    case Activity::kReturned:
      BecomeActive(at);
      if (activity.returned().has_subscription()) Pay(activity.returned().subscription(), at);
      return;
    case Activity::kPurchased:
      return Buy(at);
    case Activity::kOwnerAssigned:
      return SetOwner(activity.owner_assigned().owner_id(), at);
    case Activity::kAttributesSet:
      return SetAttributes(activity.attributes_set(), at);
    case Activity::kInterestShown:
      return Mention(activity.interest_shown().topic(), false, at);
    case Activity::kConcernVoiced:
      return Mention(activity.concern_voiced().topic(), true, at);
    default:
      return;
  }
}

void Life::Finish() {
  for (const auto& [topic, moments] : mentions_) {
    Topic& added = *row_.add_topics();
    added.set_topic(topic.first);
    added.set_concern(topic.second);
    added.set_count(static_cast<int64_t>(moments.size()));
    const auto first = moments.size() <= kMostMentions ? moments.begin() : moments.end() - kMostMentions;
    added.mutable_at_ms()->Add(first, moments.end());
  }
}

bool Life::IsActive(int64_t at) const {
  if (row_.tenures().empty()) return false;
  const TenureSpan& last = *row_.tenures().rbegin();
  return !last.has_end_ms() || at < last.end_ms();
}

void Life::SignUp(const v1::SignedUp& signup, int64_t at) {
  if (!row_.has_signed_up_ms()) row_.set_signed_up_ms(at);
  const bool with_revenue = signup.subscription().monthly_recurring_minor() > 0;
  const bool was_active = IsActive(at);
  if (with_revenue && !was_active) BecomeActive(at);
  // Trying something ends nothing that is paid.
  if (signup.has_subscription() && (with_revenue || !was_active)) Pay(signup.subscription(), at);
}

// Begins a tenure, or takes back the notice of the present one.
void Life::BecomeActive(int64_t at) {
  if (IsActive(at)) {
    TenureSpan& present = *row_.mutable_tenures(row_.tenures_size() - 1);
    present.clear_end_ms();
    present.clear_reason();
    return;
  }
  row_.add_tenures()->set_start_ms(at);
  if (!row_.has_converted_ms()) row_.set_converted_ms(at);
}

void Life::Pay(const Subscription& subscription, int64_t at) {
  if (!row_.revenue().empty()) {
    const RevenueStep& last = *row_.revenue().rbegin();
    if (last.monthly_recurring_minor() == subscription.monthly_recurring_minor() &&
        last.currency() == subscription.currency() && last.plan() == subscription.plan()) {
      return;
    }
  }
  RevenueStep& step = *row_.add_revenue();
  step.set_from_ms(at);
  step.set_monthly_recurring_minor(subscription.monthly_recurring_minor());
  step.set_currency(subscription.currency());
  step.set_plan(subscription.plan());
}

// The last notice counts. Who is not active has nothing to end.
void Life::Cancel(const v1::Cancelled& cancelled, int64_t at) {
  if (!IsActive(at)) return;
  TenureSpan& present = *row_.mutable_tenures(row_.tenures_size() - 1);
  present.set_end_ms(cancelled.has_effective_at() ? ToMillis(cancelled.effective_at()) : at);
  present.set_reason(cancelled.reason());
}

void Life::Buy(int64_t at) {
  const int64_t day = UtcDay(absl::FromUnixMillis(at));
  if (!row_.purchase_days().empty() && day == last_purchase_day_) return;
  row_.add_purchase_days(static_cast<uint32_t>(day - last_purchase_day_));
  last_purchase_day_ = day;
}

void Life::SetOwner(const std::string& owner_id, int64_t at) {
  if (owner_ == owner_id) return;
  owner_ = owner_id;
  AddStep(kOwnerKey, owner_id, at);
}

void Life::SetAttributes(const v1::AttributesSet& set, int64_t at) {
  // Of those that there is no room for, the same ones whatever the order in which a map is filled.
  const std::map<std::string, std::string> by_key(set.attributes().begin(), set.attributes().end());
  for (const auto& [key, value] : by_key) {
    const auto known = attributes_.find(key);
    if (value.empty()) {
      if (known == attributes_.end()) continue;
      attributes_.erase(known);
    } else if (known != attributes_.end()) {
      if (known->second == value) continue;
      known->second = value;
    } else {
      if (attributes_.size() >= kMostAttributes) continue;
      attributes_.emplace(key, value);
    }
    AddStep(key, value, at);
  }
}

void Life::AddStep(const std::string& key, const std::string& value, int64_t at) {
  AttributeStep& step = *row_.add_attributes();
  step.set_from_ms(at);
  step.set_key(key);
  step.set_value(value);
}

void Life::Mention(const std::string& topic, bool concern, int64_t at) {
  mentions_[{topic, concern}].push_back(at);
}

// The last step that has begun; null when none has.
const RevenueStep* LastStep(const CustomerRow& row, int64_t moment_ms) {
  const auto after = std::upper_bound(row.revenue().begin(), row.revenue().end(), moment_ms,
                                      [](int64_t at, const RevenueStep& step) { return at < step.from_ms(); });
  return after == row.revenue().begin() ? nullptr : &*std::prev(after);
}

google::protobuf::Timestamp Moment(int64_t ms) {
  return ToProto(absl::FromUnixMillis(ms));
}

void SetTenures(const CustomerRow& row, v1::Customer& customer) {
  for (const TenureSpan& span : row.tenures()) {
    v1::CustomerTenure& tenure = *customer.add_tenures();
    *tenure.mutable_start() = Moment(span.start_ms());
    if (span.has_end_ms()) *tenure.mutable_end() = Moment(span.end_ms());
    tenure.set_reason(span.reason());
  }
}

void SetSubscription(const CustomerRow& row, int64_t moment_ms, v1::Customer& customer) {
  const RevenueStep* const step = RevenueAt(row, moment_ms);
  if (step == nullptr) return;
  Subscription& subscription = *customer.mutable_subscription();
  subscription.set_plan(step->plan());
  subscription.set_monthly_recurring_minor(step->monthly_recurring_minor());
  subscription.set_currency(step->currency());
}

void SetAttributes(const CustomerRow& row, int64_t moment_ms, v1::Customer& customer) {
  auto& attributes = *customer.mutable_attributes();
  for (const AttributeStep& step : row.attributes()) {
    if (step.from_ms() > moment_ms) break;
    if (step.key() == kOwnerKey) {
      customer.set_owner_id(step.value());
    } else if (step.value().empty()) {
      attributes.erase(step.key());
    } else {
      attributes[step.key()] = step.value();
    }
  }
}

void SetTopics(const CustomerRow& row, v1::Customer& customer) {
  std::vector<const Topic*> topics;
  for (const Topic& topic : row.topics()) topics.push_back(&topic);
  std::stable_sort(topics.begin(), topics.end(),
                   [](const Topic* a, const Topic* b) { return *a->at_ms().rbegin() > *b->at_ms().rbegin(); });
  for (const Topic* topic : topics) {
    v1::TopicMentions& mentions = topic->concern() ? *customer.add_concerns() : *customer.add_interests();
    mentions.set_topic(topic->topic());
    mentions.set_count(topic->count());
    *mentions.mutable_last_at() = Moment(*topic->at_ms().rbegin());
  }
}

// The last day on which the customer used the product or logged in.
std::optional<int64_t> LastActiveDay(const CustomerRecord& record) {
  std::optional<int64_t> last = std::max(LastDay(record.used()), LastDay(record.logged_in()));
  for (const storage::v1::FeatureUse& use : record.features()) last = std::max(last, LastDay(use.uses()));
  return last;
}

}  // namespace

CustomerRow RowOf(absl::string_view customer_id, const CustomerRecord& record) {
  CustomerRow row;
  row.set_customer_id(std::string(customer_id));
  Life life(row);
  for (const Activity& activity : record.timeline()) life.Follow(activity);
  life.Finish();
  return row;
}

bool ActiveAt(const CustomerRow& row, int64_t moment_ms) {
  return std::any_of(row.tenures().begin(), row.tenures().end(), [&](const TenureSpan& span) {
    return span.start_ms() <= moment_ms && (!span.has_end_ms() || moment_ms < span.end_ms());
  });
}

const RevenueStep* RevenueAt(const CustomerRow& row, int64_t moment_ms) {
  if (!ActiveAt(row, moment_ms)) return nullptr;
  const RevenueStep* const step = LastStep(row, moment_ms);
  return step == nullptr || step->monthly_recurring_minor() == 0 ? nullptr : step;
}

absl::string_view AttributeAt(const CustomerRow& row, absl::string_view key, int64_t moment_ms) {
  if (key == kPlanKey) {
    const RevenueStep* const step = LastStep(row, moment_ms);
    return step == nullptr ? absl::string_view() : absl::string_view(step->plan());
  }
  absl::string_view value;
  for (const AttributeStep& step : row.attributes()) {
    if (step.from_ms() > moment_ms) break;
    if (step.key() == key) value = step.value();
  }
  return value;
}

v1::Customer MakeCustomer(const CustomerRow& row, const CustomerRecord& record, absl::Time moment) {
  v1::Customer customer = MakeCustomer(row, moment);
  if (const std::optional<int64_t> day = LastActiveDay(record)) {
    *customer.mutable_last_active_day() = ToProto(StartOfUtcDay(*day));
  }
  return customer;
}

v1::Customer MakeCustomer(const CustomerRow& row, absl::Time moment) {
  const int64_t moment_ms = ToMillis(moment);
  v1::Customer customer;
  customer.set_customer_id(row.customer_id());
  if (row.has_signed_up_ms()) *customer.mutable_signed_up_at() = Moment(row.signed_up_ms());
  if (row.has_converted_ms()) *customer.mutable_converted_at() = Moment(row.converted_ms());
  SetTenures(row, customer);
  customer.set_active(ActiveAt(row, moment_ms));
  SetSubscription(row, moment_ms, customer);
  SetAttributes(row, moment_ms, customer);
  SetTopics(row, customer);
  customer.set_purchase_count(row.purchase_days_size());
  return customer;
}

}  // namespace rapport::churn
