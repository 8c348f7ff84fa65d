#include "services/ratings/core/customers.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/stats/proportion.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/ratings_figures/counts.h"

namespace rapport::ratings {
namespace {

constexpr v1::Scale kScale = v1::SCALE_CSAT_5;

struct Row {
  std::string customer_id;
  ScoreCode code;
  int64_t count;
};

CustomerTally Tally(const std::vector<Row>& rows) {
  CustomerTally tally;
  for (const Row& row : rows) tally.Add(row.customer_id, row.code, row.count);
  return tally;
}

Row Csat(const std::string& customer_id, int points, int64_t count = 1) {
  return {customer_id, CodeNamed(kScale, std::to_string(points)), count};
}

v1::RatingFigures CustomerFigures(const CustomerTally& tally, int top_customers = 10, v1::Scale scale = kScale) {
  v1::RatingFigures figures;
  figures.set_scale(scale);
  tally.SetCustomerFigures(top_customers, 0.95, &figures);
  return figures;
}

std::vector<std::string> Ids(const std::vector<RankedCustomer>& ranked) {
  std::vector<std::string> ids;
  ids.reserve(ranked.size());
  for (const RankedCustomer& customer : ranked) ids.push_back(customer.position.customer_id);
  return ids;
}

std::vector<Row> RandomRows(int customers, int count, std::mt19937_64& random) {
  const std::vector<ScoreCode> codes = RatingCodes(kScale);
  std::vector<Row> rows;
  rows.reserve(count);
  for (int i = 0; i < count; ++i) {
    rows.push_back({absl::StrCat("c", random() % customers), codes[random() % codes.size()],
                    static_cast<int64_t>(1 + random() % 3)});
  }
  return rows;
}

TEST(CustomersTest, GivesEachCustomerTheSameWeight) {
  const v1::RatingFigures figures =
      CustomerFigures(Tally({Csat("angry", 1, 40), Csat("quiet", 5), Csat("calm", 5, 3), Csat("calm", 2)}));
  EXPECT_DOUBLE_EQ(figures.customer_weighted_positive().value(), (0 + 1 + 0.75) / 3);
  EXPECT_EQ(figures.customer_weighted_positive().sample_size(), 3);
  EXPECT_DOUBLE_EQ(figures.customer_weighted_mean().value(), (1 + 5 + 4.25) / 3);
  EXPECT_EQ(figures.customer_weighted_positive().definition_id(), "ratings.customer_weighted.positive.v1");
  EXPECT_EQ(figures.customer_weighted_mean().definition_id(), "ratings.customer_weighted.mean.v1");
}

TEST(CustomersTest, KeepsIntervalsInThePossibleRange) {
  const v1::RatingFigures figures = CustomerFigures(Tally({Csat("a", 1), Csat("b", 5)}));
  EXPECT_EQ(figures.customer_weighted_positive().ci_low(), 0);
  EXPECT_EQ(figures.customer_weighted_positive().ci_high(), 1);
  EXPECT_EQ(figures.customer_weighted_mean().ci_low(), 1);
  EXPECT_EQ(figures.customer_weighted_mean().ci_high(), 5);
}

TEST(CustomersTest, SaysWhatTheLoudestSent) {
  const CustomerTally tally =
      Tally({Csat("a", 1, 5), Csat("a", 5, 9), Csat("b", 2, 3), Csat("c", 1, 2), Csat("d", 5, 7)});
  EXPECT_DOUBLE_EQ(CustomerFigures(tally, 1).top_customer_share().value(), 0.5);
  EXPECT_DOUBLE_EQ(CustomerFigures(tally, 2).top_customer_share().value(), 0.8);
  EXPECT_EQ(CustomerFigures(tally, 2).top_customer_share().count(), 8);
  EXPECT_EQ(CustomerFigures(tally, 2).top_customer_share().sample_size(), 10);
  EXPECT_DOUBLE_EQ(CustomerFigures(tally, 100).top_customer_share().value(), 1);
}

TEST(CustomersTest, HasNoValuesWithoutData) {
  const v1::RatingFigures nobody = CustomerFigures(CustomerTally());
  EXPECT_FALSE(nobody.customer_weighted_positive().has_value());
  EXPECT_FALSE(nobody.customer_weighted_mean().has_value());
  EXPECT_FALSE(nobody.top_customer_share().has_value());
  EXPECT_FALSE(CustomerFigures(Tally({Csat("a", 5)})).top_customer_share().has_value()) << "no negative rating";
}

TEST(CustomersTest, KeepsScalesApart) {
  const CustomerTally tally = Tally({Csat("a", 1), {"a", CodeNamed(v1::SCALE_THUMBS_2, "UP"), 1}});
  EXPECT_EQ(CustomerFigures(tally).customer_weighted_positive().value(), 0);
  EXPECT_EQ(CustomerFigures(tally, 10, v1::SCALE_THUMBS_2).customer_weighted_positive().value(), 1);
  EXPECT_EQ(CustomerFigures(tally, 10, v1::SCALE_NPS_11).customer_weighted_positive().sample_size(), 0);
}

TEST(CustomersTest, IgnoresSurveysAndUnknownCodes) {
  const CustomerTally tally = Tally({{"a", SurveyCode(kScale, SurveyMeasure::kDelivered), 4}, {"b", 127, 1}});
  EXPECT_EQ(CustomerFigures(tally).customer_weighted_positive().sample_size(), 0);
}

TEST(CustomersTest, ForgetsRatingsThatWereTakenBack) {
  const CustomerTally tally = Tally({Csat("a", 1, -1), Csat("a", 1), Csat("b", 5, 2), Csat("b", 5, -1)});
  EXPECT_EQ(CustomerFigures(tally).customer_weighted_positive().sample_size(), 1);
  const std::vector<RankedCustomer> ranked = tally.Rank({.scale = kScale});
  ASSERT_THAT(Ids(ranked), testing::ElementsAre("b"));
  EXPECT_EQ(ranked[0].scale.rating_count(), 1);
}

TEST(CustomersTest, RanksFortyGoodRatingsAboveTwo) {
  const CustomerTally tally = Tally({Csat("two", 5, 2), Csat("forty", 5, 39), Csat("forty", 1), Csat("bad", 1, 9),
                                     Csat("once", 1), Csat("mixed", 5, 20), Csat("mixed", 1, 20)});
  EXPECT_THAT(Ids(tally.Rank({.scale = kScale, .order = v1::CUSTOMER_ORDER_HAPPIEST})),
              testing::ElementsAre("forty", "mixed", "two", "bad", "once"));
  EXPECT_THAT(Ids(tally.Rank({.scale = kScale, .order = v1::CUSTOMER_ORDER_LEAST_HAPPY})),
              testing::ElementsAre("bad", "mixed", "once", "forty", "two"));
  EXPECT_THAT(Ids(tally.Rank({.scale = kScale, .min_ratings = 9})), testing::ElementsAre("forty", "mixed", "bad"));
}

TEST(CustomersTest, RanksTiesByCustomerId) {
  const CustomerTally tally = Tally({Csat("b", 5), Csat("c", 4), Csat("a", 5)});
  EXPECT_THAT(Ids(tally.Rank({.scale = kScale})), testing::ElementsAre("a", "b", "c"));
  EXPECT_THAT(Ids(tally.Rank({.scale = kScale, .order = v1::CUSTOMER_ORDER_LEAST_HAPPY})),
              testing::ElementsAre("a", "b", "c"));
}

TEST(CustomersTest, PagesWithoutGapOrRepetition) {
  std::mt19937_64 random(4);
  const CustomerTally tally = Tally(RandomRows(200, 700, random));
  for (v1::CustomerOrder order : {v1::CUSTOMER_ORDER_HAPPIEST, v1::CUSTOMER_ORDER_LEAST_HAPPY}) {
    const std::vector<std::string> all = Ids(tally.Rank({.scale = kScale, .order = order, .limit = 1000}));
    std::vector<std::string> paged;
    RankRequest request = {.scale = kScale, .order = order, .limit = 7};
    for (auto page = tally.Rank(request); !page.empty(); page = tally.Rank(request)) {
      for (const std::string& id : Ids(page)) paged.push_back(id);
      request.after = page.back().position;
    }
    EXPECT_EQ(paged, all);
  }
}

TEST(CustomersTest, AgreesWithBruteForceOverRandomRows) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 30; ++round) {
    const std::vector<Row> rows = RandomRows(40, 200, random);
    const CustomerTally tally = Tally(rows);
    std::map<std::string, ScoreCounts> customers;
    for (const Row& row : rows) customers[row.customer_id][row.code] += row.count;

    std::vector<std::tuple<double, std::string>> ranking;
    double shares = 0;
    for (const auto& [id, counts] : customers) {
      const v1::CustomerScale scale = MakeCustomerScales(counts, kScale, 0.95)[0];
      shares += scale.positive().value();
      ranking.emplace_back(-scale.positive().ci_low(), id);
    }
    std::sort(ranking.begin(), ranking.end());
    const auto ranked = tally.Rank({.scale = kScale, .limit = 1000});
    ASSERT_EQ(ranked.size(), ranking.size());
    for (size_t i = 0; i < ranking.size(); ++i) {
      EXPECT_EQ(ranked[i].position.customer_id, std::get<1>(ranking[i]));
      EXPECT_EQ(ranked[i].scale.SerializeAsString(),
                MakeCustomerScales(customers[std::get<1>(ranking[i])], kScale, 0.95)[0].SerializeAsString());
    }
    EXPECT_NEAR(CustomerFigures(tally).customer_weighted_positive().value(),
                shares / static_cast<double>(customers.size()), 1e-12);
  }
}

TEST(CustomersTest, DoesNotDependOnTheOrderOfRows) {
  std::mt19937_64 random(6);
  std::vector<Row> rows = RandomRows(300, 3000, random);
  const std::string expected = CustomerFigures(Tally(rows)).SerializeAsString();
  for (int i = 0; i < 5; ++i) {
    std::shuffle(rows.begin(), rows.end(), random);
    EXPECT_EQ(CustomerFigures(Tally(rows)).SerializeAsString(), expected);
  }
}

TEST(CustomersTest, DescribesACustomerOnEachScaleRatedOn) {
  ScoreCounts counts = {};
  counts[CodeNamed(v1::SCALE_NPS_11, "9")] = 3;
  counts[CodeNamed(v1::SCALE_NPS_11, "6")] = 1;
  counts[CodeNamed(v1::SCALE_THUMBS_2, "DOWN")] = 2;
  counts[SurveyCode(v1::SCALE_CES_5, SurveyMeasure::kDelivered)] = 2;
  const std::vector<v1::CustomerScale> scales = MakeCustomerScales(counts, v1::SCALE_UNSPECIFIED, 0.95);
  ASSERT_EQ(scales.size(), 2);
  EXPECT_EQ(scales[0].scale(), v1::SCALE_THUMBS_2);
  EXPECT_EQ(scales[0].negative().value(), 1);
  EXPECT_EQ(scales[1].scale(), v1::SCALE_NPS_11);
  EXPECT_EQ(scales[1].rating_count(), 4);
  EXPECT_DOUBLE_EQ(scales[1].positive().value(), 0.75);
  EXPECT_DOUBLE_EQ(scales[1].mean().value(), 8.25);
  EXPECT_TRUE(scales[1].mean().has_ci_low());
  EXPECT_EQ(MakeCustomerScales(counts, v1::SCALE_NPS_11, 0.95).size(), 1);
}

}  // namespace
}  // namespace rapport::ratings
