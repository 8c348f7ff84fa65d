#include "services/churn/core/retention.h"

#include <cmath>
#include <optional>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace rapport::churn {
namespace {

constexpr double kConfidence = 0.95;

absl::TimeZone Zone(const char* name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return zone;
}

absl::Time At(int64_t year, int month, int day, int hour = 0, absl::TimeZone zone = absl::UTCTimeZone()) {
  return absl::FromCivil(absl::CivilSecond(year, month, day, hour), zone);
}

TEST(MonthsTest, EndOnTheSameDayOrTheLastOfTheMonth) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  EXPECT_EQ(AddMonths(At(2023, 1, 15, 7), 1, utc), At(2023, 2, 15, 7));
  EXPECT_EQ(AddMonths(At(2023, 1, 31, 7), 1, utc), At(2023, 2, 28, 7));
  EXPECT_EQ(AddMonths(At(2024, 1, 31), 1, utc), At(2024, 2, 29));
  EXPECT_EQ(AddMonths(At(2023, 1, 31), 2, utc), At(2023, 3, 31));
  EXPECT_EQ(AddMonths(At(2023, 11, 30), 12, utc), At(2024, 11, 30));
  const absl::TimeZone berlin = Zone("Europe/Berlin");
  EXPECT_EQ(AddMonths(At(2023, 3, 1, 9, berlin), 1, berlin), At(2023, 4, 1, 9, berlin));
}

TEST(MonthsTest, AnniversariesAreWholeNumbers) {
  const absl::TimeZone berlin = Zone("Europe/Berlin");
  for (int day = 0; day < 400; ++day) {
    const absl::Time start = At(2023, 1, 1, 13, berlin) + absl::Hours(24) * day;
    for (int months : {0, 1, 2, 11, 12, 37}) {
      ASSERT_EQ(MonthsBetween(start, AddMonths(start, months, berlin), berlin), months) << start;
    }
  }
}

TEST(MonthsTest, PassEvenlyAndNeverBackwards) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  EXPECT_DOUBLE_EQ(MonthsBetween(At(2023, 1, 1), At(2023, 2, 15), utc), 1.5);
  EXPECT_DOUBLE_EQ(MonthsBetween(At(2023, 1, 20), At(2023, 1, 21), utc), 1.0 / 31);
  for (int day : {28, 29, 30, 31}) {
    double last = 0;
    for (int hours = 0; hours < 24 * 120; hours += 7) {
      const double months = MonthsBetween(At(2023, 1, day), At(2023, 1, day) + absl::Hours(hours), utc);
      ASSERT_GE(months, last);
      last = months;
    }
  }
}

// Remission in weeks of 21 children with leukaemia under 6-MP: Freireich et al. (1963), Blood 21, 699-716. Weeks are
// taken as months. A tenure that ends in the future is censored now, so each is begun as long ago as it was observed.
std::vector<Tenure> Remissions(absl::Time now) {
  std::vector<Tenure> tenures;
  for (int months : {6, 6, 6, 7, 10, 13, 16, 22, 23}) tenures.push_back({At(2000, 1, 1), At(2000, 1 + months, 1)});
  for (int months : {6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35}) {
    tenures.push_back({AddMonths(now, -months, absl::UTCTimeZone())});
  }
  return tenures;
}

const v1::RetentionPoint& PointAt(int months, const v1::RetentionFigures& figures) {
  EXPECT_EQ(figures.points(months - 1).months(), months);
  return figures.points(months - 1);
}

TEST(RetentionTest, GivesThePublishedSurvival) {
  const absl::Time now = At(2010, 1, 1);
  const auto lifetimes = LifetimesOf(Remissions(now), now, absl::UTCTimeZone());
  const v1::RetentionFigures figures = MakeRetention(lifetimes, kConfidence);
  EXPECT_EQ(figures.customer_count(), 21);
  EXPECT_EQ(figures.lost_count(), 9);
  const struct {
    int months, at_risk;
    double survival, low, high;
  } published[] = {{6, 21, 0.8571, 0.6197, 0.9516},  {7, 17, 0.8067, 0.5631, 0.9228},  {10, 15, 0.7529, 0.5032, 0.8894},
                   {13, 12, 0.6902, 0.4316, 0.8491}, {16, 11, 0.6275, 0.3675, 0.8049}, {22, 7, 0.5378, 0.2678, 0.7468},
                   {23, 6, 0.4482, 0.1881, 0.6801}};
  for (const auto& each : published) {
    const v1::RetentionPoint& point = PointAt(each.months, figures);
    EXPECT_EQ(point.at_risk(), each.at_risk);
    EXPECT_NEAR(point.retention().value(), each.survival, 0.00005);
    EXPECT_NEAR(point.retention().ci_low(), each.low, 0.00005);
    EXPECT_NEAR(point.retention().ci_high(), each.high, 0.00005);
    EXPECT_EQ(point.retention().definition_id(), "churn.retention.kaplan_meier.v1");
  }
  EXPECT_EQ(PointAt(10, figures).retention().censored_count(), 2);
  EXPECT_EQ(PointAt(5, figures).retention().value(), 1);
  EXPECT_EQ(figures.points_size(), 35);
  EXPECT_EQ(figures.median_lifetime_months().value(), 23);
  EXPECT_EQ(figures.median_lifetime_months().ci_low(), 13);
  EXPECT_FALSE(figures.median_lifetime_months().has_ci_high());
  EXPECT_EQ(figures.median_lifetime_months().censored_count(), 12);
}

TEST(RetentionTest, WithoutCensoringItIsTheShareThatStayed) {
  std::mt19937_64 random(3);
  const absl::Time now = At(2030, 1, 1);
  std::vector<Tenure> tenures;
  for (int i = 0; i < 500; ++i) {
    const absl::Time start = At(2020, 1, 1) + absl::Hours(std::uniform_int_distribution<int>(0, 9'000)(random));
    tenures.push_back({start, start + absl::Hours(std::uniform_int_distribution<int>(0, 20'000)(random))});
  }
  const v1::RetentionFigures figures = MakeRetention(LifetimesOf(tenures, now, absl::UTCTimeZone()), kConfidence);
  for (const v1::RetentionPoint& point : figures.points()) {
    int stayed = 0;
    for (const Tenure& each : tenures) {
      stayed += each.end > AddMonths(each.start, point.months(), absl::UTCTimeZone()) ? 1 : 0;
    }
    EXPECT_NEAR(point.retention().value(), stayed / 500.0, 1e-12);
    EXPECT_EQ(point.retention().censored_count(), 0);
  }
}

TEST(RetentionTest, CensoringDoesNotBiasIt) {
  // Half of those who are left go each year; most began so lately that their end is not known yet.
  std::mt19937_64 random(8);
  const absl::Time now = At(2025, 1, 1);
  std::vector<Tenure> tenures;
  for (int i = 0; i < 20'000; ++i) {
    const absl::Time start = now - absl::Hours(24 * std::uniform_real_distribution<double>(0, 1'000)(random));
    const double days = std::exponential_distribution<double>(std::log(2.0) / 365.25)(random);
    tenures.push_back({start, start + absl::Hours(24 * days)});
  }
  const v1::RetentionFigures figures = MakeRetention(LifetimesOf(tenures, now, absl::UTCTimeZone()), kConfidence);
  EXPECT_NEAR(PointAt(12, figures).retention().value(), 0.5, 0.01);
  EXPECT_NEAR(PointAt(24, figures).retention().value(), 0.25, 0.015);
  EXPECT_NEAR(figures.median_lifetime_months().value(), 12, 0.5);
}

TEST(RetentionTest, WhatLiesInTheFutureIsNotKnown) {
  const absl::Time now = At(2025, 1, 1);
  const std::vector<Tenure> tenures = {
      {At(2024, 7, 1), At(2025, 3, 1)}, {At(2025, 2, 1)}, {At(2024, 10, 1), At(2024, 9, 1)}};
  const v1::RetentionFigures figures = MakeRetention(LifetimesOf(tenures, now, absl::UTCTimeZone()), kConfidence);
  EXPECT_EQ(figures.customer_count(), 2);
  EXPECT_EQ(figures.lost_count(), 1);
  EXPECT_EQ(figures.points_size(), 6);
}

TEST(RetentionTest, HasNothingToSayWithoutCustomers) {
  const v1::RetentionFigures figures = MakeRetention({}, kConfidence);
  EXPECT_EQ(figures.points_size(), 0);
  EXPECT_FALSE(figures.median_lifetime_months().has_value());
}

TEST(RetentionTest, CohortsAreCutByTheLocalMonth) {
  const absl::Time now = At(2025, 1, 1);
  const std::vector<Tenure> tenures = {{At(2024, 5, 31, 23)}, {At(2024, 5, 2)}, {At(2024, 6, 1)}, {At(2025, 6, 1)}};
  const auto utc = CutIntoCohorts(tenures, now, absl::UTCTimeZone());
  ASSERT_EQ(utc.size(), 2);
  EXPECT_EQ(MakeRetention(utc.at(absl::CivilMonth(2024, 5)), kConfidence).customer_count(), 2);
  const auto berlin = CutIntoCohorts(tenures, now, Zone("Europe/Berlin"));
  EXPECT_EQ(MakeRetention(berlin.at(absl::CivilMonth(2024, 6)), kConfidence).customer_count(), 2);
}

TEST(ConversionTest, CountsWithinTheWindowOnly) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  const absl::Time now = At(2025, 1, 1);
  const std::vector<Signup> signups = {
      {At(2024, 1, 31), At(2024, 7, 31)},                     // at the last moment
      {At(2024, 1, 31), At(2024, 7, 31) + absl::Seconds(1)},  // too late
      {At(2024, 3, 1), At(2024, 3, 1)},                       // at once
      {At(2024, 7, 1)},                                       // the window has just passed
      {At(2024, 7, 2), At(2024, 7, 3)},                       // it has not, though converted
      {At(2024, 12, 1)},
  };
  const Conversion conversion = CountConversions(signups, 6, now, utc);
  EXPECT_EQ(conversion.proportion.count, 2);
  EXPECT_EQ(conversion.proportion.total, 4);
  EXPECT_EQ(conversion.censored, 2);
  const v1::ConversionFigure figure = MakeConversion(6, conversion, kConfidence);
  EXPECT_EQ(figure.months(), 6);
  EXPECT_EQ(figure.conversion().value(), 0.5);
  EXPECT_EQ(figure.conversion().censored_count(), 2);
  EXPECT_NEAR(figure.conversion().ci_low(), 0.1500, 0.00005);
  EXPECT_NEAR(figure.conversion().ci_high(), 0.8500, 0.00005);
  EXPECT_EQ(CountConversions(signups, 12, now, utc).proportion.total, 0);
  EXPECT_FALSE(MakeConversion(12, CountConversions(signups, 12, now, utc), kConfidence).conversion().has_value());
}

TEST(ConversionTest, ComparesWithThePeriodBefore) {
  const Conversion before = {{20, 200}, 0};
  const Conversion now = {{60, 200}, 3};
  v1::ConversionFigure figure = MakeConversion(6, now, kConfidence);
  CompareConversion(MakeConversion(6, before, kConfidence), before, now, kConfidence, &figure);
  EXPECT_DOUBLE_EQ(figure.conversion().comparison().difference(), 0.2);
  EXPECT_TRUE(figure.conversion().comparison().significant());
}

}  // namespace
}  // namespace rapport::churn
