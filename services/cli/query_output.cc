#include "services/cli/query_output.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/cli/enum_names.h"
#include "services/cli/figure_text.h"
#include "services/cli/period_text.h"
#include "services/cli/table.h"
#include "services/cli/text.h"

namespace rapport::cli {
namespace {

using common::v1::Figure;
using ratings::v1::QueryRatingsRequest;
using ratings::v1::QueryRatingsResponse;
using ratings::v1::RatingFigures;
using ratings::v1::RatingRow;

constexpr const char* kBars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

struct Headline {
  absl::string_view name;
  const Figure& figure;
  Unit unit;
};

Headline HeadlineOf(const RatingFigures& figures) {
  switch (figures.scale()) {
    case ratings::v1::SCALE_EMOTICON_3:
      return {"happy", figures.happiness(), Unit::kShare};
    case ratings::v1::SCALE_THUMBS_2:
      return {"up", figures.thumbs_up(), Unit::kShare};
    case ratings::v1::SCALE_CSAT_5:
      return {"4 or 5", figures.csat(), Unit::kShare};
    case ratings::v1::SCALE_NPS_11:
      return {"NPS", figures.nps(), Unit::kScore};
    default:
      return {"low effort", figures.low_effort(), Unit::kShare};
  }
}

std::vector<Table::Column> Columns(const QueryRatingsRequest& request) {
  const auto right = Table::Align::kRight;
  const int top = request.top_customers() == 0 ? 10 : request.top_customers();
  return {{"period"},
          {absl::AsciiStrToLower(ShortName(request.group_by()))},
          {"scale"},
          {"ratings", right},
          {"figure"},
          {"value (interval)"},
          {"mean", right},
          {"wow", right},
          {"best..worst"},
          {"response rate", right},
          {"by customer", right},
          {absl::StrCat("negative from top ", top), right},
          {"compared with the period before"}};
}

// The cells after period and group.
std::vector<std::string> FigureCells(const RatingFigures& figures) {
  const std::string scale = ShortName(figures.scale());
  const std::string count = Grouped(figures.rating_count());
  const std::string response_rate =
      figures.response_rate().has_value() ? ValueText(figures.response_rate(), Unit::kShare) : "";
  const Headline headline = HeadlineOf(figures);
  if (figures.suppressed() && !headline.figure.has_value()) {
    return {scale, "", "", "withheld: small group", "", "", "", "", "", "", ""};
  }
  return {scale,
          count,
          std::string(headline.name),
          FigureText(headline.figure, headline.unit),
          ValueText(figures.mean(), Unit::kMean),
          figures.wow().has_value() ? ValueText(figures.wow(), Unit::kShare) : "",
          figures.suppressed() ? "withheld" : DistributionBars(figures),
          response_rate,
          figures.has_customer_weighted_positive() ? ValueText(figures.customer_weighted_positive(), Unit::kShare) : "",
          figures.has_top_customer_share() ? ValueText(figures.top_customer_share(), Unit::kShare) : "",
          ComparisonText(headline.figure, headline.unit)};
}

void AddRow(const RatingRow& row, const std::string& period, Table* table) {
  if (row.scales().empty()) {
    std::vector<std::string> cells = {period, row.has_group() ? GroupText(row.group()) : "", "no ratings"};
    cells.resize(13);
    table->AddRow(std::move(cells));
  }
  for (const RatingFigures& figures : row.scales()) {
    std::vector<std::string> cells = {period, row.has_group() ? GroupText(row.group()) : ""};
    for (std::string& cell : FigureCells(figures)) cells.push_back(std::move(cell));
    table->AddRow(std::move(cells));
  }
}

}  // namespace

std::string DistributionBars(const RatingFigures& figures) {
  int64_t most = 0;
  for (const auto& score : figures.distribution()) most = std::max(most, score.count());
  std::string bars;
  for (const auto& score : figures.distribution()) {
    const double share = most == 0 ? 0 : static_cast<double>(score.count()) / static_cast<double>(most);
    // A value that was never given is a blank, so that it cannot be taken for a rare one.
    absl::StrAppend(&bars, score.count() == 0 ? " " : kBars[std::lround(share * 7)]);
  }
  return bars;
}

std::string QueryText(const QueryRatingsRequest& request, const QueryRatingsResponse& response, absl::TimeZone zone) {
  Table table(Columns(request));
  if (IsCut(request.bucket())) {
    for (const RatingRow& row : response.rows()) AddRow(row, BucketText(row.bucket(), request.bucket(), zone), &table);
  }
  for (const RatingRow& row : response.totals()) AddRow(row, "whole period", &table);
  return absl::StrCat(RangeText(request.range(), zone, request.confidence()), "\n\n",
                      response.totals().empty() ? "no ratings\n" : table.ToText());
}

}  // namespace rapport::cli
