#include "services/cli/score_output.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/csv/reader.h"
#include "services/cli/enum_names.h"
#include "services/cli/model_output.h"
#include "services/cli/period_text.h"
#include "services/cli/table.h"
#include "services/cli/text.h"

namespace rapport::cli {
namespace {

using churn::v1::FeatureValue;
using churn::v1::Reason;
using churn::v1::Score;
using churn::v1::ScoreResult;
using churn::v1::SourceState;

constexpr int kReasonsShown = 3;
constexpr size_t kReasonsWidth = 90;
constexpr int kBarWidth = 16;

bool IsProbability(const Score& score) {
  return score.kind() == churn::v1::SCORE_KIND_PROBABILITY;
}

std::string BandText(churn::v1::HealthBand band) {
  return band == churn::v1::HEALTH_BAND_UNSPECIFIED ? "" : ShortName(band);
}

std::string ReasonText(const Reason& reason) {
  return reason.text().empty() ? reason.name() : reason.text();
}

// The strongest reasons, each with its direction: `▲` speaks for leaving, `▼` for staying.
std::string StrongestText(const Score& score) {
  std::vector<std::string> reasons;
  for (const Reason& reason : score.reasons()) {
    if (static_cast<int>(reasons.size()) == kReasonsShown) break;
    reasons.push_back(absl::StrCat(reason.raises_risk() ? "▲ " : "▼ ", ReasonText(reason)));
  }
  return absl::StrJoin(reasons, "; ");
}

// A bar to the right for what is above 0, to the left for what is below.
std::string SignedBar(double value, double largest) {
  const int length = largest > 0 ? static_cast<int>(std::lround(std::abs(value) / largest * kBarWidth)) : 0;
  std::string bar;
  for (int i = 0; i < length; ++i) bar += "█";
  return value < 0 ? absl::StrCat(PadLeft(bar, kBarWidth), "│") : absl::StrCat(std::string(kBarWidth, ' '), "│", bar);
}

// Names the two sides of SignedBar.
std::string BarTitle(absl::string_view left, absl::string_view right) {
  return absl::StrCat(PadLeft(absl::StrCat(left, " "), kBarWidth), "│ ", right);
}

std::string ReasonsTable(const Score& score) {
  double largest = 0;
  for (const Reason& reason : score.reasons()) largest = std::max(largest, std::abs(reason.contribution()));
  const char* unit = IsProbability(score) ? "log-odds" : "points";
  Table table({{unit, Table::Align::kRight},
               {BarTitle(IsProbability(score) ? "stays" : "worse", IsProbability(score) ? "leaves" : "better")},
               {"because"}});
  for (const Reason& reason : score.reasons()) {
    table.AddRow({IsProbability(score) ? absl::StrFormat("%+.3f", reason.contribution())
                                       : absl::StrFormat("%+.1f", reason.contribution()),
                  SignedBar(reason.contribution(), largest), ReasonText(reason)});
  }
  return table.ToText();
}

std::string SumText(const Score& score) {
  double sum = 0;
  for (const Reason& reason : score.reasons()) sum += reason.contribution();
  if (IsProbability(score)) {
    return absl::StrFormat("%.3f of an average customer %+.3f of the reasons = %.3f log-odds, calibrated %s\n",
                           score.baseline(), sum, score.raw_score(), ScoreValue(score));
  }
  return absl::StrFormat("%.1f of a neutral customer %+.1f of the reasons = %.1f points\n", score.baseline(), sum,
                         score.raw_score());
}

std::string Line(absl::string_view name, absl::string_view value) {
  return value.empty() ? "" : absl::StrCat(PadRight(name, 12), Printable(value), "\n");
}

std::string Words(absl::string_view name) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(name), {{"_", " "}});
}

}  // namespace

std::string ScoreValue(const Score& score) {
  if (score.has_probability()) return absl::StrFormat("%.1f %%", 100 * score.probability());
  return score.has_health_score() ? absl::StrFormat("%.0f of 100", score.health_score()) : "-";
}

std::string FeatureText(const FeatureValue& value) {
  switch (value.value_case()) {
    case FeatureValue::kNumber:
      return absl::StrFormat("%.9g", value.number());
    case FeatureValue::kBoolean:
      return value.boolean() ? "true" : "false";
    case FeatureValue::kCategory:
      return value.category();
    default:
      return "";
  }
}

std::string SourcesText(const google::protobuf::RepeatedPtrField<SourceState>& sources, absl::TimeZone zone) {
  std::vector<std::string> texts;
  for (const SourceState& source : sources) {
    const std::string name = Words(ShortName(source.source()));
    if (source.freshness() == churn::v1::FRESHNESS_FRESH) {
      texts.push_back(absl::StrCat(name, " fresh"));
    } else {
      texts.push_back(absl::StrCat(name, " ", ShortName(source.freshness()), source.has_fetched_at() ? " since " : "",
                                   source.has_fetched_at() ? MinuteText(source.fetched_at(), zone) : ""));
    }
  }
  return absl::StrJoin(texts, ", ");
}

std::string ScoresText(const std::vector<Score>& scores, absl::TimeZone zone) {
  Table table({{"customer"}, {"score", Table::Align::kRight}, {"band"}, {"as of"}, {"model"}, {"because"}});
  for (const Score& score : scores) {
    table.AddRow({score.customer_id(), ScoreValue(score), BandText(score.band()),
                  score.has_computed_at() ? MinuteText(score.computed_at(), zone) : "",
                  ShortVersion(score.model_version()), Shortened(StrongestText(score), kReasonsWidth)});
  }
  return table.ToText();
}

std::string ScoreDetails(const Score& score, absl::TimeZone zone) {
  std::string text = absl::StrCat(
      Line("customer", score.customer_id()), Line(IsProbability(score) ? "probability" : "health", ScoreValue(score)),
      Line("band", BandText(score.band())), Line("model", score.model_version()), Line("rule", score.definition_id()),
      Line("made at", score.has_computed_at() ? MinuteText(score.computed_at(), zone) : ""),
      Line("inputs", SourcesText(score.sources(), zone)),
      Line("oldest", score.has_oldest_input_at() ? MinuteText(score.oldest_input_at(), zone) : ""),
      Line("missing", absl::StrJoin(score.missing_inputs(), ", ")));
  if (!score.reasons().empty()) absl::StrAppend(&text, "\n", ReasonsTable(score), "\n", SumText(score));
  return text;
}

std::string RiskLine(const churn::v1::WatchRiskResponse& news, absl::TimeZone zone) {
  const Score& score = news.score();
  const std::string before = BandText(news.previous_band());
  return Printable(absl::StrCat(MinuteText(score.computed_at(), zone), "  ", score.customer_id(), "  ",
                                before.empty() ? "first score" : before, " -> ", BandText(score.band()), "  ",
                                ScoreValue(score), "  ", StrongestText(score)));
}

std::string ScoreCsvHeader() {
  std::vector<std::string> columns = {"id",        "probability",   "health_score", "band",
                                      "raw_score", "model_version", "computed_at",  "error"};
  for (int i = 1; i <= kReasonsShown; ++i) columns.push_back(absl::StrCat("reason_", i));
  return csv::Line(columns);
}

std::string ScoreCsvLine(const ScoreResult& result, const std::string& id) {
  const Score& score = result.score();
  const auto number = [](bool there, double value) { return there ? absl::StrFormat("%.9g", value) : ""; };
  std::vector<std::string> fields = {
      id,
      number(score.has_probability(), score.probability()),
      number(score.has_health_score(), score.health_score()),
      BandText(score.band()),
      number(result.has_score(), score.raw_score()),
      score.model_version(),
      score.has_computed_at()
          ? absl::FormatTime(absl::RFC3339_full, absl::FromUnixSeconds(score.computed_at().seconds()),
                             absl::UTCTimeZone())
          : "",
      result.status().message()};
  for (int i = 0; i < kReasonsShown; ++i) {
    fields.push_back(i < score.reasons_size() ? ReasonText(score.reasons(i)) : "");
  }
  return csv::Line(fields);
}

}  // namespace rapport::cli
