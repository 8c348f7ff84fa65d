#include "services/cli/promise_output.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/cli/duration_text.h"
#include "services/cli/enum_names.h"
#include "services/cli/figure_text.h"
#include "services/cli/period_text.h"
#include "services/cli/table.h"
#include "services/cli/text.h"

namespace rapport::cli {
namespace {

using response_times::v1::Promise;
using response_times::v1::PromiseRow;
using response_times::v1::QueryPromisesRequest;
using response_times::v1::QueryPromisesResponse;

constexpr size_t kDescriptionWidth = 60;

// What was promised: in the maker's words, or by the policy.
std::string Content(const Promise& promise) {
  if (promise.metric() == response_times::v1::METRIC_UNSPECIFIED) return promise.description();
  const std::string metric = absl::StrReplaceAll(absl::AsciiStrToLower(ShortName(promise.metric())), {{"_", " "}});
  return absl::StrCat(metric, " of policy ", promise.policy_id());
}

// Where it stands, and since when: `KEPT 2026-10-31 14:05`.
std::string StateText(const Promise& promise, absl::TimeZone zone) {
  std::string text = ShortName(promise.state());
  if (promise.has_kept_at()) absl::StrAppend(&text, " ", MinuteText(promise.kept_at(), zone));
  if (promise.has_cancelled_at() && promise.state() == response_times::v1::PROMISE_STATE_CANCELLED) {
    absl::StrAppend(&text, " ", MinuteText(promise.cancelled_at(), zone));
  }
  return text;
}

std::string DueText(const Promise& promise, absl::TimeZone zone) {
  if (promise.has_due_at()) return MinuteText(promise.due_at(), zone);
  return promise.has_remaining() ? absl::StrCat("paused, ", DurationText(promise.remaining()), " left") : "";
}

void AddRow(const PromiseRow& row, const std::string& period, Table* table) {
  const std::string group = row.has_group() ? GroupText(row.group()) : "";
  if (row.suppressed() && !row.kept().has_value()) {
    table->AddRow({period, group, "withheld: small group", "", "", "", "", "", ""});
    return;
  }
  table->AddRow({period, group, FigureText(row.kept(), Unit::kShare), Grouped(row.kept_count()),
                 Grouped(row.kept_late_count()), Grouped(row.broken_count()), Grouped(row.pending_count()),
                 Grouped(row.cancelled_count()), ComparisonText(row.kept(), Unit::kShare)});
}

}  // namespace

std::string PromisesText(absl::Span<const Promise* const> promises, absl::TimeZone zone) {
  Table table({{"promise"}, {"state"}, {"due at"}, {"customer"}, {"agent"}, {"conversation"}, {"what"}});
  for (const Promise* promise : promises) {
    table.AddRow({promise->promise_id(), StateText(*promise, zone), DueText(*promise, zone), promise->customer_id(),
                  promise->agent_id(), promise->conversation_id(), Shortened(Content(*promise), kDescriptionWidth)});
  }
  return table.ToText();
}

std::string PromiseLine(const Promise& promise, absl::TimeZone zone) {
  std::string line = absl::StrCat(promise.promise_id(), "  customer ", promise.customer_id());
  if (!promise.agent_id().empty()) absl::StrAppend(&line, "  agent ", promise.agent_id());
  if (const std::string due = DueText(promise, zone); !due.empty()) absl::StrAppend(&line, "  due ", due);
  if (promise.has_kept_at()) absl::StrAppend(&line, "  kept ", MinuteText(promise.kept_at(), zone));
  if (const std::string content = Content(promise); !content.empty()) absl::StrAppend(&line, "  ", content);
  return Printable(line);
}

std::string PromiseFiguresText(const QueryPromisesRequest& request, const QueryPromisesResponse& response,
                               absl::TimeZone zone) {
  const auto right = Table::Align::kRight;
  const bool grouped = request.group_by() != common::v1::DIMENSION_UNSPECIFIED;
  Table table({{"due"},
               {grouped ? absl::AsciiStrToLower(ShortName(request.group_by())) : ""},
               {"kept in time (interval)"},
               {"kept", right},
               {"kept late", right},
               {"broken", right},
               {"pending", right},
               {"cancelled", right},
               {"compared with the period before"}});
  if (IsCut(request.bucket())) {
    for (const PromiseRow& row : response.rows()) AddRow(row, BucketText(row.bucket(), request.bucket(), zone), &table);
  }
  for (const PromiseRow& row : response.totals()) AddRow(row, "whole period", &table);
  return absl::StrCat(RangeText(request.range(), zone, request.confidence()), "\n\n",
                      response.totals().empty() ? "no promises\n" : table.ToText());
}

}  // namespace rapport::cli
