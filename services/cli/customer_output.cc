#include "services/cli/customer_output.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/csv/reader.h"
#include "common/time/interval.h"
#include "services/cli/currency.h"
#include "services/cli/enum_names.h"
#include "services/cli/json.h"
#include "services/cli/period_text.h"
#include "services/cli/score_output.h"
#include "services/cli/table.h"
#include "services/cli/text.h"

namespace rapport::cli {
namespace {

using churn::v1::Activity;
using churn::v1::ActivityKind;
using churn::v1::Customer;
using churn::v1::CustomerFeatures;
using churn::v1::CustomerTenure;
using churn::v1::FeatureDefinition;
using churn::v1::FoundCustomer;
using churn::v1::GetFeatureSchemaResponse;
using churn::v1::Subscription;
using churn::v1::TopicMentions;
using google::protobuf::RepeatedPtrField;
using google::protobuf::Timestamp;

constexpr size_t kNameWidth = 14;
constexpr size_t kDetailWidth = 80;
constexpr size_t kTopicsWidth = 40;
// The tag of an activity's kind is its number and this.
constexpr int kFirstKindTag = 9;

std::string Line(absl::string_view name, absl::string_view value) {
  return value.empty() ? "" : absl::StrCat(PadRight(name, kNameWidth), Printable(value), "\n");
}

std::string DayText(const Timestamp& moment) {
  return absl::FormatTime("%Y-%m-%d", FromProto(moment), absl::UTCTimeZone());
}

std::string SubscriptionText(const Subscription& subscription) {
  const std::string revenue =
      subscription.monthly_recurring_minor() > 0
          ? absl::StrCat(MoneyText(subscription.monthly_recurring_minor(), subscription.currency()), " a month")
          : "";
  return absl::StrCat(subscription.plan(), !subscription.plan().empty() && !revenue.empty() ? ", " : "", revenue);
}

std::string TopicsText(const RepeatedPtrField<TopicMentions>& topics) {
  return absl::StrJoin(topics, ", ", [](std::string* text, const TopicMentions& topic) {
    absl::StrAppend(text, topic.topic(), " (", topic.count(), " times, last ", DayText(topic.last_at()), ")");
  });
}

std::string TopicNames(const RepeatedPtrField<TopicMentions>& topics) {
  return absl::StrJoin(topics, ", ",
                       [](std::string* text, const TopicMentions& topic) { text->append(topic.topic()); });
}

std::string AttributesText(const Customer& customer) {
  const std::map<std::string, std::string> sorted(customer.attributes().begin(), customer.attributes().end());
  return absl::StrJoin(sorted, ", ", absl::PairFormatter("="));
}

std::string TenuresText(const Customer& customer, absl::TimeZone zone) {
  if (customer.tenures().empty()) return "";
  Table table({{"active from"}, {"until"}, {"why"}});
  for (const CustomerTenure& tenure : customer.tenures()) {
    table.AddRow(
        {MinuteText(tenure.start(), zone), tenure.has_end() ? MinuteText(tenure.end(), zone) : "now", tenure.reason()});
  }
  return absl::StrCat("\n", table.ToText());
}

// What an activity says beside its kind.
std::string DetailText(const Activity& activity) {
  const auto* field = Activity::descriptor()->FindFieldByNumber(static_cast<int>(activity.kind_case()));
  if (field == nullptr) return "";
  const std::string json = JsonLine(activity.GetReflection()->GetMessage(activity, field));
  return json == "{}" ? "" : Shortened(json, kDetailWidth);
}

std::string KindText(const Activity& activity) {
  const int number = static_cast<int>(activity.kind_case()) - kFirstKindTag;
  return number > 0 ? ShortName(static_cast<ActivityKind>(number)) : "";
}

std::string TimelineText(const RepeatedPtrField<Activity>& timeline, absl::TimeZone zone) {
  if (timeline.empty()) return "";
  Table table({{"when"}, {"what"}, {"details"}, {"activity"}});
  for (const Activity& activity : timeline) {
    table.AddRow(
        {MinuteText(activity.occurred_at(), zone), KindText(activity), DetailText(activity), activity.activity_id()});
  }
  return absl::StrCat("\n", table.ToText());
}

std::string ValueOf(const CustomerFeatures& customer, const FeatureDefinition& definition) {
  const auto found = customer.values().find(definition.feature().name());
  return found == customer.values().end() ? "" : FeatureText(found->second);
}

std::string SourceName(const FeatureDefinition& definition) {
  return absl::AsciiStrToLower(ShortName(definition.source()));
}

}  // namespace

std::string MoneyText(int64_t minor, absl::string_view currency) {
  const int digits = MinorDigits(currency);
  const auto per_major = static_cast<int64_t>(std::lround(std::pow(10, digits)));
  std::string text = absl::StrCat(minor < 0 ? "-" : "", Grouped(std::abs(minor) / per_major));
  if (digits > 0) absl::StrAppend(&text, absl::StrFormat(".%0*d", digits, std::abs(minor) % per_major));
  return currency.empty() ? text : absl::StrCat(text, " ", currency);
}

std::string CustomerText(const churn::v1::GetCustomerResponse& response, absl::TimeZone zone) {
  const Customer& customer = response.customer();
  const auto moment = [&](bool there, const Timestamp& at) { return there ? MinuteText(at, zone) : ""; };
  return absl::StrCat(
      Line("customer", customer.customer_id()), Line("active", customer.active() ? "yes" : "no"),
      Line("pays for", SubscriptionText(customer.subscription())),
      Line("score", response.has_score()
                        ? absl::StrCat(ScoreValue(response.score()), " ", ShortName(response.score().band()),
                                       "; `rapport churn explain ", customer.customer_id(), "` says why")
                        : ""),
      Line("owner", customer.owner_id()),
      Line("signed up", moment(customer.has_signed_up_at(), customer.signed_up_at())),
      Line("converted", moment(customer.has_converted_at(), customer.converted_at())),
      Line("last active", customer.has_last_active_day() ? DayText(customer.last_active_day()) : ""),
      Line("purchases", customer.purchase_count() > 0 ? Grouped(customer.purchase_count()) : ""),
      Line("attributes", AttributesText(customer)), Line("interests", TopicsText(customer.interests())),
      Line("concerns", TopicsText(customer.concerns())), TenuresText(customer, zone),
      TimelineText(response.timeline(), zone));
}

std::string FoundText(const std::vector<FoundCustomer>& customers) {
  Table table({{"customer"},
               {"active"},
               {"pays for"},
               {"score", Table::Align::kRight},
               {"band"},
               {"owner"},
               {"last active"},
               {"interests"},
               {"concerns"}});
  for (const FoundCustomer& found : customers) {
    const Customer& customer = found.customer();
    const churn::v1::Score& score = found.score();
    table.AddRow({customer.customer_id(), customer.active() ? "yes" : "no", SubscriptionText(customer.subscription()),
                  found.has_score() ? ScoreValue(score) : "", found.has_score() ? ShortName(score.band()) : "",
                  customer.owner_id(), customer.has_last_active_day() ? DayText(customer.last_active_day()) : "",
                  Shortened(TopicNames(customer.interests()), kTopicsWidth),
                  Shortened(TopicNames(customer.concerns()), kTopicsWidth)});
  }
  return table.ToText();
}

std::string FeatureSchemaText(const GetFeatureSchemaResponse& schema) {
  Table table({{"feature"}, {"kind"}, {"unit"}, {"from"}, {"what it says"}});
  for (const FeatureDefinition& definition : schema.features()) {
    table.AddRow({definition.feature().name(), absl::AsciiStrToLower(ShortName(definition.feature().kind())),
                  definition.unit(), SourceName(definition), definition.description()});
  }
  return table.ToText();
}

std::string FeaturesText(const GetFeatureSchemaResponse& schema, const CustomerFeatures& customer,
                         absl::TimeZone zone) {
  Table table({{"feature"}, {"value", Table::Align::kRight}, {"unit"}, {"from"}, {"what it says"}});
  for (const FeatureDefinition& definition : schema.features()) {
    const std::string value = ValueOf(customer, definition);
    table.AddRow({definition.feature().name(), value.empty() ? "-" : value, definition.unit(), SourceName(definition),
                  definition.description()});
  }
  return absl::StrCat(Line("customer", customer.customer_id()), Line("as of", MinuteText(customer.as_of(), zone)),
                      Line("inputs", SourcesText(customer.sources(), zone)), "\n", table.ToText());
}

std::string TrainingCsvHeader(const GetFeatureSchemaResponse& schema) {
  std::vector<std::string> fields = {"customer_id", "as_of"};
  for (const FeatureDefinition& definition : schema.features()) fields.push_back(definition.feature().name());
  fields.emplace_back("lost");
  return csv::Line(fields);
}

std::string TrainingCsvLine(const GetFeatureSchemaResponse& schema, const CustomerFeatures& customer, bool lost) {
  std::vector<std::string> fields = {
      customer.customer_id(), absl::FormatTime(absl::RFC3339_full, FromProto(customer.as_of()), absl::UTCTimeZone())};
  for (const FeatureDefinition& definition : schema.features()) fields.push_back(ValueOf(customer, definition));
  fields.emplace_back(lost ? "true" : "false");
  return csv::Line(fields);
}

}  // namespace rapport::cli
