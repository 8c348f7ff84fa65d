// The same questions to our statistics and to SciPy (reference.py), on generated data.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "common/stats/kaplan_meier.h"
#include "common/stats/mean.h"
#include "common/stats/net_score.h"
#include "common/stats/normal.h"
#include "common/stats/proportion.h"
#include "common/stats/quantile.h"
#include "gtest/gtest.h"

namespace rapport::stats {
namespace {

using Numbers = std::vector<double>;

constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();
constexpr int kQuestionsOfAKind = 400;

struct Question {
  std::string kind;
  Numbers arguments;
  Numbers answer;  // ours
};

Numbers Flatten(const Estimate& estimate) {
  return {estimate.value, estimate.interval->low, estimate.interval->high};
}

Numbers Flatten(const Difference& difference) {
  return {difference.value, difference.interval->low, difference.interval->high, *difference.p_value};
}

Numbers Flatten(const RankInterval& ranks) {
  return {ranks.low.has_value() ? static_cast<double>(*ranks.low) : kAbsent,
          ranks.high.has_value() ? static_cast<double>(*ranks.high) : kAbsent};
}

class Asker {
 public:
  std::vector<Question> AskAll() {
    for (int i = 0; i < kQuestionsOfAKind; ++i) {
      AskProportions();
      AskNetScores();
      AskMeans();
      AskQuantile();
      AskKaplanMeier();
      AskNormal();
    }
    return std::move(questions_);
  }

 private:
  double Uniform(double from, double to) { return std::uniform_real_distribution<double>(from, to)(random_); }
  int64_t Whole(int64_t from, int64_t to) { return std::uniform_int_distribution<int64_t>(from, to)(random_); }
  double Confidence() { return Whole(0, 1) == 0 ? 0.95 : Uniform(0.51, 0.9999); }

  // Mostly small, as small samples are where methods differ; some very large.
  int64_t Size() { return static_cast<int64_t>(std::exp(Uniform(0, Whole(0, 3) == 0 ? 18 : 5))); }

  Proportion RandomProportion() {
    const int64_t total = Size();
    switch (Whole(0, 5)) {
      case 0:
        return {0, total};
      case 1:
        return {total, total};
      default:
        return {Whole(0, total), total};
    }
  }

  NetCounts RandomNetCounts() {
    NetCounts counts = {Whole(0, Size()), Whole(0, Size()), Whole(0, Size())};
    if (counts.promoters + counts.passives + counts.detractors == 0) counts.passives = 1;
    return counts;
  }

  // At least two whole numbers, not all equal.
  Numbers RandomScores() {
    Numbers scores(static_cast<size_t>(Whole(2, 80)));
    const int64_t highest = Whole(1, 10);
    std::generate(scores.begin(), scores.end(), [&] { return static_cast<double>(Whole(0, highest)); });
    if (std::equal(scores.begin() + 1, scores.end(), scores.begin())) scores.back() += 1;
    return scores;
  }

  static Sample OfSums(const Numbers& values) {
    double sum = 0;
    double squares = 0;
    for (double value : values) {
      sum += value;
      squares += value * value;
    }
    return SampleOfSums(static_cast<int64_t>(values.size()), sum, squares);
  }

  void Add(std::string kind, Numbers arguments, Numbers answer) {
    questions_.push_back({std::move(kind), std::move(arguments), std::move(answer)});
  }

  void AskProportions() {
    const double confidence = Confidence();
    const Proportion a = RandomProportion();
    const Proportion b = RandomProportion();
    const auto number = [](int64_t x) { return static_cast<double>(x); };
    Add("wilson", {confidence, number(a.count), number(a.total)}, Flatten(*EstimateProportion(a, confidence)));
    Add("proportions", {confidence, number(a.count), number(a.total), number(b.count), number(b.total)},
        Flatten(*CompareProportions(a, b, confidence)));
  }

  void AskNetScores() {
    const double confidence = Confidence();
    const NetCounts a = RandomNetCounts();
    const NetCounts b = RandomNetCounts();
    const auto number = [](int64_t x) { return static_cast<double>(x); };
    Add("net_score", {confidence, number(a.promoters), number(a.passives), number(a.detractors)},
        Flatten(*EstimateNetScore(a, confidence)));
    Add("net_scores",
        {confidence, number(a.promoters), number(a.passives), number(a.detractors), number(b.promoters),
         number(b.passives), number(b.detractors)},
        Flatten(*CompareNetScores(a, b, confidence)));
  }

  void AskMeans() {
    const double confidence = Confidence();
    const Numbers a = RandomScores();
    const Numbers b = RandomScores();
    Numbers one = {confidence};
    one.insert(one.end(), a.begin(), a.end());
    Add("mean", one, Flatten(*EstimateMean(OfSums(a), confidence)));
    Add("mean", one, Flatten(*EstimateMean(SampleOfValues(a), confidence)));
    Numbers both = {confidence, static_cast<double>(a.size())};
    both.insert(both.end(), a.begin(), a.end());
    both.insert(both.end(), b.begin(), b.end());
    Add("means", std::move(both), Flatten(*CompareMeans(OfSums(a), OfSums(b), confidence)));
  }

  void AskQuantile() {
    const double confidence = Confidence();
    const int64_t size = Size();
    const double probability = Whole(0, 1) == 0 ? 0.5 : Uniform(0.001, 0.999);
    Add("quantile", {confidence, static_cast<double>(size), probability},
        Flatten(QuantileRanks(size, probability, confidence)));
  }

  // Few distinct times, so that many tie.
  void AskKaplanMeier() {
    const double confidence = Confidence();
    const double probability = Uniform(0.01, 0.99);
    const double at = Uniform(0, 30);
    const int64_t size = Whole(1, 60);
    const int64_t latest = Whole(1, 30);
    std::map<double, SurvivalTime> observed;
    Numbers times;
    Numbers happened;
    for (int64_t i = 0; i < size; ++i) {
      times.push_back(static_cast<double>(Whole(1, latest)));
      happened.push_back(Whole(0, 2) == 0 ? 0 : 1);
      SurvivalTime& same = observed[times.back()];
      same.time = times.back();
      ++(happened.back() == 1 ? same.events : same.censored);
    }
    std::vector<SurvivalTime> ascending;
    for (const auto& [time, each] : observed) ascending.push_back(each);
    const std::vector<SurvivalStep> steps = KaplanMeier(ascending);
    const Estimate survival = SurvivalAt(steps, at, confidence);
    const auto quantile = SurvivalQuantile(steps, probability, confidence);
    Numbers arguments = {confidence, probability, at, static_cast<double>(size)};
    arguments.insert(arguments.end(), times.begin(), times.end());
    arguments.insert(arguments.end(), happened.begin(), happened.end());
    Add("kaplan_meier", std::move(arguments),
        {survival.value, survival.interval ? survival.interval->low : kAbsent,
         survival.interval ? survival.interval->high : kAbsent, quantile ? quantile->value : kAbsent,
         quantile ? quantile->low.value_or(kAbsent) : kAbsent, quantile ? quantile->high.value_or(kAbsent) : kAbsent});
  }

  void AskNormal() {
    const double probability = Uniform(0, 1);
    Add("normal", {probability}, {NormalQuantile(probability)});
  }

  std::mt19937_64 random_{20131201};
  std::vector<Question> questions_;
};

std::string Line(const Question& question) {
  std::ostringstream line;
  line.precision(17);
  line << question.kind;
  for (double argument : question.arguments) line << ' ' << argument;
  return line.str();
}

Numbers Parse(const std::string& line) {
  Numbers numbers;
  std::istringstream words(line);
  for (std::string word; words >> word;) numbers.push_back(std::stod(word));
  return numbers;
}

// The answers of reference.py, a line each.
std::vector<std::string> AskScipy(const std::vector<Question>& questions) {
  const std::string directory = testing::TempDir();
  const std::string asked = directory + "/stats_questions.txt";
  const std::string answered = directory + "/stats_answers.txt";
  std::ofstream file(asked);
  for (const Question& question : questions) file << Line(question) << '\n';
  file.close();
  const std::string command = "/usr/bin/python3 " REFERENCE_SCRIPT " " + asked + " > " + answered;
  EXPECT_EQ(std::system(command.c_str()), 0) << command << "\nSciPy comes with Debian's python3-scipy.";
  std::vector<std::string> lines;
  std::ifstream answers(answered);
  for (std::string line; std::getline(answers, line);) lines.push_back(line);
  std::remove(asked.c_str());
  std::remove(answered.c_str());
  return lines;
}

bool Agree(double ours, double theirs) {
  if (std::isnan(ours) || std::isnan(theirs)) return std::isnan(ours) && std::isnan(theirs);
  return std::abs(ours - theirs) <= 1e-9 * std::max(1.0, std::abs(theirs));
}

TEST(ScipyTest, GivesTheSameAnswers) {
  const std::vector<Question> questions = Asker().AskAll();
  const std::vector<std::string> answers = AskScipy(questions);
  ASSERT_EQ(answers.size(), questions.size());
  for (size_t i = 0; i < questions.size(); ++i) {
    const Numbers theirs = Parse(answers[i]);
    EXPECT_TRUE(std::equal(theirs.begin(), theirs.end(), questions[i].answer.begin(), questions[i].answer.end(), Agree))
        << Line(questions[i]) << "\nours:  " << testing::PrintToString(questions[i].answer)
        << "\nSciPy: " << answers[i];
  }
}

}  // namespace
}  // namespace rapport::stats
