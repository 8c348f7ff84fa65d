#include "services/cli/conversation_output.h"

#include <google/protobuf/struct.pb.h>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/types/span.h"
#include "common/csv/reader.h"
#include "common/time/interval.h"
#include "services/cli/duration_text.h"
#include "services/cli/enum_names.h"
#include "services/cli/event_words.h"
#include "services/cli/figure_text.h"
#include "services/cli/json.h"
#include "services/cli/period_text.h"
#include "services/cli/promise_output.h"
#include "services/cli/table.h"
#include "services/cli/text.h"

namespace rapport::cli {
namespace {

using google::protobuf::Timestamp;
using response_times::v1::ConversationEvent;
using response_times::v1::CustomerResponsiveness;
using response_times::v1::ExplainedEvent;
using response_times::v1::ExplainedStretch;
using response_times::v1::GetBacklogResponse;
using response_times::v1::GetConversationResponse;
using response_times::v1::WaitingConversation;

// Labels that have a column of their own in an export.
constexpr absl::string_view kLabelColumns[] = {"team", "product", "plan", "locale"};

std::string SecondText(const Timestamp& moment, absl::TimeZone zone) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%E*S", FromProto(moment), zone);
}

template <class Enum>
std::string NameOrBlank(Enum value) {
  return static_cast<int>(value) == 0 ? "" : ShortName(value);
}

// What an event says beside its kind.
std::string EventDetail(const ConversationEvent& event, absl::TimeZone zone) {
  switch (event.kind_case()) {
    case ConversationEvent::kHeld:
      return event.held().hold_id();
    case ConversationEvent::kReleased:
      return event.released().hold_id();
    case ConversationEvent::kSnoozed:
      return absl::StrCat("until ", SecondText(event.snoozed().until(), zone));
    case ConversationEvent::kMerged:
      return absl::StrCat("into ", event.merged().into_conversation_id());
    case ConversationEvent::kEscalated:
      return absl::StrCat(ShortName(event.escalated().reason()), " ", event.escalated().detail());
    case ConversationEvent::kSelfServiceAttempt:
      return absl::StrCat(ShortName(event.self_service_attempt().kind()), " ",
                          event.self_service_attempt().reference());
    case ConversationEvent::kFollowerAdded:
      return event.follower_added().follower_id();
    default:
      return "";
  }
}

std::string TimelineTable(const GetConversationResponse& response, absl::TimeZone zone) {
  Table table({{"occurred at"}, {"event"}, {"agent"}, {"channel"}, {"what"}, {"effect"}});
  for (const ExplainedEvent& each : response.timeline()) {
    const ConversationEvent& event = each.event();
    table.AddRow({SecondText(event.occurred_at(), zone), EventWord(event), event.agent_id(),
                  NameOrBlank(event.channel()), std::string(absl::StripAsciiWhitespace(EventDetail(event, zone))),
                  each.effect()});
  }
  return table.ToText();
}

std::string StretchesTable(const GetConversationResponse& response, absl::TimeZone zone) {
  const auto right = Table::Align::kRight;
  Table table(
      {{"from"}, {"to"}, {"measures"}, {"time", right}, {"business time", right}, {"agent"}, {"counts"}, {"why"}});
  for (const ExplainedStretch& each : response.stretches()) {
    const std::string metrics = absl::StrJoin(each.metrics(), ", ", [](std::string* text, int metric) {
      absl::StrAppend(
          text, absl::StrReplaceAll(absl::AsciiStrToLower(ShortName(static_cast<response_times::v1::Metric>(metric))),
                                    {{"_", " "}}));
    });
    table.AddRow({SecondText(each.start(), zone), each.has_end() ? SecondText(each.end(), zone) : "open", metrics,
                  DurationText(each.calendar_time()),
                  each.has_business_time() ? DurationText(each.business_time()) : "", each.agent_id(),
                  each.counted() ? "yes" : "no", each.reason()});
  }
  return table.ToText();
}

void AppendField(absl::string_view name, absl::string_view value, std::string* text) {
  if (!value.empty()) absl::StrAppend(text, PadRight(name, 14), Printable(value), "\n");
}

std::string OtherLabels(const ConversationEvent& event) {
  google::protobuf::Struct others;
  for (const auto& [key, value] : event.labels()) {
    if (!absl::c_linear_search(kLabelColumns, key)) (*others.mutable_fields())[key].set_string_value(value);
  }
  return others.fields().empty() ? "" : JsonLine(others);
}

std::string Rfc3339(bool present, const Timestamp& time) {
  return present ? absl::FormatTime(absl::RFC3339_full, FromProto(time), absl::UTCTimeZone()) : "";
}

}  // namespace

std::string ConversationText(const GetConversationResponse& response, absl::TimeZone zone) {
  std::string text;
  AppendField("conversation", response.conversation_id(), &text);
  AppendField("customer", response.customer_id(), &text);
  AppendField("state", NameOrBlank(response.state()), &text);
  AppendField("policy", response.policy_id(), &text);
  AppendField("calendar", response.calendar_id(), &text);
  absl::StrAppend(&text, "\ntimeline\n", TimelineTable(response, zone));
  if (!response.stretches().empty()) absl::StrAppend(&text, "\nmeasured\n", StretchesTable(response, zone));
  if (!response.promises().empty()) {
    absl::StrAppend(
        &text, "\npromises\n",
        PromisesText(absl::MakeConstSpan(response.promises().data(), static_cast<size_t>(response.promises_size())),
                     zone));
  }
  return text;
}

std::string WaitingText(const std::vector<WaitingConversation>& conversations, absl::TimeZone zone) {
  Table table({{"waiting", Table::Align::kRight},
               {"since"},
               {"conversation"},
               {"customer"},
               {"channel"},
               {"priority"},
               {"agent"},
               {"due at"}});
  for (const WaitingConversation& each : conversations) {
    table.AddRow({DurationText(each.waiting()), MinuteText(each.waiting_since(), zone), each.conversation_id(),
                  each.customer_id(), NameOrBlank(each.channel()), NameOrBlank(each.priority()), each.agent_id(),
                  each.has_due_at() ? MinuteText(each.due_at(), zone) : ""});
  }
  return table.ToText();
}

std::string BacklogText(const GetBacklogResponse& response, absl::TimeZone zone) {
  std::string text = absl::StrCat("waiting for us: ", Grouped(response.waiting_count()), ", as of ",
                                  MinuteText(response.as_of(), zone), " (", zone.name(), ")\n");
  if (response.channels().empty()) return text;
  Table table({{"channel"}, {"waiting", Table::Align::kRight}, {"longest wait"}, {"since"}});
  for (const auto& each : response.channels()) {
    const std::string channel = NameOrBlank(each.channel());
    table.AddRow({channel.empty() ? "unknown" : channel, Grouped(each.waiting_count()),
                  DurationText(each.oldest_wait()), MinuteText(each.oldest_since(), zone)});
  }
  return absl::StrCat(text, "\n", table.ToText());
}

std::string ResponsivenessText(const std::vector<CustomerResponsiveness>& customers) {
  const auto right = Table::Align::kRight;
  Table table({{"customer"},
               {"conversations", right},
               {"waiting", right},
               {"first responses", right},
               {"median (interval)"},
               {"within 1h (interval)"},
               {"within 6h (interval)"},
               {"reopenings", right},
               {"escalations", right},
               {"promises kept", right},
               {"late", right},
               {"broken", right},
               {"prefers"},
               {"last wrote"}});
  for (const CustomerResponsiveness& each : customers) {
    const auto& first = each.first_response();
    const std::string prefers = each.channels().empty() ? "" : NameOrBlank(each.channels(0).channel());
    const std::string last = each.has_last_message_day()
                                 ? absl::FormatTime("%Y-%m-%d", FromProto(each.last_message_day()), absl::UTCTimeZone())
                                 : "";
    table.AddRow({each.customer_id(), Grouped(each.conversation_count()), Grouped(each.waiting_count()),
                  Grouped(first.answered_count()), FigureText(first.median(), Unit::kTime),
                  FigureText(first.within_1h(), Unit::kShare), FigureText(first.within_6h(), Unit::kShare),
                  Grouped(each.reopen_count()), Grouped(each.escalation_count()), Grouped(each.promises_kept()),
                  Grouped(each.promises_kept_late()), Grouped(each.promises_broken()), prefers, last});
  }
  return table.ToText();
}

std::string EventExportHeader() {
  std::vector<std::string> columns = {"event_id",  "conversation_id", "occurred_at",
                                      "event",     "customer_id",     "agent_id",
                                      "channel",   "opened_at",       "sequence",
                                      "revision",  "priority",        "tier",
                                      "hold_id",   "until",           "into_conversation_id",
                                      "reason",    "detail",          "self_service",
                                      "reference", "follower_id"};
  for (const absl::string_view label : kLabelColumns) columns.push_back(absl::StrCat("label.", label));
  columns.emplace_back("other_labels");
  return csv::Line(columns);
}

std::string EventExportLine(const ConversationEvent& event) {
  std::vector<std::string> fields = {event.event_id(),
                                     event.conversation_id(),
                                     Rfc3339(true, event.occurred_at()),
                                     EventWord(event),
                                     event.customer_id(),
                                     event.agent_id(),
                                     NameOrBlank(event.channel()),
                                     Rfc3339(event.has_opened_at(), event.opened_at()),
                                     absl::StrCat(event.sequence()),
                                     absl::StrCat(event.revision()),
                                     NameOrBlank(event.priority()),
                                     event.tier(),
                                     absl::StrCat(event.held().hold_id(), event.released().hold_id()),
                                     Rfc3339(event.has_snoozed(), event.snoozed().until()),
                                     event.merged().into_conversation_id(),
                                     NameOrBlank(event.escalated().reason()),
                                     event.escalated().detail(),
                                     NameOrBlank(event.self_service_attempt().kind()),
                                     event.self_service_attempt().reference(),
                                     event.follower_added().follower_id()};
  for (const absl::string_view label : kLabelColumns) {
    const auto found = event.labels().find(std::string(label));
    fields.push_back(found == event.labels().end() ? "" : found->second);
  }
  fields.push_back(OtherLabels(event));
  return csv::Line(fields);
}

}  // namespace rapport::cli
