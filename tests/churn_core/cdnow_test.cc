// The BG/NBD model on the purchases of a music shop, which its authors fitted it to.

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "services/churn/core/bg_nbd.h"

namespace rapport::churn {
namespace {

// ID,frequency,recency,T in weeks.
std::vector<PurchaseHistory> ReadCdnow() {
  std::vector<PurchaseHistory> histories;
  std::ifstream file(CDNOW_FILE);
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    std::string id;
    char comma = 0;
    PurchaseHistory each;
    std::getline(cells, id, ',');
    cells >> each.repeats >> comma >> each.recency >> comma >> each.age;
    histories.push_back(each);
  }
  return histories;
}

// Lines of a number, the customer, YYYYMMDD, the count of discs and the price.
std::map<std::string, std::vector<absl::CivilDay>> ReadPurchases() {
  std::map<std::string, std::vector<absl::CivilDay>> purchases;
  std::ifstream file(CDNOW_PURCHASES);
  std::string number, customer, discs, price;
  for (int date = 0; file >> number >> customer >> date >> discs >> price;) {
    purchases[customer].push_back(absl::CivilDay(date / 10'000, date / 100 % 100, date % 100));
  }
  return purchases;
}

TEST(CdnowTest, PurchasesGiveThePublishedHistories) {
  const std::vector<PurchaseHistory> published = ReadCdnow();
  size_t i = 0;
  for (const auto& [customer, days] : ReadPurchases()) {
    const auto history = HistoryOf(days, absl::CivilDay(1997, 9, 30));
    ASSERT_TRUE(history.has_value()) << customer;
    ASSERT_LT(i, published.size());
    EXPECT_EQ(history->repeats, published[i].repeats) << customer;
    EXPECT_NEAR(history->recency / 7, published[i].recency, 0.0051) << customer;
    EXPECT_NEAR(history->age / 7, published[i].age, 0.0051) << customer;
    ++i;
  }
  EXPECT_EQ(i, 2'357);
}

TEST(CdnowTest, FitGivesThePublishedParameters) {
  const std::vector<PurchaseHistory> histories = ReadCdnow();
  ASSERT_EQ(histories.size(), 2'357);
  const auto model = FitPurchaseModel(histories);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_NEAR(model->r(), 0.2426, 0.00005);
  EXPECT_NEAR(model->alpha(), 4.4135, 0.0005);
  EXPECT_NEAR(model->a(), 0.7929, 0.0005);
  EXPECT_NEAR(model->b(), 2.4258, 0.0015);
  EXPECT_NEAR(model->log_likelihood(), -9582.43, 0.005);
  EXPECT_EQ(model->customer_count(), 2'357);
  EXPECT_FALSE(model->at_bound());
}

TEST(CdnowTest, FitDoesNotDependOnTheUnitOfTime) {
  std::vector<PurchaseHistory> histories = ReadCdnow();
  const auto weeks = FitPurchaseModel(histories);
  ASSERT_TRUE(weeks.ok()) << weeks.status();
  for (PurchaseHistory& each : histories) {
    each.recency *= 7 * 24 * 3600;
    each.age *= 7 * 24 * 3600;
  }
  const auto seconds = FitPurchaseModel(histories);
  ASSERT_TRUE(seconds.ok()) << seconds.status();
  EXPECT_NEAR(seconds->r() / weeks->r(), 1, 1e-6);
  EXPECT_NEAR(seconds->alpha() / weeks->alpha(), 7 * 24 * 3600, 1);
  EXPECT_NEAR(seconds->a() / weeks->a(), 1, 1e-6);
  EXPECT_NEAR(seconds->b() / weeks->b(), 1, 1e-6);
}

}  // namespace
}  // namespace rapport::churn
