#include "services/cli/time_output.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "services/cli/duration_text.h"
#include "services/cli/enum_names.h"
#include "services/cli/figure_text.h"
#include "services/cli/period_text.h"
#include "services/cli/table.h"
#include "services/cli/text.h"

namespace rapport::cli {
namespace {

using common::v1::Figure;
using response_times::v1::ConversationFigures;
using response_times::v1::EscalationFigures;
using response_times::v1::HistogramBucket;
using response_times::v1::QuantileFigure;
using response_times::v1::QueryResponseTimesRequest;
using response_times::v1::QueryResponseTimesResponse;
using response_times::v1::ResponseTimeRow;
using response_times::v1::TimeFigures;
using response_times::v1::WithinFigure;

constexpr const char* kWithheld = "withheld: small group";
constexpr int kBarWidth = 40;

template <class Enum>
std::string Words(Enum value) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(ShortName(value)), {{"_", " "}});
}

std::string MetricText(const TimeFigures& figures) {
  const bool business = figures.clock() == response_times::v1::CLOCK_BUSINESS;
  return absl::StrCat(Words(figures.metric()), business ? ", business hours" : "");
}

std::string QuantileName(double quantile) {
  return absl::StrFormat("p%g", 100 * quantile);
}

// The plain quantile; while stretches are open, the Kaplan-Meier estimate beside it.
std::string QuantileText(const QuantileFigure& quantile, bool any_open) {
  const std::string answered = ValueText(quantile.answered(), Unit::kTime);
  return any_open ? absl::StrCat(answered, " / ", ValueText(quantile.kaplan_meier(), Unit::kTime)) : answered;
}

// All rows that the tables show, each with the name of its period.
struct NamedRow {
  std::string period;
  const ResponseTimeRow& row;
};

std::vector<NamedRow> NamedRows(const QueryResponseTimesRequest& request, const QueryResponseTimesResponse& response,
                                absl::TimeZone zone) {
  std::vector<NamedRow> rows;
  if (IsCut(request.bucket())) {
    for (const ResponseTimeRow& row : response.rows()) {
      rows.push_back({BucketText(row.bucket(), request.bucket(), zone), row});
    }
  }
  for (const ResponseTimeRow& row : response.totals()) rows.push_back({"whole period", row});
  return rows;
}

std::string GroupTitle(const QueryResponseTimesRequest& request) {
  return request.group_by() == common::v1::DIMENSION_UNSPECIFIED ? "" : Words(request.group_by());
}

std::string GroupOf(const ResponseTimeRow& row) {
  return row.has_group() ? GroupText(row.group()) : "";
}

// The figures whose quantiles and thresholds name the columns: those that are not withheld have all.
const TimeFigures* MostFigures(const std::vector<NamedRow>& rows) {
  const TimeFigures* most = nullptr;
  for (const NamedRow& each : rows) {
    for (const TimeFigures& figures : each.row.times()) {
      const auto size = [](const TimeFigures& of) { return of.quantiles_size() + of.within_size(); };
      if (most == nullptr || size(figures) > size(*most)) most = &figures;
    }
  }
  return most;
}

std::vector<Table::Column> TimeColumns(const QueryResponseTimesRequest& request, const TimeFigures& example) {
  const auto right = Table::Align::kRight;
  std::vector<Table::Column> columns = {{"period"},          {GroupTitle(request)}, {"metric"},
                                        {"answered", right}, {"open", right},       {"mean (interval)"}};
  for (const QuantileFigure& quantile : example.quantiles()) columns.push_back({QuantileName(quantile.quantile())});
  columns.push_back({"longest"});
  for (const WithinFigure& within : example.within()) {
    columns.push_back({absl::StrCat("within ", ShortDurationText(within.threshold()), " (interval)")});
  }
  columns.push_back({"mean, compared with the period before"});
  for (const WithinFigure& within : example.within()) {
    columns.push_back({absl::StrCat("within ", ShortDurationText(within.threshold()), ", compared")});
  }
  return columns;
}

std::vector<std::string> TimeCells(const NamedRow& named, const TimeFigures& figures) {
  std::vector<std::string> cells = {named.period, GroupOf(named.row), MetricText(figures)};
  if (figures.suppressed() && !figures.mean().has_value()) {
    cells.insert(cells.end(), {"", "", kWithheld});
    return cells;
  }
  cells.insert(cells.end(), {Grouped(figures.answered_count()), Grouped(figures.open_count()),
                             FigureText(figures.mean(), Unit::kTime)});
  const bool any_open = figures.open_count() > 0;
  for (const QuantileFigure& quantile : figures.quantiles()) cells.push_back(QuantileText(quantile, any_open));
  cells.push_back(figures.has_max() ? DurationText(figures.max()) : "");
  for (const WithinFigure& within : figures.within()) cells.push_back(FigureText(within.within(), Unit::kShare));
  cells.push_back(ComparisonText(figures.mean(), Unit::kTime));
  for (const WithinFigure& within : figures.within()) {
    // That there is nothing to compare with is said once, beside the mean.
    const bool compared = within.within().comparison().has_previous_value();
    cells.push_back(compared ? ComparisonText(within.within(), Unit::kShare) : "");
  }
  return cells;
}

std::string TimesTable(const QueryResponseTimesRequest& request, const std::vector<NamedRow>& rows) {
  const TimeFigures* example = MostFigures(rows);
  if (example == nullptr) return "no response times\n";
  const std::vector<Table::Column> columns = TimeColumns(request, *example);
  Table table(columns);
  for (const NamedRow& named : rows) {
    for (const TimeFigures& figures : named.row.times()) {
      std::vector<std::string> cells = TimeCells(named, figures);
      cells.resize(columns.size());
      table.AddRow(std::move(cells));
    }
  }
  return table.ToText();
}

std::string ConversationsTable(const QueryResponseTimesRequest& request, const std::vector<NamedRow>& rows) {
  const auto right = Table::Align::kRight;
  Table table({{"period"},
               {GroupTitle(request)},
               {"conversations", right},
               {"resolved", right},
               {"reopenings", right},
               {"reopened (interval)"},
               {"one touch (interval)"}});
  for (const auto& [period, row] : rows) {
    const ConversationFigures& figures = row.conversations();
    if (figures.suppressed() && !figures.reopened().has_value()) {
      table.AddRow({period, GroupOf(row), "", "", "", kWithheld, ""});
      continue;
    }
    table.AddRow({period, GroupOf(row), Grouped(figures.conversation_count()), Grouped(figures.resolved_count()),
                  Grouped(figures.reopen_count()), FigureText(figures.reopened(), Unit::kShare),
                  FigureText(figures.one_touch(), Unit::kShare)});
  }
  return table.ToText();
}

std::string ShareText(int64_t count, int64_t total) {
  return total == 0 ? "-" : absl::StrFormat("%.1f %%", 100 * static_cast<double>(count) / static_cast<double>(total));
}

// A bar of eighths of a sign, so that small shares still differ.
std::string Bar(int64_t count, int64_t most) {
  constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  if (count == 0) return "";
  const auto eighths = std::max<int64_t>(
      1, std::llround(8.0 * kBarWidth * static_cast<double>(count) / static_cast<double>(std::max<int64_t>(most, 1))));
  std::string bar;
  for (int64_t i = 0; i < eighths / 8; ++i) bar += "█";
  return bar + kEighths[eighths % 8];
}

std::string HistogramText(const NamedRow& named, const TimeFigures& figures) {
  int64_t total = 0;
  int64_t most = 0;
  for (const HistogramBucket& bucket : figures.histogram()) {
    total += bucket.count();
    most = std::max(most, bucket.count());
  }
  const auto right = Table::Align::kRight;
  Table table({{"up to", right}, {"answers", right}, {"share", right}, {"so far", right}, {""}});
  int64_t so_far = 0;
  for (const HistogramBucket& bucket : figures.histogram()) {
    so_far += bucket.count();
    table.AddRow({bucket.has_up_to() ? ShortDurationText(bucket.up_to()) : "longer", Grouped(bucket.count()),
                  ShareText(bucket.count(), total), ShareText(so_far, total), Bar(bucket.count(), most)});
  }
  const std::string group = GroupOf(named.row);
  return absl::StrCat("\n", MetricText(figures), ", ", named.period, group.empty() ? "" : ", ", Printable(group), "\n",
                      table.ToText());
}

}  // namespace

std::string TimesText(const QueryResponseTimesRequest& request, const QueryResponseTimesResponse& response,
                      absl::TimeZone zone) {
  const std::vector<NamedRow> rows = NamedRows(request, response, zone);
  std::string text = absl::StrCat(RangeText(request.range(), zone, request.confidence()), "\n");
  bool any_open = false;
  for (const NamedRow& named : rows) {
    for (const TimeFigures& figures : named.row.times()) any_open = any_open || figures.open_count() > 0;
  }
  if (any_open) absl::StrAppend(&text, "quantiles: of the answered / with the open ones (Kaplan-Meier)\n");
  absl::StrAppend(&text, "\n", TimesTable(request, rows));
  const auto begun = [](const NamedRow& named) {
    return named.row.conversations().conversation_count() > 0 || named.row.conversations().suppressed();
  };
  if (std::any_of(rows.begin(), rows.end(), begun)) absl::StrAppend(&text, "\n", ConversationsTable(request, rows));
  for (const NamedRow& named : rows) {
    for (const TimeFigures& figures : named.row.times()) {
      if (!figures.histogram().empty()) absl::StrAppend(&text, HistogramText(named, figures));
    }
  }
  return text;
}

std::string ShareRankText(const response_times::v1::GetShareRankRequest& request,
                          const response_times::v1::GetShareRankResponse& response) {
  const Figure& slower = response.slower_than();
  const auto metric = request.metric() == response_times::v1::METRIC_UNSPECIFIED
                          ? response_times::v1::METRIC_FIRST_RESPONSE_TIME
                          : request.metric();
  const std::string time = absl::StrCat(ShortDurationText(request.duration()), " of ", Words(metric));
  if (!slower.has_value()) return absl::StrCat(time, ": no answers to compare with\n");
  return absl::StrCat(time, " is slower than ", FigureText(slower, Unit::kShare), " of ", Grouped(slower.sample_size()),
                      " answers\n");
}

std::string EscalationsText(const response_times::v1::QueryEscalationsRequest& request,
                            const response_times::v1::QueryEscalationsResponse& response, absl::TimeZone zone) {
  const auto right = Table::Align::kRight;
  std::string text = absl::StrCat(RangeText(request.range(), zone, request.confidence()), "\n\n");
  if (response.event_count() == 0) return text + "no escalations\n";
  const int top = request.top_customers() == 0 ? 10 : request.top_customers();
  absl::StrAppend(&text, "escalations: ", Grouped(response.event_count()),
                  ", customers: ", Grouped(response.customer_count()), "; the ", top, " loudest brought ",
                  ValueText(response.top_customer_share(), Unit::kShare), "\n\n");
  Table reasons({{"reason"},
                 {"escalations", right},
                 {"share (interval)"},
                 {"customers", right},
                 {"share of customers (interval)"},
                 {absl::StrCat("from top ", top), right}});
  for (const EscalationFigures& each : response.reasons()) {
    reasons.AddRow({Words(each.reason()), Grouped(each.event_count()), FigureText(each.event_share(), Unit::kShare),
                    Grouped(each.customer_count()), FigureText(each.customer_share(), Unit::kShare),
                    ValueText(each.top_customer_share(), Unit::kShare)});
  }
  absl::StrAppend(&text, reasons.ToText());
  if (!response.tried_before().empty()) {
    Table tried({{"tried before writing"}, {"conversations", right}, {"share (interval)"}});
    for (const auto& each : response.tried_before()) {
      const bool nothing = each.kind() == response_times::v1::SELF_SERVICE_UNSPECIFIED;
      tried.AddRow({nothing ? "nothing known" : Words(each.kind()), Grouped(each.conversation_count()),
                    FigureText(each.share(), Unit::kShare)});
    }
    absl::StrAppend(&text, "\n", tried.ToText());
  }
  if (!response.channels().empty()) {
    Table channels({{"begun on"}, {"conversations", right}});
    for (const auto& each : response.channels()) {
      const bool unknown = each.channel() == common::v1::CHANNEL_UNSPECIFIED;
      channels.AddRow({unknown ? "unknown" : ShortName(each.channel()), Grouped(each.conversation_count())});
    }
    absl::StrAppend(&text, "\n", channels.ToText());
  }
  return text;
}

}  // namespace rapport::cli
