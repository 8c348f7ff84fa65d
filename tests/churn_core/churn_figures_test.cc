#include "services/churn/core/churn_figures.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "common/stats/mean.h"
#include "gtest/gtest.h"

namespace rapport::churn {
namespace {

constexpr double kConfidence = 0.95;

struct Customer {
  int64_t start;
  int64_t end;
};

ChurnCounts CountsOf(const std::vector<Customer>& customers) {
  ChurnCounts counts;
  for (const Customer& each : customers) {
    ++counts.customers.active_at_start;
    counts.customers.lost += each.end == 0 ? 1 : 0;
    counts.revenue["EUR"].AddCustomer(each.start, each.end);
  }
  return counts;
}

TEST(ChurnFiguresTest, LogoChurnHasWilsonsInterval) {
  ChurnCounts counts;
  counts.customers = {100, 5};
  const common::v1::Figure churn = MakeChurnFigures(counts, kConfidence).logo_churn();
  EXPECT_EQ(churn.value(), 0.05);
  EXPECT_NEAR(churn.ci_low(), 0.0215, 0.00005);
  EXPECT_NEAR(churn.ci_high(), 0.1118, 0.00005);
  EXPECT_EQ(churn.sample_size(), 100);
  EXPECT_EQ(churn.count(), 5);
  EXPECT_EQ(churn.definition_id(), "churn.logo.v1");
}

TEST(ChurnFiguresTest, RevenueChurnIsGrossAndNet) {
  const ChurnCounts counts = CountsOf({{10'000, 0}, {20'000, 15'000}, {30'000, 30'000}, {40'000, 50'000}});
  const v1::ChurnFigures figures = MakeChurnFigures(counts, kConfidence);
  ASSERT_EQ(figures.revenue_size(), 1);
  const v1::RevenueChurn& revenue = figures.revenue(0);
  EXPECT_EQ(revenue.currency(), "EUR");
  EXPECT_EQ(revenue.start_minor(), 100'000);
  EXPECT_EQ(revenue.lost_minor(), 10'000);
  EXPECT_EQ(revenue.contraction_minor(), 5'000);
  EXPECT_EQ(revenue.expansion_minor(), 10'000);
  EXPECT_DOUBLE_EQ(revenue.gross().value(), 0.15);
  EXPECT_DOUBLE_EQ(revenue.net().value(), 0.05);
  EXPECT_EQ(revenue.gross().sample_size(), 4);
  EXPECT_EQ(revenue.gross().definition_id(), "churn.revenue.gross.v1");
  EXPECT_EQ(revenue.net().definition_id(), "churn.revenue.net.v1");
}

TEST(ChurnFiguresTest, ExpansionCanMakeNetChurnNegative) {
  const ChurnCounts counts = CountsOf({{100, 0}, {100, 300}, {100, 100}});
  const v1::RevenueChurn revenue = MakeChurnFigures(counts, kConfidence).revenue(0);
  EXPECT_DOUBLE_EQ(revenue.net().value(), -1.0 / 3);
  EXPECT_LT(revenue.net().ci_low(), -1.0 / 3);
  EXPECT_EQ(revenue.gross().ci_low(), 0);
}

TEST(ChurnFiguresTest, CurrenciesAreNotAdded) {
  ChurnCounts counts;
  counts.revenue["USD"].AddCustomer(100, 0);
  counts.revenue["EUR"].AddCustomer(100, 100);
  const v1::ChurnFigures figures = MakeChurnFigures(counts, kConfidence);
  ASSERT_EQ(figures.revenue_size(), 2);
  EXPECT_EQ(figures.revenue(0).currency(), "EUR");
  EXPECT_EQ(figures.revenue(0).gross().value(), 0);
  EXPECT_EQ(figures.revenue(1).currency(), "USD");
  EXPECT_EQ(figures.revenue(1).gross().value(), 1);
}

TEST(ChurnFiguresTest, NothingIsSaidWithoutCustomers) {
  ChurnCounts counts;
  counts.revenue["EUR"].AddCustomer(0, 500);
  const v1::ChurnFigures figures = MakeChurnFigures(counts, kConfidence);
  EXPECT_FALSE(figures.logo_churn().has_value());
  EXPECT_FALSE(figures.revenue(0).gross().has_value());
  EXPECT_EQ(figures.revenue(0).expansion_minor(), 0);
}

TEST(ChurnFiguresTest, EqualLossesShowNoInterval) {
  const v1::RevenueChurn none = MakeChurnFigures(CountsOf({{100, 100}, {300, 300}}), kConfidence).revenue(0);
  EXPECT_EQ(none.gross().value(), 0);
  EXPECT_FALSE(none.gross().has_ci_low());
  const v1::RevenueChurn third = MakeChurnFigures(CountsOf({{300, 200}, {900, 600}, {27, 18}}), kConfidence).revenue(0);
  EXPECT_DOUBLE_EQ(third.gross().value(), 1.0 / 3);
  EXPECT_FALSE(third.gross().has_ci_low());
  const v1::RevenueChurn one = MakeChurnFigures(CountsOf({{300, 200}}), kConfidence).revenue(0);
  EXPECT_FALSE(one.gross().has_ci_low());
}

TEST(ChurnFiguresTest, OfEqualCustomersTheIntervalIsThatOfAMean) {
  std::mt19937_64 random(4);
  std::vector<Customer> customers;
  std::vector<double> shares;
  for (int i = 0; i < 40; ++i) {
    customers.push_back({1'000, std::uniform_int_distribution<int64_t>(500, 1'400)(random)});
    shares.push_back(1 - static_cast<double>(customers.back().end) / 1'000);
  }
  const auto mean = stats::EstimateMean(stats::SampleOfValues(shares), kConfidence);
  const common::v1::Figure net = MakeChurnFigures(CountsOf(customers), kConfidence).revenue(0).net();
  EXPECT_NEAR(net.value(), mean->value, 1e-12);
  EXPECT_NEAR(net.ci_low(), mean->interval->low, 1e-9);
  EXPECT_NEAR(net.ci_high(), mean->interval->high, 1e-9);
}

// Spends vary a hundredfold, and what becomes of a customer does not depend on them.
std::vector<Customer> RandomCustomers(int count, std::mt19937_64& random) {
  std::uniform_real_distribution<double> uniform(0, 1);
  std::vector<Customer> customers;
  for (int i = 0; i < count; ++i) {
    const double start = std::exp(std::uniform_real_distribution<double>(4.6, 9.2)(random));
    const double kept = uniform(random) < 0.2 ? 0 : 0.8 + uniform(random) * 0.5;
    customers.push_back({std::llround(start), std::llround(start * kept)});
  }
  return customers;
}

TEST(ChurnFiguresTest, IntervalsOfRevenueHoldTheTruthAsOftenAsTheySay) {
  constexpr double kTruth = 1 - 0.8 * 1.05;
  std::mt19937_64 random(12);
  int held = 0;
  for (int i = 0; i < 1'000; ++i) {
    const auto net = MakeChurnFigures(CountsOf(RandomCustomers(200, random)), kConfidence).revenue(0).net();
    held += net.ci_low() <= kTruth && kTruth <= net.ci_high() ? 1 : 0;
  }
  EXPECT_GT(held, 930);
  EXPECT_LT(held, 970);
}

TEST(ChurnFiguresTest, PeriodsWithoutDifferenceAreRarelySignificant) {
  std::mt19937_64 random(13);
  int significant = 0;
  for (int i = 0; i < 1'000; ++i) {
    const ChurnCounts before = CountsOf(RandomCustomers(200, random));
    const ChurnCounts now = CountsOf(RandomCustomers(200, random));
    v1::ChurnFigures figures = MakeChurnFigures(now, kConfidence);
    CompareChurn(MakeChurnFigures(before, kConfidence), before, now, kConfidence, &figures);
    significant += figures.revenue(0).net().comparison().significant() ? 1 : 0;
  }
  EXPECT_GT(significant, 30);
  EXPECT_LT(significant, 75);
}

TEST(ChurnFiguresTest, ComparesWithThePeriodBefore) {
  ChurnCounts before;
  before.customers = {1'000, 50};
  before.revenue["EUR"].AddCustomer(200, 100);
  before.revenue["EUR"].AddCustomer(200, 200);
  ChurnCounts now;
  now.customers = {1'000, 100};
  now.revenue["EUR"].AddCustomer(200, 0);
  now.revenue["EUR"].AddCustomer(200, 200);
  now.revenue["USD"].AddCustomer(200, 0);
  v1::ChurnFigures figures = MakeChurnFigures(now, kConfidence);
  CompareChurn(MakeChurnFigures(before, kConfidence), before, now, kConfidence, &figures);
  const common::v1::Comparison& logo = figures.logo_churn().comparison();
  EXPECT_DOUBLE_EQ(logo.difference(), 0.05);
  EXPECT_TRUE(logo.significant());
  EXPECT_EQ(logo.definition_id(), "difference.newcombe.v1");
  const common::v1::Comparison& euro = figures.revenue(0).gross().comparison();
  EXPECT_EQ(euro.previous_value(), 0.25);
  EXPECT_EQ(euro.difference(), 0.25);
  EXPECT_FALSE(euro.significant());
  EXPECT_EQ(euro.definition_id(), "difference.ratio.v1");
  const common::v1::Comparison& dollar = figures.revenue(1).gross().comparison();
  EXPECT_FALSE(dollar.has_previous_value());
  EXPECT_FALSE(dollar.has_difference());
}

TEST(ChurnFiguresTest, CountsAreTakenBackExactlyInAnyOrder) {
  std::mt19937_64 random(5);
  std::vector<Customer> customers = RandomCustomers(500, random);
  customers.push_back({900'000'000'000, 1'000'000'000'000});
  ChurnCounts counts = CountsOf(customers);
  const std::string all = MakeChurnFigures(counts, kConfidence).SerializeAsString();
  ChurnCounts others;
  for (int i = 0; i < 100; ++i) others.revenue["EUR"].AddCustomer(777'777'777'777 + i, 3 * i);
  counts.Add(others);
  for (int i = 99; i >= 0; --i) counts.revenue["EUR"].AddCustomer(777'777'777'777 + i, 3 * i, -1);
  EXPECT_EQ(MakeChurnFigures(counts, kConfidence).SerializeAsString(), all);
  std::shuffle(customers.begin(), customers.end(), random);
  EXPECT_EQ(MakeChurnFigures(CountsOf(customers), kConfidence).SerializeAsString(), all);
}

}  // namespace
}  // namespace rapport::churn
