#include "services/cli/figure_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/cli/duration_text.h"

namespace rapport::cli {
namespace {

using common::v1::Comparison;
using common::v1::Figure;

std::string Number(double value, Unit unit) {
  switch (unit) {
    case Unit::kShare:
      return absl::StrFormat("%.1f", 100 * value);
    case Unit::kScore:
      return absl::StrFormat("%.1f", value);
    case Unit::kTime:
      return DurationText(absl::Seconds(value));
    case Unit::kMean:
      break;
  }
  return absl::StrFormat("%.2f", value);
}

std::string WithUnit(double value, Unit unit) {
  return absl::StrCat(Number(value, unit), unit == Unit::kShare ? " %" : "");
}

std::string PValueText(double p) {
  return p < 0.001 ? "p < 0.001" : absl::StrFormat("p = %.3f", p);
}

}  // namespace

std::string ValueText(const Figure& figure, Unit unit) {
  return figure.has_value() ? WithUnit(figure.value(), unit) : "-";
}

std::string FigureText(const Figure& figure, Unit unit) {
  std::string text = ValueText(figure, unit);
  if (figure.has_value() && figure.has_ci_low() && figure.has_ci_high()) {
    absl::StrAppend(&text, " (", Number(figure.ci_low(), unit), " to ", Number(figure.ci_high(), unit), ")");
  }
  return text;
}

std::string ComparisonText(const Figure& figure, Unit unit) {
  if (!figure.has_comparison()) return "";
  const Comparison& comparison = figure.comparison();
  if (!comparison.has_previous_value() || !figure.has_value()) return "nothing to compare with";
  const std::string change =
      absl::StrCat(WithUnit(comparison.previous_value(), unit), " -> ", WithUnit(figure.value(), unit));
  const std::string p = comparison.has_p_value() ? absl::StrCat(" (", PValueText(comparison.p_value()), ")") : "";
  if (!comparison.significant()) return absl::StrCat(change, ", not significant", p);
  return absl::StrCat(figure.value() >= comparison.previous_value() ? "▲ " : "▼ ", change, p);
}

}  // namespace rapport::cli
