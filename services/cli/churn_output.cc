#include "services/cli/churn_output.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/time/interval.h"
#include "services/cli/customer_output.h"
#include "services/cli/enum_names.h"
#include "services/cli/figure_text.h"
#include "services/cli/json.h"
#include "services/cli/period_text.h"
#include "services/cli/score_output.h"
#include "services/cli/table.h"
#include "services/cli/text.h"

namespace rapport::cli {
namespace {

using churn::v1::ChurnRow;
using churn::v1::ConversionFigure;
using churn::v1::ConversionRow;
using churn::v1::CustomerForecast;
using churn::v1::CustomerGrouping;
using churn::v1::QueryChurnRequest;
using churn::v1::QueryChurnResponse;
using churn::v1::QueryConversionRequest;
using churn::v1::QueryConversionResponse;
using churn::v1::QueryRetentionRequest;
using churn::v1::QueryRetentionResponse;
using churn::v1::RetentionFigures;
using churn::v1::RevenueChurn;
using common::v1::Figure;

constexpr Table::Align kRight = Table::Align::kRight;
constexpr int kReportMonths[] = {1, 3, 6, 12};

std::string GroupTitle(const CustomerGrouping& grouping) {
  return grouping.group_by();
}

template <class Row>
std::string GroupOf(const Row& row) {
  return row.has_group() ? GroupText(row.group()) : "";
}

// Calls `add` with each row and the name of its period.
template <class Request, class Response, class Add>
void ForEachRow(const Request& request, const Response& response, absl::TimeZone zone, const Add& add) {
  if (IsCut(request.bucket())) {
    for (const auto& row : response.rows()) add(BucketText(row.bucket(), request.bucket(), zone), row);
  }
  for (const auto& row : response.totals()) add("whole period", row);
}

std::string CustomersTable(const QueryChurnRequest& request, const QueryChurnResponse& response, absl::TimeZone zone) {
  Table table({{"period"},
               {GroupTitle(request.grouping())},
               {"active at start", kRight},
               {"lost", kRight},
               {"churn (interval)"},
               {"won", kRight},
               {"of them back", kRight},
               {"compared with the period before"}});
  ForEachRow(request, response, zone, [&](const std::string& period, const ChurnRow& row) {
    const Figure& churned = row.figures().logo_churn();
    table.AddRow({period, GroupOf(row), Grouped(row.active_at_start()), Grouped(row.lost()),
                  FigureText(churned, Unit::kShare), Grouped(row.won()), Grouped(row.returned()),
                  ComparisonText(churned, Unit::kShare)});
  });
  return table.ToText();
}

// Empty when nobody has recurring revenue.
std::string RevenueTable(const QueryChurnRequest& request, const QueryChurnResponse& response, absl::TimeZone zone) {
  Table table({{"period"},
               {GroupTitle(request.grouping())},
               {"revenue at start", kRight},
               {"lost", kRight},
               {"contracted", kRight},
               {"expanded", kRight},
               {"gross churn (interval)"},
               {"net churn (interval)"},
               {"gross, compared"},
               {"net, compared"}});
  bool any = false;
  ForEachRow(request, response, zone, [&](const std::string& period, const ChurnRow& row) {
    for (const RevenueChurn& revenue : row.figures().revenue()) {
      any = true;
      table.AddRow({period, GroupOf(row), MoneyText(revenue.start_minor(), revenue.currency()),
                    MoneyText(revenue.lost_minor(), ""), MoneyText(revenue.contraction_minor(), ""),
                    MoneyText(revenue.expansion_minor(), ""), FigureText(revenue.gross(), Unit::kShare),
                    FigureText(revenue.net(), Unit::kShare), ComparisonText(revenue.gross(), Unit::kShare),
                    ComparisonText(revenue.net(), Unit::kShare)});
    }
  });
  return any ? table.ToText() : "";
}

const Figure* RetentionAfter(const RetentionFigures& figures, int months) {
  const auto found = std::find_if(figures.points().begin(), figures.points().end(),
                                  [&](const auto& point) { return point.months() == months; });
  return found == figures.points().end() ? nullptr : &found->retention();
}

std::vector<std::string> RetentionCells(const std::string& who, const RetentionFigures& figures,
                                        const std::vector<int>& months) {
  std::vector<std::string> cells = {who, Grouped(figures.customer_count()), Grouped(figures.lost_count())};
  for (const int month : months) {
    const Figure* retention = RetentionAfter(figures, month);
    cells.push_back(retention == nullptr ? "not observed" : FigureText(*retention, Unit::kShare));
  }
  const Figure& median = figures.median_lifetime_months();
  cells.push_back(median.has_value() ? absl::StrFormat("%.0f months", median.value()) : "");
  return cells;
}

std::string WindowTitle(int months) {
  return absl::StrCat("within ", months, months == 1 ? " month" : " months");
}

// A figure of the report with its comparison.
void AddFigure(const std::string& name, const Figure& figure, Table* table) {
  table->AddRow(
      {name, FigureText(figure, Unit::kShare), Grouped(figure.sample_size()), ComparisonText(figure, Unit::kShare)});
}

std::string ReportFigures(const ChurnReport& report) {
  Table table({{"figure"}, {"value (interval)"}, {"of", kRight}, {"compared with the period before"}});
  for (const ChurnRow& row : report.churn.totals()) {
    AddFigure("customers lost", row.figures().logo_churn(), &table);
    for (const RevenueChurn& revenue : row.figures().revenue()) {
      AddFigure(absl::StrCat("gross revenue churn, ", revenue.currency()), revenue.gross(), &table);
      AddFigure(absl::StrCat("net revenue churn, ", revenue.currency()), revenue.net(), &table);
    }
  }
  for (const int months : kReportMonths) {
    const Figure* retention = RetentionAfter(report.retention.figures(), months);
    if (retention == nullptr) continue;
    AddFigure(absl::StrCat("stay for more than ", months, months == 1 ? " month" : " months"), *retention, &table);
  }
  for (const ConversionRow& row : report.conversion.totals()) {
    for (const ConversionFigure& window : row.windows()) {
      AddFigure(absl::StrCat("converted ", WindowTitle(window.months())), window.conversion(), &table);
    }
  }
  return table.ToText();
}

std::string BandsText(const std::vector<BandCount>& bands) {
  return absl::StrJoin(bands, ", ", [](std::string* text, const BandCount& band) {
    absl::StrAppend(text, Grouped(band.count), " ", ShortName(band.band));
  });
}

}  // namespace

std::string ChurnText(const QueryChurnRequest& request, const QueryChurnResponse& response, absl::TimeZone zone) {
  const std::string head = absl::StrCat(RangeText(request.range(), zone, request.confidence()), "\n\n");
  if (response.totals().empty()) return absl::StrCat(head, "no customers\n");
  const std::string revenue = RevenueTable(request, response, zone);
  return absl::StrCat(head, CustomersTable(request, response, zone), revenue.empty() ? "" : "\n", revenue);
}

std::string RetentionText(const QueryRetentionRequest& request, const QueryRetentionResponse& response,
                          const std::vector<int>& months, absl::TimeZone zone) {
  std::vector<Table::Column> columns = {{"customers who began"}, {"customers", kRight}, {"lost", kRight}};
  for (const int month : months) {
    columns.push_back({absl::StrCat("stay > ", month, month == 1 ? " month" : " months", " (interval)")});
  }
  columns.push_back({"half are gone after", kRight});
  Table table(columns);
  for (const auto& cohort : response.cohorts()) {
    const std::string month = BucketText(cohort.start_month(), common::v1::BUCKET_MONTH, zone);
    table.AddRow(RetentionCells(month, cohort.figures(), months));
  }
  for (const auto& group : response.groups()) {
    table.AddRow(RetentionCells(GroupText(group.group()), group.figures(), months));
  }
  table.AddRow(RetentionCells("whole period", response.figures(), months));
  return absl::StrCat(RangeText(request.range(), zone, request.confidence()), "\n\n", table.ToText());
}

std::string ConversionText(const QueryConversionRequest& request, const QueryConversionResponse& response,
                           absl::TimeZone zone) {
  const std::string head = absl::StrCat(RangeText(request.range(), zone, request.confidence()), "\n\n");
  if (response.totals().empty()) return absl::StrCat(head, "nobody signed up\n");
  std::vector<Table::Column> columns = {{"signed up in"}, {GroupTitle(request.grouping())}, {"signed up", kRight}};
  for (const ConversionFigure& window : response.totals(0).windows()) {
    columns.push_back({absl::StrCat(WindowTitle(window.months()), " (interval)")});
    columns.push_back({"too early to say", kRight});
    columns.push_back({absl::StrCat(WindowTitle(window.months()), ", compared")});
  }
  Table table(columns);
  ForEachRow(request, response, zone, [&](const std::string& period, const ConversionRow& row) {
    std::vector<std::string> cells = {period, GroupOf(row), Grouped(row.signup_count())};
    for (const ConversionFigure& window : row.windows()) {
      const Figure& figure = window.conversion();
      cells.insert(cells.end(), {FigureText(figure, Unit::kShare), Grouped(figure.censored_count()),
                                 ComparisonText(figure, Unit::kShare)});
    }
    cells.resize(columns.size());
    table.AddRow(std::move(cells));
  });
  return absl::StrCat(head, table.ToText());
}

std::string ForecastText(const churn::v1::ForecastPurchasesResponse& response, int horizon_days) {
  const auto& model = response.model();
  std::string text = absl::StrFormat("BG/NBD of %s customers: r %.4f, alpha %.4f (days), a %.4f, b %.4f%s\n\n",
                                     Grouped(model.customer_count()), model.r(), model.alpha(), model.a(), model.b(),
                                     model.at_bound() ? "; the data leave a parameter open" : "");
  Table table({{"customer"},
               {"bought again", kRight},
               {"last on"},
               {absl::StrCat("expected in ", horizon_days, " days"), kRight},
               {"still there", kRight}});
  for (const CustomerForecast& customer : response.customers()) {
    table.AddRow({customer.customer_id(), Grouped(customer.repeat_count()),
                  absl::FormatTime("%Y-%m-%d", FromProto(customer.last_purchase_day()), absl::UTCTimeZone()),
                  absl::StrFormat("%.2f", customer.forecast().expected_purchases()),
                  absl::StrFormat("%.1f %%", 100 * customer.forecast().alive())});
  }
  return absl::StrCat(text, table.ToText());
}

std::string ReportText(const ChurnReport& report, absl::TimeZone zone) {
  std::string text =
      absl::StrCat("Churn, ", RangeText(report.churn_request.range(), zone, report.churn_request.confidence()), "\n\n",
                   ReportFigures(report), "\nactive customers by band: ", BandsText(report.bands), "\n");
  if (!report.at_risk.empty()) absl::StrAppend(&text, "\nat the greatest risk\n", ScoresText(report.at_risk, zone));
  return text;
}

std::string ReportJson(const ChurnReport& report) {
  const std::string bands = absl::StrJoin(report.bands, ",", [](std::string* text, const BandCount& band) {
    absl::StrAppend(text, "\"", ShortName(band.band), "\":", band.count);
  });
  const std::string at_risk = absl::StrJoin(
      report.at_risk, ",", [](std::string* text, const churn::v1::Score& score) { text->append(JsonLine(score)); });
  return absl::StrCat("{\"churn\":", JsonLine(report.churn), ",\"retention\":", JsonLine(report.retention),
                      ",\"conversion\":", JsonLine(report.conversion), ",\"bands\":{", bands, "},\"at_risk\":[",
                      at_risk, "]}");
}

}  // namespace rapport::cli
