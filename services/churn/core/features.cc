#include "services/churn/core/features.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "common/time/interval.h"
#include "services/churn/core/customer_row.h"
#include "services/churn/core/record.h"

namespace rapport::churn {
namespace {

using storage::v1::CustomerRecord;
using storage::v1::CustomerRow;
using storage::v1::DailyCounts;
using storage::v1::RevenueStep;
using storage::v1::TenureSpan;

constexpr int64_t kDayMs = 86'400'000;
constexpr int kRecentDays = 30;
constexpr int kBaselineDays = 90;
// A baseline of fewer days says too little of what is usual for a customer.
constexpr int64_t kLeastBaselineDays = 30;
constexpr int kWindowDays = 90;

constexpr v1::FeatureKind kNumber = v1::FEATURE_KIND_NUMERIC;
constexpr v1::FeatureKind kYesNo = v1::FEATURE_KIND_BOOLEAN;
constexpr v1::FeatureKind kText = v1::FEATURE_KIND_CATEGORICAL;

struct Listed {
  const char* name;
  const char* description;
  const char* unit = "";
  v1::FeatureKind kind = kNumber;
};

constexpr Listed kOfActivities[] = {
    {"days_since_active", "days since the last use or login", "days"},
    {"days_since_used", "days since the last use", "days"},
    {"days_since_login", "days since the last login", "days"},
    {"active_days_7d", "days with a use or login in the last 7 days", "days"},
    {"active_days_30d", "days with a use or login in the last 30 days", "days"},
    {"active_days_90d", "days with a use or login in the last 90 days", "days"},
    {"used_count_7d", "uses in the last 7 days"},
    {"used_count_30d", "uses in the last 30 days"},
    {"used_count_90d", "uses in the last 90 days"},
    {"login_count_7d", "logins in the last 7 days"},
    {"login_count_30d", "logins in the last 30 days"},
    {"login_count_90d", "logins in the last 90 days"},
    {"active_days_trend_30d", "trend of active days against the customer's own 90 days before", "log ratio"},
    {"used_trend_30d", "trend of uses against the customer's own 90 days before", "log ratio"},
    {"feature_count_30d", "different product features used in the last 30 days"},
    {"feature_count_90d", "different product features used in the last 90 days"},
    {"feature_kept_share_90d", "share of the product features ever used that were used in the last 90 days", "share"},
    {"tenure_days", "days as an active customer without a break", "days"},
    {"days_since_signup", "days since the customer signed up", "days"},
    {"plan", "plan", "", kText},
    {"currency", "currency of the recurring revenue", "", kText},
    {"monthly_revenue_minor", "monthly recurring revenue in minor units of its currency", "minor units"},
    {"revenue_change_share_90d", "change of the monthly recurring revenue in the last 90 days", "share"},
    {"days_since_plan_change", "days since the last change of plan", "days"},
    {"days_since_price_change", "days since the last change of price", "days"},
    {"last_price_change_share", "size of the last change of price", "share"},
    {"overdue_invoice_count", "invoices overdue"},
    {"late_payment_count", "invoices that were paid late"},
    {"days_since_late_payment", "days since an invoice was last paid late", "days"},
    {"renewal_count", "renewals"},
    {"days_since_renewal", "days since the last renewal", "days"},
    {"purchase_count_90d", "purchases without contract in the last 90 days"},
    {"days_since_purchase", "days since the last purchase without contract", "days"},
    {"returned_before", "was lost before and came back", "", kYesNo},
    {"has_owner", "is looked after by somebody of ours", "", kYesNo},
    {"interest_count_90d", "interests shown in the last 90 days"},
    {"concern_count_90d", "concerns voiced in the last 90 days"},
    {"leaving_concern_count_90d", "concerns about churn, price or a competitor voiced in the last 90 days"},
};

constexpr Listed kOfRatings[] = {
    {"rating_count_90d", "ratings in the last 90 days"},
    {"positive_rating_share_90d", "share of positive ratings in the last 90 days", "share"},
    {"negative_rating_count_90d", "negative ratings in the last 90 days"},
    {"days_since_rating", "days since the last rating of the last 90 days", "days"},
};

constexpr Listed kOfResponseTimes[] = {
    {"conversation_count_90d", "conversations begun in the last 90 days"},
    {"message_count_90d", "messages written in the last 90 days"},
    {"first_response_median_seconds_90d", "median time to the first response in the last 90 days", "seconds"},
    {"first_response_within_6h_share_90d", "share of first responses within 6 hours in the last 90 days", "share"},
    {"reopen_count_90d", "reopenings of conversations begun in the last 90 days"},
    {"escalation_count_90d", "escalations in the last 90 days"},
    {"promise_missed_count_90d", "promises due in the last 90 days and not kept in time"},
    {"promise_kept_share_90d", "share of the promises due in the last 90 days that were kept in time", "share"},
    {"self_service_count_90d", "attempts at self-service in conversations of the last 90 days"},
};

void AddDefinitions(v1::FeatureSource source, absl::Span<const Listed> listed,
                    std::vector<v1::FeatureDefinition>& all) {
  for (const Listed& each : listed) {
    v1::FeatureDefinition& definition = all.emplace_back();
    definition.mutable_feature()->set_name(each.name);
    definition.mutable_feature()->set_kind(each.kind);
    definition.set_description(each.description);
    definition.set_unit(each.unit);
    definition.set_source(source);
  }
}

std::vector<v1::FeatureDefinition> MakeDefinitions() {
  std::vector<v1::FeatureDefinition> all;
  AddDefinitions(v1::FEATURE_SOURCE_ACTIVITIES, kOfActivities, all);
  AddDefinitions(v1::FEATURE_SOURCE_RATINGS, kOfRatings, all);
  AddDefinitions(v1::FEATURE_SOURCE_RESPONSE_TIMES, kOfResponseTimes, all);
  return all;
}

// Sets values by name.
class Values {
 public:
  explicit Values(v1::CustomerFeatures& features) : values_(*features.mutable_values()) {}

  void Number(const char* name, double number) { values_[name].set_number(number); }
  void Number(const char* name, std::optional<double> number) {
    if (number) Number(name, *number);
  }
  void Boolean(const char* name, bool boolean) { values_[name].set_boolean(boolean); }
  void Category(const char* name, absl::string_view category) {
    if (!category.empty()) values_[name].set_category(std::string(category));
  }

 private:
  google::protobuf::Map<std::string, v1::FeatureValue>& values_;
};

// Counts by the day, ascending.
using Daily = std::vector<std::pair<int64_t, int64_t>>;

Daily Unfold(const DailyCounts& counts) {
  Daily daily;
  int64_t day = 0;
  for (int i = 0; i < counts.days_size() && i < counts.counts_size(); ++i) {
    day += counts.days(i);
    daily.emplace_back(day, counts.counts(i));
  }
  return daily;
}

Daily Sum(std::initializer_list<const Daily*> parts) {
  Daily all;
  for (const Daily* part : parts) all.insert(all.end(), part->begin(), part->end());
  std::sort(all.begin(), all.end());
  Daily sum;
  for (const auto& [day, count] : all) {
    if (!sum.empty() && sum.back().first == day) {
      sum.back().second += count;
    } else {
      sum.emplace_back(day, count);
    }
  }
  return sum;
}

// Of the days [from, to).
int64_t CountIn(const Daily& daily, int64_t from, int64_t to) {
  int64_t sum = 0;
  for (const auto& [day, count] : daily) sum += from <= day && day < to ? count : 0;
  return sum;
}

int64_t DaysIn(const Daily& daily, int64_t from, int64_t to) {
  return std::count_if(daily.begin(), daily.end(),
                       [&](const auto& each) { return from <= each.first && each.first < to; });
}

std::optional<double> DaysSinceLast(const Daily& daily, int64_t today) {
  if (daily.empty()) return std::nullopt;
  return static_cast<double>(today - daily.back().first);
}

// Whole days, or nothing when it never happened.
std::optional<double> DaysSince(std::optional<int64_t> moment_ms, int64_t as_of_ms) {
  if (!moment_ms || *moment_ms > as_of_ms) return std::nullopt;
  const int64_t days = (as_of_ms - *moment_ms) / kDayMs;
  return static_cast<double>(days);
}

// Logarithm of the daily rate of the last 30 days over that of the 90 days before, as far back as anything is known.
// Half an event more on both sides keeps silence finite.
std::optional<double> Trend(int64_t recent, int64_t before, int64_t baseline_days) {
  if (before == 0 || baseline_days < kLeastBaselineDays) return std::nullopt;
  const double recent_rate = (static_cast<double>(recent) + 0.5) / kRecentDays;
  const double usual_rate = (static_cast<double>(before) + 0.5) / static_cast<double>(baseline_days);
  return std::log(recent_rate / usual_rate);
}

void SetUse(const CustomerRecord& record, int64_t today, Values& values) {
  const Daily used = Unfold(record.used());
  const Daily logins = Unfold(record.logged_in());
  Daily of_features;
  int64_t features_30d = 0;
  int64_t features_90d = 0;
  for (const storage::v1::FeatureUse& feature : record.features()) {
    const Daily uses = Unfold(feature.uses());
    features_30d += CountIn(uses, today - kRecentDays, today) > 0;
    features_90d += CountIn(uses, today - kWindowDays, today) > 0;
    of_features.insert(of_features.end(), uses.begin(), uses.end());
  }
  const Daily active = Sum({&used, &logins, &of_features});

  values.Number("days_since_active", DaysSinceLast(active, today));
  values.Number("days_since_used", DaysSinceLast(used, today));
  values.Number("days_since_login", DaysSinceLast(logins, today));
  values.Number("active_days_7d", DaysIn(active, today - 7, today));
  values.Number("active_days_30d", DaysIn(active, today - 30, today));
  values.Number("active_days_90d", DaysIn(active, today - 90, today));
  values.Number("used_count_7d", CountIn(used, today - 7, today));
  values.Number("used_count_30d", CountIn(used, today - 30, today));
  values.Number("used_count_90d", CountIn(used, today - 90, today));
  values.Number("login_count_7d", CountIn(logins, today - 7, today));
  values.Number("login_count_30d", CountIn(logins, today - 30, today));
  values.Number("login_count_90d", CountIn(logins, today - 90, today));
  values.Number("feature_count_30d", features_30d);
  values.Number("feature_count_90d", features_90d);
  if (!record.features().empty()) {
    values.Number("feature_kept_share_90d", static_cast<double>(features_90d) / record.features_size());
  }
  if (active.empty()) return;
  const int64_t recent_from = today - kRecentDays;
  const int64_t usual_from = std::max(recent_from - kBaselineDays, active.front().first);
  const int64_t usual_days = recent_from - usual_from;
  values.Number("active_days_trend_30d",
                Trend(DaysIn(active, recent_from, today), DaysIn(active, usual_from, recent_from), usual_days));
  values.Number("used_trend_30d",
                Trend(CountIn(used, recent_from, today), CountIn(used, usual_from, recent_from), usual_days));
}

// The one that holds; null when the customer is not active.
const TenureSpan* TenureAt(const CustomerRow& row, int64_t moment_ms) {
  for (const TenureSpan& tenure : row.tenures()) {
    if (tenure.start_ms() <= moment_ms && (!tenure.has_end_ms() || moment_ms < tenure.end_ms())) return &tenure;
  }
  return nullptr;
}

std::optional<double> ShareOfChange(const RevenueStep& before, const RevenueStep& after) {
  if (before.monthly_recurring_minor() == 0 || before.currency() != after.currency()) return std::nullopt;
  return static_cast<double>(after.monthly_recurring_minor() - before.monthly_recurring_minor()) /
         static_cast<double>(before.monthly_recurring_minor());
}

// Changes since the customer became active: what they paid in an earlier life does not count.
void SetRevenue(const CustomerRow& row, const TenureSpan& tenure, int64_t as_of_ms, Values& values) {
  const RevenueStep* now = nullptr;
  std::optional<int64_t> plan_changed_ms;
  std::optional<int64_t> price_changed_ms;
  std::optional<double> price_change;
  for (const RevenueStep& step : row.revenue()) {
    if (step.from_ms() >= as_of_ms) break;
    const bool in_this_life = step.from_ms() > tenure.start_ms();
    if (in_this_life && now != nullptr && step.plan() != now->plan()) plan_changed_ms = step.from_ms();
    if (in_this_life && now != nullptr && step.monthly_recurring_minor() != now->monthly_recurring_minor()) {
      price_changed_ms = step.from_ms();
      price_change = ShareOfChange(*now, step);
    }
    now = &step;
  }
  values.Number("days_since_plan_change", DaysSince(plan_changed_ms, as_of_ms));
  values.Number("days_since_price_change", DaysSince(price_changed_ms, as_of_ms));
  values.Number("last_price_change_share", price_change);
  if (now == nullptr) return;
  values.Category("plan", now->plan());
  values.Category("currency", now->currency());
  values.Number("monthly_revenue_minor", static_cast<double>(now->monthly_recurring_minor()));
  const int64_t then_ms = as_of_ms - kWindowDays * kDayMs;
  const RevenueStep* then = then_ms >= tenure.start_ms() ? RevenueAt(row, then_ms) : nullptr;
  if (then != nullptr) values.Number("revenue_change_share_90d", ShareOfChange(*then, *now));
}

void SetLife(const CustomerRow& row, int64_t as_of_ms, Values& values) {
  if (row.has_signed_up_ms()) values.Number("days_since_signup", DaysSince(row.signed_up_ms(), as_of_ms));
  values.Boolean("has_owner", !AttributeAt(row, "owner", as_of_ms).empty());
  int64_t begun = 0;
  for (const TenureSpan& tenure : row.tenures()) begun += tenure.start_ms() < as_of_ms;
  values.Boolean("returned_before", begun > 1);
  const TenureSpan* tenure = TenureAt(row, as_of_ms);
  if (tenure == nullptr) return;
  values.Number("tenure_days", DaysSince(tenure->start_ms(), as_of_ms));
  SetRevenue(row, *tenure, as_of_ms, values);
}

bool IsAboutLeaving(absl::string_view topic) {
  constexpr absl::string_view kWords[] = {"churn", "cancel", "price", "pricing", "cost", "competitor"};
  return std::any_of(std::begin(kWords), std::end(kWords),
                     [&](absl::string_view word) { return absl::StrContains(topic, word); });
}

struct Invoice {
  std::optional<int64_t> due_ms;
  std::optional<int64_t> paid_ms;
};

// What the timeline says beside the life of the customer.
struct Happened {
  int64_t renewals = 0;
  std::optional<int64_t> renewed_ms;
  int64_t recent_purchases = 0;
  std::optional<int64_t> purchased_ms;
  int64_t recent_interests = 0;
  int64_t recent_concerns = 0;
  int64_t recent_leaving_concerns = 0;
  absl::flat_hash_map<std::string, Invoice> invoices;
};

void Add(const v1::Activity& activity, int64_t recent_from_ms, Happened& happened) {
  const int64_t at_ms = ToMillis(activity.occurred_at());
  const bool recent = at_ms >= recent_from_ms;
  switch (KindOf(activity)) {
    case v1::ACTIVITY_KIND_RENEWED:
      ++happened.renewals;
      happened.renewed_ms = at_ms;
      break;
    case v1::ACTIVITY_KIND_PURCHASED:
      happened.recent_purchases += recent;
      happened.purchased_ms = at_ms;
      break;
    case v1::ACTIVITY_KIND_INTEREST_SHOWN:
      happened.recent_interests += recent;
      break;
    case v1::ACTIVITY_KIND_CONCERN_VOICED:
      happened.recent_concerns += recent;
      happened.recent_leaving_concerns += recent && IsAboutLeaving(activity.concern_voiced().topic());
      break;
    case v1::ACTIVITY_KIND_INVOICED:
      if (activity.invoiced().has_due_at()) {
        happened.invoices[activity.invoiced().invoice_id()].due_ms = ToMillis(activity.invoiced().due_at());
      }
      break;
    case v1::ACTIVITY_KIND_INVOICE_PAID: {
      // Paid by the first payment, whatever follows.
      std::optional<int64_t>& paid_ms = happened.invoices[activity.invoice_paid().invoice_id()].paid_ms;
      paid_ms = std::min(paid_ms.value_or(at_ms), at_ms);
      break;
    }
    default:
      break;
  }
}

void SetInvoices(const Happened& happened, int64_t as_of_ms, Values& values) {
  int64_t overdue = 0;
  int64_t late = 0;
  std::optional<int64_t> late_ms;
  for (const auto& [id, invoice] : happened.invoices) {
    if (!invoice.due_ms) continue;
    overdue += !invoice.paid_ms && *invoice.due_ms < as_of_ms;
    if (!invoice.paid_ms || *invoice.paid_ms <= *invoice.due_ms) continue;
    ++late;
    late_ms = std::max(late_ms.value_or(*invoice.paid_ms), *invoice.paid_ms);
  }
  values.Number("overdue_invoice_count", overdue);
  values.Number("late_payment_count", late);
  values.Number("days_since_late_payment", DaysSince(late_ms, as_of_ms));
}

void SetTimeline(const CustomerRecord& record, int64_t as_of_ms, Values& values) {
  Happened happened;
  for (const v1::Activity& activity : record.timeline()) Add(activity, as_of_ms - kWindowDays * kDayMs, happened);
  values.Number("renewal_count", happened.renewals);
  values.Number("days_since_renewal", DaysSince(happened.renewed_ms, as_of_ms));
  values.Number("purchase_count_90d", happened.recent_purchases);
  values.Number("days_since_purchase", DaysSince(happened.purchased_ms, as_of_ms));
  values.Number("interest_count_90d", happened.recent_interests);
  values.Number("concern_count_90d", happened.recent_concerns);
  values.Number("leaving_concern_count_90d", happened.recent_leaving_concerns);
  SetInvoices(happened, as_of_ms, values);
}

std::optional<double> DaysSinceDay(bool known, const google::protobuf::Timestamp& day, int64_t as_of_ms) {
  return known ? DaysSince(ToMillis(day), as_of_ms) : std::nullopt;
}

}  // namespace

absl::Span<const v1::FeatureDefinition> StandardFeatures() {
  static const auto& kAll = *new std::vector<v1::FeatureDefinition>(MakeDefinitions());
  return kAll;
}

const v1::FeatureDefinition* FindStandardFeature(absl::string_view name) {
  static const auto& kByName = *[] {
    auto* by_name = new absl::flat_hash_map<std::string, const v1::FeatureDefinition*>();
    for (const v1::FeatureDefinition& each : StandardFeatures()) (*by_name)[each.feature().name()] = &each;
    return by_name;
  }();
  const auto found = kByName.find(name);
  return found == kByName.end() ? nullptr : found->second;
}

void SetActivityFeatures(const CustomerRecord& record, absl::Time as_of, v1::CustomerFeatures& features) {
  const CustomerRecord known = RecordAsOf(record, as_of);
  const CustomerRow row = RowOf(features.customer_id(), known);
  const int64_t as_of_ms = ToMillis(as_of);
  Values values(features);
  SetUse(known, UtcDay(as_of), values);
  SetLife(row, as_of_ms, values);
  SetTimeline(known, as_of_ms, values);
}

void SetSatisfactionFeatures(const ratings::v1::CustomerSatisfaction& satisfaction, absl::Time as_of,
                             v1::CustomerFeatures& features) {
  int64_t ratings = 0;
  int64_t positive = 0;
  int64_t negative = 0;
  for (const ratings::v1::CustomerScale& scale : satisfaction.scales()) {
    ratings += scale.rating_count();
    positive += scale.positive().count();
    negative += scale.negative().count();
  }
  Values values(features);
  values.Number("rating_count_90d", ratings);
  values.Number("negative_rating_count_90d", negative);
  if (ratings > 0) {
    values.Number("positive_rating_share_90d", static_cast<double>(positive) / static_cast<double>(ratings));
  }
  values.Number("days_since_rating",
                DaysSinceDay(satisfaction.has_last_rated_day(), satisfaction.last_rated_day(), ToMillis(as_of)));
}

void SetResponsivenessFeatures(const response_times::v1::CustomerResponsiveness& responsiveness, absl::Time,
                               v1::CustomerFeatures& features) {
  int64_t messages = 0;
  for (const response_times::v1::ChannelCount& channel : responsiveness.channels()) messages += channel.count();
  const response_times::v1::CustomerTimes& first = responsiveness.first_response();
  const int64_t missed = responsiveness.promises_broken() + responsiveness.promises_kept_late();
  const int64_t due = missed + responsiveness.promises_kept();
  Values values(features);
  values.Number("conversation_count_90d", responsiveness.conversation_count());
  values.Number("message_count_90d", messages);
  if (first.median().has_value()) values.Number("first_response_median_seconds_90d", first.median().value());
  if (first.within_6h().has_value()) values.Number("first_response_within_6h_share_90d", first.within_6h().value());
  values.Number("reopen_count_90d", responsiveness.reopen_count());
  values.Number("escalation_count_90d", responsiveness.escalation_count());
  values.Number("promise_missed_count_90d", missed);
  if (due > 0) {
    values.Number("promise_kept_share_90d",
                  static_cast<double>(responsiveness.promises_kept()) / static_cast<double>(due));
  }
  values.Number("self_service_count_90d", responsiveness.self_service_count());
}

}  // namespace rapport::churn
