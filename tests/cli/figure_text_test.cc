#include "services/cli/figure_text.h"

#include <gtest/gtest.h>

namespace rapport::cli {
namespace {

common::v1::Figure Compared(double previous, double value, double p, bool significant) {
  common::v1::Figure figure;
  figure.set_value(value);
  figure.mutable_comparison()->set_previous_value(previous);
  figure.mutable_comparison()->set_p_value(p);
  figure.mutable_comparison()->set_significant(significant);
  return figure;
}

TEST(FigureTextTest, ShowsTheInterval) {
  common::v1::Figure figure;
  figure.set_value(0.94);
  figure.set_ci_low(0.92);
  figure.set_ci_high(0.955);
  EXPECT_EQ(FigureText(figure, Unit::kShare), "94.0 % (92.0 to 95.5)");
}

TEST(FigureTextTest, ShowsNoDataAsADash) {
  EXPECT_EQ(FigureText({}, Unit::kMean), "-");
}

TEST(ComparisonTextTest, HasAnArrowOnlyWhenSignificant) {
  EXPECT_EQ(ComparisonText(Compared(0.94, 0.96, 0.086, false), Unit::kShare),
            "94.0 % -> 96.0 %, not significant (p = 0.086)");
  EXPECT_EQ(ComparisonText(Compared(0.90, 0.96, 0.00001, true), Unit::kShare), "▲ 90.0 % -> 96.0 % (p < 0.001)");
  EXPECT_EQ(ComparisonText(Compared(31, 12.5, 0.01, true), Unit::kScore), "▼ 31.0 -> 12.5 (p = 0.010)");
}

TEST(ComparisonTextTest, SaysWhenThereIsNothingToCompareWith) {
  common::v1::Figure figure;
  EXPECT_EQ(ComparisonText(figure, Unit::kShare), "");
  figure.set_value(0.5);
  figure.mutable_comparison();
  EXPECT_EQ(ComparisonText(figure, Unit::kShare), "nothing to compare with");
}

}  // namespace
}  // namespace rapport::cli
