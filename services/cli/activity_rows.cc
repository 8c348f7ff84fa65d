#include "services/cli/activity_rows.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <openssl/evp.h>

#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/cli/currency.h"
#include "services/cli/enum_names.h"
#include "services/cli/time_parsing.h"

namespace rapport::cli {
namespace {

using churn::v1::Activity;
using churn::v1::ActivityKind;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Timestamp;

constexpr FieldName kActivityFieldNames[] = {
    {Field::kCustomer, "customer_id", true},
    {Field::kEvent, "kind", true},
    {Field::kOccurredAt, "occurred_at", true},
    {Field::kId, "activity_id", false},
    {Field::kRevision, "revision", false},
    {Field::kDeleted, "deleted", false},
    {Field::kPlan, "plan", false},
    {Field::kRevenue, "revenue", false},
    {Field::kCurrency, "currency", false},
    {Field::kAmount, "amount", false},
    {Field::kInvoice, "invoice_id", false},
    {Field::kDue, "due_at", false},
    {Field::kEffective, "effective_at", false},
    {Field::kReason, "reason", false},
    {Field::kFeature, "feature", false},
    {Field::kQuantity, "quantity", false},
    {Field::kTopic, "topic", false},
    {Field::kOwner, "owner_id", false},
    {Field::kAttribute, "attribute.", false},
};

// The tag of an activity's kind is its number and this.
constexpr int kFirstKindTag = 9;

// What a row says, blank values left out.
struct RowValues {
  std::map<Field, std::string> fields;
  std::map<std::string, std::string> attributes;

  const std::string& at(Field field) const {
    static const auto* none = new std::string();
    const auto found = fields.find(field);
    return found == fields.end() ? *none : found->second;
  }
};

absl::StatusOr<RowValues> ReadValues(const ActivityRules& rules, const std::vector<FieldSource>& sources,
                                     const std::vector<std::string>& row) {
  RowValues values;
  for (const FieldSource& source : sources) {
    const std::string value = source.Value(row);
    if (absl::Status status = CheckText(value); !status.ok()) return status;
    const absl::string_view text = absl::StripAsciiWhitespace(value);
    if (text.empty() || absl::c_linear_search(rules.blanks, text)) continue;
    if (source.field == Field::kAttribute) {
      values.attributes[source.key] = std::string(text);
    } else {
      values.fields[source.field] = std::string(text);
    }
  }
  return values;
}

// An id made of what the row says.
std::string IdOf(const RowValues& values) {
  std::string content;
  const auto add = [&content](absl::string_view name, absl::string_view value) {
    absl::StrAppend(&content, name.size(), ":", name, value.size(), ":", value);
  };
  for (const FieldName& name : kActivityFieldNames) add(name.name, values.at(name.field));
  for (const auto& [key, value] : values.attributes) add(key, value);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
  EVP_Digest(content.data(), content.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return absl::StrCat("row-",
                      absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest.data()), 16)));
}

absl::Status SetTime(const ActivityRules& rules, absl::string_view field, const std::string& value,
                     Timestamp* timestamp) {
  const absl::StatusOr<absl::Time> time = rules.time_parser.Parse(value);
  if (!time.ok()) return absl::InvalidArgumentError(absl::StrCat(field, ": ", time.status().message()));
  *timestamp = ToTimestamp(*time);
  return absl::OkStatus();
}

// The field `name` of `message`; null when its kind has none, or the row says nothing of it.
const FieldDescriptor* FieldFor(const Message& message, const char* name, const std::string& value) {
  return value.empty() ? nullptr : message.GetDescriptor()->FindFieldByName(name);
}

void SetText(const RowValues& values, Field field, const char* name, Message* message) {
  const std::string& value = values.at(field);
  const FieldDescriptor* descriptor = FieldFor(*message, name, value);
  if (descriptor != nullptr) message->GetReflection()->SetString(message, descriptor, value);
}

absl::Status SetAmount(const RowValues& values, Field field, const char* name, absl::string_view what, int months,
                       Message* message) {
  const std::string& value = values.at(field);
  const FieldDescriptor* descriptor = FieldFor(*message, name, value);
  if (descriptor == nullptr) return absl::OkStatus();
  const absl::StatusOr<int64_t> minor = MinorUnits(what, value, values.at(Field::kCurrency));
  if (!minor.ok()) return minor.status();
  message->GetReflection()->SetInt64(message, descriptor, (*minor + months / 2) / months);
  return absl::OkStatus();
}

absl::Status SetMoment(const ActivityRules& rules, const RowValues& values, Field field, const char* name,
                       Message* message) {
  const std::string& value = values.at(field);
  const FieldDescriptor* descriptor = FieldFor(*message, name, value);
  if (descriptor == nullptr) return absl::OkStatus();
  return SetTime(rules, name, value,
                 static_cast<Timestamp*>(message->GetReflection()->MutableMessage(message, descriptor)));
}

absl::Status SetSubscription(const ActivityRules& rules, const RowValues& values, Message* kind) {
  const FieldDescriptor* descriptor = kind->GetDescriptor()->FindFieldByName("subscription");
  if (descriptor == nullptr) return absl::OkStatus();
  if (values.at(Field::kPlan).empty() && values.at(Field::kRevenue).empty()) return absl::OkStatus();
  Message* subscription = kind->GetReflection()->MutableMessage(kind, descriptor);
  SetText(values, Field::kPlan, "plan", subscription);
  SetText(values, Field::kCurrency, "currency", subscription);
  return SetAmount(values, Field::kRevenue, "monthly_recurring_minor", "revenue", rules.revenue_months, subscription);
}

// The part of the activity that its kind alone has.
absl::Status SetKind(const ActivityRules& rules, const RowValues& values, ActivityKind kind, Activity* activity) {
  const FieldDescriptor* descriptor = Activity::descriptor()->FindFieldByNumber(static_cast<int>(kind) + kFirstKindTag);
  Message* message = activity->GetReflection()->MutableMessage(activity, descriptor);
  SetText(values, Field::kReason, "reason", message);
  SetText(values, Field::kInvoice, "invoice_id", message);
  SetText(values, Field::kFeature, "feature", message);
  SetText(values, Field::kTopic, "topic", message);
  SetText(values, Field::kOwner, "owner_id", message);
  SetText(values, Field::kCurrency, "currency", message);
  absl::Status status = SetSubscription(rules, values, message);
  status.Update(SetAmount(values, Field::kAmount, "amount_minor", "amount", 1, message));
  status.Update(SetMoment(rules, values, Field::kDue, "due_at", message));
  status.Update(SetMoment(rules, values, Field::kEffective, "effective_at", message));
  const std::string& quantity = values.at(Field::kQuantity);
  const FieldDescriptor* counted = FieldFor(*message, "quantity", quantity);
  if (counted == nullptr) return status;
  const absl::StatusOr<int64_t> number = WholeNumber("quantity", quantity);
  if (number.ok()) message->GetReflection()->SetInt64(message, counted, *number);
  status.Update(number.status());
  return status;
}

// The part that all activities have.
absl::StatusOr<Activity> Common(const ActivityRules& rules, const RowValues& values) {
  Activity activity;
  activity.set_customer_id(values.at(Field::kCustomer));
  activity.set_activity_id(values.at(Field::kId).empty() ? IdOf(values) : values.at(Field::kId));
  absl::Status status = SetTime(rules, "occurred_at", values.at(Field::kOccurredAt), activity.mutable_occurred_at());
  if (!status.ok()) return status;
  const absl::StatusOr<int64_t> revision = WholeNumber("revision", values.at(Field::kRevision));
  if (!revision.ok()) return revision.status();
  activity.set_revision(*revision);
  const absl::StatusOr<bool> deleted = TrueOrFalse("deleted", values.at(Field::kDeleted));
  if (!deleted.ok()) return deleted.status();
  activity.set_deleted(*deleted);
  return activity;
}

absl::StatusOr<ActivityKind> ParseKind(absl::string_view what, absl::string_view word) {
  return ParseShortName<ActivityKind>(what, word);
}

}  // namespace

const absl::Span<const FieldName> kActivityFields = kActivityFieldNames;

absl::StatusOr<KindMapping> MakeKindMapping(const Words& words) {
  return KindMapping::Make("--kinds", words, {}, &ParseKind);
}

absl::StatusOr<int64_t> MinorUnits(absl::string_view field, absl::string_view amount, absl::string_view currency) {
  double major = 0;
  const bool number = absl::SimpleAtod(amount, &major) && std::isfinite(major);
  // Beyond this a number of minor units is not exact any more.
  constexpr double kExact = 9007199254740992;
  const double minor = std::floor(major * std::pow(10, MinorDigits(currency)) + 0.5);
  if (!number || std::abs(minor) > kExact) {
    return absl::InvalidArgumentError(absl::StrCat(
        field, " '", amount, "' is not an amount such as 49.90; write it without signs of currency and thousands"));
  }
  return static_cast<int64_t>(minor);
}

absl::StatusOr<RowEvents<Activity>> ToActivity(const ActivityRules& rules, const std::vector<FieldSource>& sources,
                                               const std::vector<std::string>& row) {
  const absl::StatusOr<RowValues> values = ReadValues(rules, sources, row);
  if (!values.ok()) return values.status();
  const absl::StatusOr<std::optional<ActivityKind>> kind = rules.kinds.Find("kind", values->at(Field::kEvent));
  if (!kind.ok()) return kind.status();
  RowEvents<Activity> events;
  if (!kind->has_value()) return events;

  absl::StatusOr<Activity> activity = Common(rules, *values);
  if (!activity.ok()) return activity.status();
  if (!values->attributes.empty()) {
    Activity attributes = *activity;
    for (const auto& [key, value] : values->attributes) {
      (*attributes.mutable_attributes_set()->mutable_attributes())[key] = value;
    }
    if (**kind == churn::v1::ACTIVITY_KIND_ATTRIBUTES_SET) {
      events.event = std::move(attributes);
      return events;
    }
    attributes.set_activity_id(absl::StrCat(activity->activity_id(), ":attributes"));
    events.implied = std::move(attributes);
  }
  if (absl::Status status = SetKind(rules, *values, **kind, &*activity); !status.ok()) return status;
  events.event = *std::move(activity);
  return events;
}

}  // namespace rapport::cli
