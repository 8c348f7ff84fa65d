#include "services/churn/model/profile.h"

#include <limits>
#include <map>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/churn_model/synthetic.h"

namespace rapport::churn {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

v1::FeatureSchema Schema() {
  return SyntheticCustomers(1, 1).schema;
}

std::map<std::string, int64_t> Categories(const storage::v1::FeatureHistogram& histogram) {
  return {histogram.categories().begin(), histogram.categories().end()};
}

TEST(ProfileTest, CountsNumbersInEvenBinsAndTheRestByValue) {
  FeatureMatrix rows = {.columns = 3, .values = {}};
  for (int i = 0; i < 100; ++i) {
    rows.values.insert(rows.values.end(), {static_cast<float>(i), static_cast<float>(i % 2), i < 10 ? 1.0F : 0.0F});
  }
  rows.values.insert(rows.values.end(), {kMissing, kMissing, kMissing});
  const storage::v1::TrainingProfile profile = ProfileOf(Schema(), rows);
  ASSERT_EQ(profile.features_size(), 3);
  EXPECT_EQ(profile.features(0).feature(), "logins");
  EXPECT_EQ(profile.features(0).edges_size(), 9);
  EXPECT_THAT(profile.features(0).counts(), ElementsAre(10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 1));
  EXPECT_THAT(Categories(profile.features(1)), UnorderedElementsAre(Pair("basic", 50), Pair("pro", 50), Pair("", 1)));
  EXPECT_THAT(Categories(profile.features(2)), UnorderedElementsAre(Pair("false", 90), Pair("true", 10), Pair("", 1)));
}

TEST(ProfileTest, PartsAddUpToTheWhole) {
  const FeatureMatrix rows = SyntheticCustomers(900, 1).features;
  const storage::v1::TrainingProfile profile = ProfileOf(Schema(), rows);
  FeatureHistograms sum = EmptyHistograms(profile);
  for (size_t part = 0; part < 3; ++part) {
    std::vector<size_t> chosen;
    for (size_t row = part; row < rows.rows(); row += 3) chosen.push_back(row);
    FeatureHistograms counted = EmptyHistograms(profile);
    CountInto(Schema(), SelectRows(rows, chosen), counted);
    AddHistograms(counted, sum);
  }
  for (int i = 0; i < sum.size(); ++i) {
    EXPECT_THAT(sum[i].counts(), testing::ElementsAreArray(profile.features(i).counts()));
    EXPECT_EQ(Categories(sum[i]), Categories(profile.features(i)));
  }
}

TEST(ProfileTest, TheSameCustomersDoNotDriftAndOthersDo) {
  const storage::v1::TrainingProfile profile = ProfileOf(Schema(), SyntheticCustomers(3000, 1).features);
  FeatureHistograms now = EmptyHistograms(profile);
  EXPECT_TRUE(CompareProfiles(profile.features(), now).empty());
  CountInto(Schema(), SyntheticCustomers(3000, 2).features, now);
  for (const v1::FeatureDrift& drift : CompareProfiles(profile.features(), now)) {
    EXPECT_FALSE(drift.drifting()) << drift.DebugString();
  }
  FeatureMatrix fewer_logins = SyntheticCustomers(3000, 3).features;
  for (size_t i = 0; i < fewer_logins.values.size(); i += 3) fewer_logins.values[i] /= 3;
  now = EmptyHistograms(profile);
  CountInto(Schema(), fewer_logins, now);
  const std::vector<v1::FeatureDrift> drifts = CompareProfiles(profile.features(), now);
  ASSERT_EQ(drifts.size(), 3U);
  EXPECT_EQ(drifts[0].feature(), "logins");
  EXPECT_TRUE(drifts[0].drifting());
  EXPECT_FALSE(drifts[1].drifting());
}

}  // namespace
}  // namespace rapport::churn
