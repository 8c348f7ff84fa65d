#include "services/churn/core/bg_nbd.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rapport::churn {
namespace {

using testing::HasSubstr;
using v1::PurchaseModel;
using Numbers = std::vector<double>;

PurchaseModel Model(double r, double alpha, double a, double b) {
  PurchaseModel model;
  model.set_r(r);
  model.set_alpha(alpha);
  model.set_a(a);
  model.set_b(b);
  return model;
}

// Customers who behave as the model says.
std::vector<PurchaseHistory> Simulate(const PurchaseModel& model, int customers, double longest_age) {
  std::mt19937_64 random(20050501);
  std::gamma_distribution<double> rates(model.r(), 1 / model.alpha());
  std::gamma_distribution<double> first(model.a());
  std::gamma_distribution<double> second(model.b());
  std::uniform_real_distribution<double> uniform(0, 1);
  std::vector<PurchaseHistory> histories;
  for (int i = 0; i < customers; ++i) {
    PurchaseHistory history{0, 0, longest_age * (0.5 + uniform(random) / 2)};
    const double rate = rates(random);
    const double g = first(random);
    const double leaving = g / (g + second(random));
    for (double at = 0;;) {
      at += std::exponential_distribution<double>(rate)(random);
      if (!(at > 0 && at < history.age)) break;
      ++history.repeats;
      history.recency = at;
      if (uniform(random) < leaving) break;
    }
    histories.push_back(history);
  }
  return histories;
}

// The answers of purchases.py, a line each.
std::vector<Numbers> AskSciPy(const std::vector<std::string>& questions) {
  const std::string asked = testing::TempDir() + "/purchase_questions.txt";
  const std::string answered = testing::TempDir() + "/purchase_answers.txt";
  std::ofstream file(asked);
  for (const std::string& question : questions) file << question << '\n';
  file.close();
  const std::string command = "/usr/bin/python3 " PURCHASES_SCRIPT " " + asked + " > " + answered;
  EXPECT_EQ(std::system(command.c_str()), 0) << command << "\nSciPy comes with Debian's python3-scipy.";
  std::vector<Numbers> answers;
  std::ifstream lines(answered);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    answers.emplace_back();
    for (double number; words >> number;) answers.back().push_back(number);
  }
  std::remove(asked.c_str());
  std::remove(answered.c_str());
  return answers;
}

std::string Question(const std::string& kind, const PurchaseModel& model, const Numbers& numbers) {
  std::ostringstream line;
  line.precision(17);
  line << kind << ' ' << model.r() << ' ' << model.alpha() << ' ' << model.a() << ' ' << model.b();
  for (double number : numbers) line << ' ' << number;
  return line.str();
}

const std::vector<PurchaseModel>& Models() {
  static const auto* models = new std::vector<PurchaseModel>{
      Model(0.2426, 4.4135, 0.7929, 2.4258), Model(1.7, 20, 0.4, 3.1), Model(0.8, 0.5, 2.5, 1.2), Model(3, 9, 1.4, 6)};
  return *models;
}

const std::vector<PurchaseHistory>& Histories() {
  static const auto* histories =
      new std::vector<PurchaseHistory>{{0, 0, 30}, {1, 3.5, 30}, {2, 30.43, 38.86}, {7, 12.25, 40}, {12, 39.5, 40}};
  return *histories;
}

TEST(BgNbdTest, GivesThePublishedForecast) {
  // Fader, Hardie and Lee, "Implementing the BG/NBD model for customer base analysis in Excel" (2005).
  const PurchaseModel model = Model(0.243, 4.414, 0.793, 2.426);
  const v1::PurchaseForecast forecast = Forecast(model, {2, 30.43, 38.86}, 39);
  EXPECT_NEAR(forecast.expected_purchases(), 1.226, 0.0005);
}

TEST(BgNbdTest, LikelihoodAndAliveAreThoseOfIntegration) {
  std::vector<std::string> questions;
  for (const PurchaseModel& model : Models()) {
    for (const PurchaseHistory& each : Histories()) {
      questions.push_back(Question("likelihood", model, {static_cast<double>(each.repeats), each.recency, each.age}));
    }
  }
  const std::vector<Numbers> answers = AskSciPy(questions);
  ASSERT_EQ(answers.size(), questions.size());
  size_t i = 0;
  for (const PurchaseModel& model : Models()) {
    for (const PurchaseHistory& each : Histories()) {
      EXPECT_NEAR(LogLikelihood(model, {&each, 1}), answers[i].at(0), 1e-7) << questions[i];
      EXPECT_NEAR(Forecast(model, each, 1).alive(), answers[i].at(1), 1e-7) << questions[i];
      ++i;
    }
  }
}

TEST(BgNbdTest, ForecastIsThatOfIntegration) {
  std::vector<std::string> questions;
  for (const PurchaseModel& model : Models()) {
    for (const PurchaseHistory& each : Histories()) {
      questions.push_back(Question("expected", model, {static_cast<double>(each.repeats), each.recency, each.age, 26}));
    }
  }
  const std::vector<Numbers> answers = AskSciPy(questions);
  ASSERT_EQ(answers.size(), questions.size());
  size_t i = 0;
  for (const PurchaseModel& model : Models()) {
    for (const PurchaseHistory& each : Histories()) {
      EXPECT_NEAR(Forecast(model, each, 26).expected_purchases() / answers[i].at(0), 1, 1e-6) << questions[i];
      ++i;
    }
  }
}

TEST(BgNbdTest, ExpectationOfNewCustomersIsTheClosedForm) {
  std::vector<std::string> questions;
  const Numbers lengths = {0.1, 1, 10, 52, 500};
  for (const PurchaseModel& model : Models()) {
    for (double length : lengths) questions.push_back(Question("closed", model, {length}));
  }
  const std::vector<Numbers> answers = AskSciPy(questions);
  ASSERT_EQ(answers.size(), questions.size());
  size_t i = 0;
  for (const PurchaseModel& model : Models()) {
    for (double length : lengths) {
      EXPECT_NEAR(ExpectedPurchasesOfNew(model, length) / answers[i].at(0), 1, 1e-9) << questions[i];
      ++i;
    }
  }
}

TEST(BgNbdTest, FitFindsWhatSciPyFinds) {
  const std::vector<PurchaseHistory> histories = Simulate(Model(0.6, 8, 1.2, 3.5), 1'500, 52);
  std::ostringstream question;
  question.precision(17);
  question << "fit " << histories.size();
  for (const PurchaseHistory& each : histories) question << ' ' << each.repeats;
  for (const PurchaseHistory& each : histories) question << ' ' << each.recency;
  for (const PurchaseHistory& each : histories) question << ' ' << each.age;
  const std::vector<Numbers> answers = AskSciPy({question.str()});
  ASSERT_EQ(answers.size(), 1);
  const auto model = FitPurchaseModel(histories);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_NEAR(model->r() / answers[0].at(0), 1, 1e-4);
  EXPECT_NEAR(model->alpha() / answers[0].at(1), 1, 1e-4);
  EXPECT_NEAR(model->a() / answers[0].at(2), 1, 1e-4);
  EXPECT_NEAR(model->b() / answers[0].at(3), 1, 1e-4);
  EXPECT_NEAR(model->log_likelihood(), answers[0].at(4), 1e-6);
}

TEST(BgNbdTest, FitRecoversTheModelThatMadeTheData) {
  const auto model = FitPurchaseModel(Simulate(Model(0.6, 8, 1.2, 3.5), 40'000, 52));
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_NEAR(model->r(), 0.6, 0.03);
  EXPECT_NEAR(model->alpha(), 8, 0.6);
  EXPECT_NEAR(model->a() / (model->a() + model->b()), 1.2 / 4.7, 0.015);
}

TEST(BgNbdTest, ForecastAddsUpToWhatCustomersDo) {
  // The second half of each customer's time is forecast from the first.
  const PurchaseModel truth = Model(0.9, 6, 0.8, 2.5);
  std::mt19937_64 random(7);
  std::gamma_distribution<double> rates(truth.r(), 1 / truth.alpha());
  std::gamma_distribution<double> first(truth.a());
  std::gamma_distribution<double> second(truth.b());
  std::uniform_real_distribution<double> uniform(0, 1);
  double expected = 0;
  double made = 0;
  for (int i = 0; i < 20'000; ++i) {
    const double rate = rates(random);
    const double g = first(random);
    const double leaving = g / (g + second(random));
    PurchaseHistory history{0, 0, 26};
    for (double at = 0;;) {
      at += std::exponential_distribution<double>(rate)(random);
      if (!(at > 0 && at < 52)) break;
      if (at < 26) {
        ++history.repeats;
        history.recency = at;
      } else {
        ++made;
      }
      if (uniform(random) < leaving) break;
    }
    expected += Forecast(truth, history, 26).expected_purchases();
  }
  EXPECT_NEAR(expected / made, 1, 0.03);
}

TEST(BgNbdTest, IsSteadyWhereTheClosedFormDividesByZero) {
  const double below = ExpectedPurchasesOfNew(Model(0.5, 5, 1 - 1e-6, 2.5), 30);
  const double at = ExpectedPurchasesOfNew(Model(0.5, 5, 1, 2.5), 30);
  const double above = ExpectedPurchasesOfNew(Model(0.5, 5, 1 + 1e-6, 2.5), 30);
  EXPECT_NEAR(at, (below + above) / 2, 1e-8);
  EXPECT_GT(below, at);
  EXPECT_GT(at, above);
}

TEST(BgNbdTest, ApproachesTheModelWithoutLeaving) {
  // When nobody leaves, a purchase comes at the mean rate r / alpha, and (r + x) / (alpha + age) of a known customer.
  const PurchaseModel model = Model(2, 10, 1e-3, 1e5);
  EXPECT_NEAR(ExpectedPurchasesOfNew(model, 40), 8, 1e-3);
  const v1::PurchaseForecast forecast = Forecast(model, {5, 38, 40}, 10);
  EXPECT_NEAR(forecast.alive(), 1, 1e-6);
  EXPECT_NEAR(forecast.expected_purchases(), 7.0 / 50 * 10, 1e-3);
}

TEST(BgNbdTest, StaysFiniteForExtremeCustomers) {
  for (const PurchaseModel& model : Models()) {
    for (const PurchaseHistory& each :
         {PurchaseHistory{100'000, 1e-3, 1e6}, PurchaseHistory{100'000, 1e6, 1e6}, PurchaseHistory{1, 1e-9, 1e9}}) {
      EXPECT_TRUE(std::isfinite(LogLikelihood(model, {&each, 1})));
      for (double length : {1e-9, 1.0, 1e9}) {
        const v1::PurchaseForecast forecast = Forecast(model, each, length);
        EXPECT_GE(forecast.alive(), 0);
        EXPECT_LE(forecast.alive(), 1);
        EXPECT_TRUE(std::isfinite(forecast.expected_purchases()));
        EXPECT_GE(forecast.expected_purchases(), 0);
      }
    }
  }
  EXPECT_EQ(ExpectedPurchasesOfNew(Models()[0], 0), 0);
}

TEST(BgNbdTest, WhoeverNeverBoughtAgainIsAlive) {
  EXPECT_EQ(Forecast(Models()[0], {0, 0, 1'000}, 1).alive(), 1);
}

TEST(BgNbdTest, LongSilenceAfterManyPurchasesMeansLeft) {
  const double lately = Forecast(Models()[0], {10, 38, 40}, 1).alive();
  const double before = Forecast(Models()[0], {10, 10, 40}, 1).alive();
  EXPECT_GT(lately, 0.8);
  EXPECT_LT(before, 0.05);
}

TEST(BgNbdTest, FitSaysWhenTheDataLeaveAParameterOpen) {
  // Everyone buys to the end: nothing tells who leaves.
  std::vector<PurchaseHistory> histories;
  for (int i = 0; i < 200; ++i) histories.push_back({20 + i % 15, 52, 52});
  const auto model = FitPurchaseModel(histories);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_TRUE(model->at_bound());
  EXPECT_GT(Forecast(*model, histories[0], 52).alive(), 0.999);
}

TEST(BgNbdTest, HistoryIsMadeOfDaysWithPurchases) {
  const absl::CivilDay first(2024, 2, 28);
  const auto history = HistoryOf({first + 9, first, first + 2, first + 9, first + 40}, first + 30);
  ASSERT_TRUE(history.has_value());
  EXPECT_EQ(history->repeats, 2);
  EXPECT_EQ(history->recency, 9);
  EXPECT_EQ(history->age, 30);
  EXPECT_TRUE(ValidateHistory(*history).ok());
  EXPECT_TRUE(ValidateHistory(*HistoryOf({first, first}, first)).ok());
  EXPECT_FALSE(HistoryOf({first}, first - 1).has_value());
  EXPECT_FALSE(HistoryOf({}, first).has_value());
}

TEST(BgNbdTest, RejectsHistoriesThatCannotBe) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(ValidateHistory({-1, 0, 5}).message(), HasSubstr("repeats is -1"));
  EXPECT_THAT(ValidateHistory({1, 6, 5}).message(), HasSubstr("recency is 6"));
  EXPECT_THAT(ValidateHistory({1, kNan, 5}).message(), HasSubstr("recency is nan"));
  EXPECT_THAT(ValidateHistory({1, 1, kNan}).message(), HasSubstr("age is nan"));
  EXPECT_THAT(ValidateHistory({0, 1, 5}).message(), HasSubstr("with repeats 0"));
  EXPECT_THAT(ValidateHistory({3, 0, 5}).message(), HasSubstr("with repeats 3"));
  EXPECT_TRUE(ValidateHistory({0, 0, 5}).ok());
  const auto fit = FitPurchaseModel({{1, 2, 5}, {1, 6, 5}});
  EXPECT_EQ(fit.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(fit.status().message(), HasSubstr("histories[1]"));
}

TEST(BgNbdTest, RejectsDataWithoutAnyRepeat) {
  EXPECT_EQ(FitPurchaseModel({}).status().code(), absl::StatusCode::kInvalidArgument);
  const auto fit = FitPurchaseModel({{0, 0, 5}, {0, 0, 7}});
  EXPECT_EQ(fit.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(fit.status().message(), HasSubstr("no customer of 2 bought again"));
}

}  // namespace
}  // namespace rapport::churn
