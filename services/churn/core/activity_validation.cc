#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "common/time/interval.h"
#include "services/churn/core/record.h"

namespace rapport::churn {
namespace {

using google::protobuf::Timestamp;
using v1::Activity;

constexpr size_t kMostNameBytes = 64;
constexpr size_t kMostReasonBytes = 256;
constexpr size_t kMostValueBytes = 256;
constexpr int kMostAttributesAtOnce = 32;
constexpr int64_t kMostQuantity = 1'000'000'000;
// So that the sum over a million customers is still exact.
constexpr int64_t kMostMinor = 10'000'000'000'000;
constexpr int64_t kEndOfYear9999 = 253'402'300'800;

bool IsLowerOrDigit(char c) {
  return absl::ascii_islower(c) || absl::ascii_isdigit(c);
}

absl::Status ValidateName(absl::string_view field, absl::string_view name) {
  if (name.empty()) return Invalid(field, "missing;", absl::StrCat("give 1 to ", kMostNameBytes, " bytes"));
  return ValidateText(field, name, kMostNameBytes);
}

absl::Status ValidateQuantity(absl::string_view field, int64_t quantity) {
  if (quantity >= 0 && quantity <= kMostQuantity) return absl::OkStatus();
  return Invalid(field, absl::StrCat(quantity), absl::StrCat("is out of range; use 0 to ", kMostQuantity));
}

// An amount in minor units, with its currency, which is required when there is an amount.
absl::Status ValidateMoney(absl::string_view amount_field, int64_t minor, absl::string_view currency_field,
                           absl::string_view currency) {
  if (minor < 0 || minor > kMostMinor) {
    return Invalid(amount_field, absl::StrCat(minor),
                   absl::StrCat("is out of range; use 0 to ", kMostMinor, " minor units, such as cents"));
  }
  if (currency.empty() && minor == 0) return absl::OkStatus();
  if (currency.empty()) return Invalid(currency_field, "missing;", "give the ISO 4217 code of the amount, such as EUR");
  if (currency.size() == 3 && std::all_of(currency.begin(), currency.end(), absl::ascii_isupper)) {
    return absl::OkStatus();
  }
  return Invalid(currency_field, Shown(currency), "is no ISO 4217 code; use three capital letters, such as EUR");
}

absl::Status ValidateSubscription(absl::string_view field, const v1::Subscription& subscription) {
  absl::Status valid = ValidateText(absl::StrCat(field, ".plan"), subscription.plan(), kMostNameBytes);
  if (!valid.ok()) return valid;
  return ValidateMoney(absl::StrCat(field, ".monthly_recurring_minor"), subscription.monthly_recurring_minor(),
                       absl::StrCat(field, ".currency"), subscription.currency());
}

// A moment that may lie ahead.
absl::Status ValidateAhead(absl::string_view field, const Timestamp& moment) {
  if (moment.seconds() < kEndOfYear9999) return ValidateMoment(field, moment);
  return Invalid(field, absl::StrCat(moment.seconds(), " s"), "is after the year 9999; check the unit of the time");
}

absl::Status ValidatePlanChanged(const v1::PlanChanged& changed) {
  if (!changed.has_subscription()) {
    return Invalid("plan_changed.subscription", "missing;", "give the plan and revenue that hold from here on");
  }
  return ValidateSubscription("plan_changed.subscription", changed.subscription());
}

absl::Status ValidateCancelled(const v1::Cancelled& cancelled, const Timestamp& occurred_at) {
  absl::Status valid = ValidateText("cancelled.reason", cancelled.reason(), kMostReasonBytes);
  if (!valid.ok() || !cancelled.has_effective_at()) return valid;
  valid = ValidateAhead("cancelled.effective_at", cancelled.effective_at());
  if (!valid.ok() || FromProto(cancelled.effective_at()) >= FromProto(occurred_at)) return valid;
  return Invalid("cancelled.effective_at", absl::FormatTime(FromProto(cancelled.effective_at()), absl::UTCTimeZone()),
                 "is before occurred_at, the notice; leave it out for a loss at once");
}

absl::Status ValidateInvoiced(const v1::Invoiced& invoiced) {
  absl::Status valid = ValidateName("invoiced.invoice_id", invoiced.invoice_id());
  if (!valid.ok()) return valid;
  valid = ValidateMoney("invoiced.amount_minor", invoiced.amount_minor(), "invoiced.currency", invoiced.currency());
  if (!valid.ok()) return valid;
  if (invoiced.currency().empty()) {
    return Invalid("invoiced.currency", "missing;", "give the ISO 4217 code of the amount, such as EUR");
  }
  return invoiced.has_due_at() ? ValidateAhead("invoiced.due_at", invoiced.due_at()) : absl::OkStatus();
}

absl::Status ValidateAttribute(absl::string_view key, absl::string_view value) {
  if (key.empty() || key.size() > kMostNameBytes ||
      !std::all_of(key.begin(), key.end(), [](char c) { return IsLowerOrDigit(c) || c == '_'; })) {
    return Invalid("attributes_set.attributes", absl::StrCat("the key ", Shown(key)),
                   absl::StrCat("is not well-formed; use 1 to ", kMostNameBytes, " of a-z, 0-9 and _"));
  }
  if (key == kOwnerKey || key == kPlanKey || key == kCurrencyKey) {
    return Invalid("attributes_set.attributes", absl::StrCat("the key ", Shown(key)),
                   "is taken; send owner_assigned for the owner, plan_changed for plan and currency");
  }
  return ValidateText(absl::StrCat("attributes_set.attributes[", Shown(key), "]"), value, kMostValueBytes);
}

absl::Status ValidateAttributes(const v1::AttributesSet& set) {
  const auto count = static_cast<int>(set.attributes().size());
  if (count < 1 || count > kMostAttributesAtOnce) {
    return Invalid("attributes_set.attributes", absl::StrCat(count, " attributes;"),
                   absl::StrCat("give 1 to ", kMostAttributesAtOnce, " at a time"));
  }
  for (const auto& [key, value] : set.attributes()) {
    absl::Status valid = ValidateAttribute(key, value);
    if (!valid.ok()) return valid;
  }
  return absl::OkStatus();
}

absl::Status ValidateTopic(absl::string_view field, absl::string_view topic) {
  if (!topic.empty() && topic.size() <= kMostNameBytes &&
      std::all_of(topic.begin(), topic.end(), [](char c) { return IsLowerOrDigit(c) || c == '_' || c == '-'; })) {
    return absl::OkStatus();
  }
  return Invalid(field, Shown(topic),
                 absl::StrCat("is not well-formed; use 1 to ", kMostNameBytes, " of a-z, 0-9, _ and -"));
}

absl::Status ValidateKind(const Activity& activity) {
  switch (activity.kind_case()) {
    case Activity::kSignedUp:
      return ValidateSubscription("signed_up.subscription", activity.signed_up().subscription());
    case Activity::kConverted:
      return ValidateSubscription("converted.subscription", activity.converted().subscription());
    case Activity::kPlanChanged:
      return ValidatePlanChanged(activity.plan_changed());
    case Activity::kRenewed:
      return ValidateSubscription("renewed.subscription", activity.renewed().subscription());
    case Activity::kCancelled:
      return ValidateCancelled(activity.cancelled(), activity.occurred_at());
    case Activity::kReturned:
      return ValidateSubscription("returned.subscription", activity.returned().subscription());
    case Activity::kInvoiced:
      return ValidateInvoiced(activity.invoiced());
    case Activity::kInvoicePaid:
      return ValidateName("invoice_paid.invoice_id", activity.invoice_paid().invoice_id());
    case Activity::kPurchased:
      return ValidateMoney("purchased.amount_minor", activity.purchased().amount_minor(), "purchased.currency",
                           activity.purchased().currency());
    case Activity::kUsed:
      return ValidateQuantity("used.quantity", activity.used().quantity());
    case Activity::kLoggedIn:
      return absl::OkStatus();
    case Activity::kFeatureUsed: {
      const absl::Status valid = ValidateName("feature_used.feature", activity.feature_used().feature());
      return valid.ok() ? ValidateQuantity("feature_used.quantity", activity.feature_used().quantity()) : valid;
    }
    case Activity::kOwnerAssigned:
      return ValidateText("owner_assigned.owner_id", activity.owner_assigned().owner_id());
    case Activity::kAttributesSet:
      return ValidateAttributes(activity.attributes_set());
    case Activity::kInterestShown:
      return ValidateTopic("interest_shown.topic", activity.interest_shown().topic());
    case Activity::kConcernVoiced:
      return ValidateTopic("concern_voiced.topic", activity.concern_voiced().topic());
    case Activity::KIND_NOT_SET:
      break;
  }
  if (activity.deleted()) return absl::OkStatus();
  return Invalid("kind", "missing;",
                 "say what happened, such as used or cancelled; a newer client needs a newer server");
}

}  // namespace

absl::Status ValidateActivity(const Activity& activity, absl::Time now) {
  absl::Status valid = ValidateId("activity_id", activity.activity_id());
  if (valid.ok()) valid = ValidateId("customer_id", activity.customer_id());
  if (valid.ok()) valid = ValidateOccurredAt(activity.has_occurred_at(), activity.occurred_at(), now);
  if (valid.ok() && activity.revision() < 0) {
    valid = Invalid("revision", absl::StrCat(activity.revision()), "is negative; count up from 0");
  }
  return valid.ok() ? ValidateKind(activity) : valid;
}

}  // namespace rapport::churn
