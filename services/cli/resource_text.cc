#include "services/cli/resource_text.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/json_util.h>

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "services/cli/duration_text.h"
#include "services/cli/enum_names.h"
#include "services/cli/period_text.h"
#include "services/cli/table.h"

namespace rapport::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::RepeatedPtrField;
using response_times::v1::BusinessCalendar;
using response_times::v1::OpenHours;
using response_times::v1::ResponseTarget;
using response_times::v1::SlaPolicy;
using response_times::v1::WeekdayHours;

// The type of the message at a path such as `week[0].hours[1]`; nothing when there is no message.
const Descriptor* TypeAt(const Descriptor& root, absl::string_view path) {
  const Descriptor* type = &root;
  for (const absl::string_view part : absl::StrSplit(path, '.', absl::SkipEmpty())) {
    const auto* field = type->FindFieldByName(std::string(part.substr(0, part.find('['))));
    if (field == nullptr || field->message_type() == nullptr) return nullptr;
    type = field->message_type();
  }
  return type;
}

// What can stand where protobuf found something else. Its reasons name an unknown field as `(PATH) FIELD: Cannot find
// field.`, and end with the full name of an enum that lacks the value.
std::string Remedy(const Descriptor& root, absl::string_view reason) {
  std::vector<std::string> names;
  if (absl::StrContains(reason, "Cannot find field")) {
    const bool nested = absl::StartsWith(reason, "(");
    const Descriptor* type = TypeAt(root, nested ? reason.substr(1, reason.find(')') - 1) : "");
    if (type == nullptr) return "";
    for (int i = 0; i < type->field_count(); ++i) names.push_back(type->field(i)->name());
    return absl::StrCat(" The fields of ", type->name(), " are: ", absl::StrJoin(names, ", "));
  }
  const auto* type = google::protobuf::DescriptorPool::generated_pool()->FindEnumTypeByName(
      std::string(reason.substr(reason.rfind('/') + 1)));
  if (type == nullptr) return "";
  // The first value is the unspecified one.
  for (int i = 1; i < type->value_count(); ++i) names.push_back(type->value(i)->name());
  return absl::StrCat("; use one of ", absl::StrJoin(names, ", "));
}

// `Mon 09:00-12:00 13:00-17:00`.
std::string DayText(const WeekdayHours& day) {
  const std::string name = absl::AsciiStrToLower(ShortName(day.day())).substr(0, 3);
  return absl::StrCat(name, " ", absl::StrJoin(day.hours(), " ", [](std::string* text, const OpenHours& hours) {
                        absl::StrAppend(text, hours.opens_at(), "-", hours.closes_at());
                      }));
}

std::string TargetText(const ResponseTarget& target) {
  const std::string metric = absl::StrReplaceAll(absl::AsciiStrToLower(ShortName(target.metric())), {{"_", " "}});
  const bool business = target.clock() == response_times::v1::CLOCK_BUSINESS;
  return absl::StrCat(metric, " ", ShortDurationText(target.within()), business ? " in business hours" : "");
}

// What a policy holds for: `HIGH, URGENT; tier gold; EMAIL`.
std::string MatchText(const SlaPolicy& policy) {
  std::vector<std::string> parts;
  const auto add = [&parts](const auto& numbers, const auto& name) {
    if (!numbers.empty()) {
      parts.push_back(absl::StrJoin(numbers, ", ", [&](std::string* text, int number) { text->append(name(number)); }));
    }
  };
  add(policy.priorities(), [](int number) { return ShortName(static_cast<response_times::v1::Priority>(number)); });
  if (!policy.tiers().empty()) parts.push_back(absl::StrCat("tier ", absl::StrJoin(policy.tiers(), ", ")));
  add(policy.channels(), [](int number) { return ShortName(static_cast<common::v1::Channel>(number)); });
  if (policy.retired()) return "nothing: retired";
  return parts.empty() ? "every conversation" : absl::StrJoin(parts, "; ");
}

template <class Resource>
std::string SinceText(const Resource& resource, absl::TimeZone zone) {
  return resource.has_effective_from() ? MinuteText(resource.effective_from(), zone) : "always";
}

}  // namespace

absl::Status ParseResource(absl::string_view file, absl::string_view json, google::protobuf::Message* message) {
  const auto status = google::protobuf::util::JsonStringToMessage({json.data(), json.size()}, message);
  if (status.ok()) return absl::OkStatus();
  const absl::string_view reason(status.message().data(), status.message().size());
  return absl::InvalidArgumentError(
      absl::StrCat(file == "-" ? "standard input" : file, ": ", reason, Remedy(*message->GetDescriptor(), reason)));
}

std::string CalendarsText(const RepeatedPtrField<BusinessCalendar>& calendars, absl::TimeZone zone) {
  if (calendars.empty()) return "no calendars: business hours are not counted\n";
  const auto right = Table::Align::kRight;
  Table table({{"calendar"},
               {"name"},
               {"default"},
               {"version", right},
               {"in effect since"},
               {"zone"},
               {"open"},
               {"holidays", right}});
  for (const BusinessCalendar& each : calendars) {
    table.AddRow({each.calendar_id(), each.display_name(), each.is_default() ? "yes" : "", absl::StrCat(each.version()),
                  SinceText(each, zone), each.time_zone(),
                  absl::StrJoin(each.week(), ", ",
                                [](std::string* text, const WeekdayHours& day) { text->append(DayText(day)); }),
                  absl::StrCat(each.holidays_size())});
  }
  return table.ToText();
}

std::string PoliciesText(const RepeatedPtrField<SlaPolicy>& policies, absl::TimeZone zone) {
  if (policies.empty()) return "no policies: nothing is promised by itself\n";
  const auto right = Table::Align::kRight;
  Table table({{"policy"},
               {"name"},
               {"rank", right},
               {"version", right},
               {"in effect since"},
               {"holds for"},
               {"calendar"},
               {"targets"}});
  for (const SlaPolicy& each : policies) {
    table.AddRow({each.policy_id(), each.display_name(), absl::StrCat(each.rank()), absl::StrCat(each.version()),
                  SinceText(each, zone), MatchText(each), each.calendar_id(),
                  absl::StrJoin(each.targets(), "; ", [](std::string* text, const ResponseTarget& target) {
                    text->append(TargetText(target));
                  })});
  }
  return table.ToText();
}

}  // namespace rapport::cli
