#include "services/churn/model/dataset.h"

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rapport::churn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TextTable Customers() {
  return {{"id", {"a", "b", "c", "d"}},
          {"charges", {"29.85", " ", "1e3", "-4"}},
          {"online", {"Yes", "no", "", "YES"}},
          {"plan", {"basic", "pro", "basic", "NA"}},
          {"churn", {"yes", "no", "no", "yes"}}};
}

LabelledColumns Columns() {
  return {.label = "churn", .positive = "yes", .id = "id", .left_out = {}};
}

LabelledData Data() {
  return *MakeLabelledData(Customers(), Columns());
}

FeatureEncoder Encoder() {
  return *FeatureEncoder::Create(Data().schema);
}

FeatureValues Values(const std::map<std::string, v1::FeatureValue>& values) {
  return {values.begin(), values.end()};
}

v1::FeatureValue Number(double number) {
  v1::FeatureValue value;
  value.set_number(number);
  return value;
}

v1::FeatureValue Category(const std::string& category) {
  v1::FeatureValue value;
  value.set_category(category);
  return value;
}

absl::Status ErrorOf(const TextTable& table, const LabelledColumns& columns) {
  return MakeLabelledData(table, columns).status();
}

TEST(DatasetTest, InfersKindsFromTexts) {
  const v1::FeatureSchema schema = Data().schema;
  ASSERT_EQ(schema.features_size(), 3);
  EXPECT_EQ(schema.features(0).name(), "charges");
  EXPECT_EQ(schema.features(0).kind(), v1::FEATURE_KIND_NUMERIC);
  EXPECT_EQ(schema.features(1).kind(), v1::FEATURE_KIND_BOOLEAN);
  EXPECT_EQ(schema.features(2).kind(), v1::FEATURE_KIND_CATEGORICAL);
  EXPECT_THAT(schema.features(2).categories(), ElementsAre("basic", "pro"));
}

TEST(DatasetTest, ReadsLabelsAndIds) {
  EXPECT_THAT(Data().labels, ElementsAre(1, 0, 0, 1));
  EXPECT_THAT(Data().ids, ElementsAre("a", "b", "c", "d"));
}

TEST(DatasetTest, BlanksAreMissing) {
  const FeatureMatrix features = Data().features;
  EXPECT_FLOAT_EQ(features.row(0)[0], 29.85F);
  EXPECT_TRUE(std::isnan(features.row(1)[0]));
  EXPECT_TRUE(std::isnan(features.row(2)[1]));
  EXPECT_TRUE(std::isnan(features.row(3)[2]));
}

TEST(DatasetTest, UnseenCategoryIsMissing) {
  const absl::StatusOr<FeatureMatrix> features =
      Encoder().Encode({{"plan", {"gold"}}, {"online", {"true"}}, {"charges", {"1"}}});
  ASSERT_TRUE(features.ok()) << features.status();
  EXPECT_EQ(features->row(0)[1], 1);
  EXPECT_TRUE(std::isnan(features->row(0)[2]));
}

TEST(DatasetTest, NamesRowAndFeatureOfTextThatIsNoNumber) {
  const absl::Status status =
      Encoder().Encode({{"plan", {"pro", "pro"}}, {"online", {"no", "no"}}, {"charges", {"1", "many"}}}).status();
  EXPECT_EQ(status.message(),
            "row 2: feature 'charges' is 'many': give a finite number, or nothing when it is missing");
}

TEST(DatasetTest, NamesColumnThatIsNotThere) {
  EXPECT_THAT(Encoder().Encode({{"plan", {"pro"}}, {"online", {"no"}}}).status().message(), HasSubstr("'charges'"));
  LabelledColumns columns = Columns();
  columns.label = "left";
  EXPECT_THAT(ErrorOf(Customers(), columns).message(), HasSubstr("'left'"));
}

TEST(DatasetTest, EncodesValuesByNameAndDecodesThem) {
  v1::FeatureValue charges;
  charges.set_number(7.5);
  v1::FeatureValue plan;
  plan.set_category("pro");
  const absl::StatusOr<std::vector<float>> row = Encoder().Encode(Values({{"charges", charges}, {"plan", plan}}));
  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_EQ(Encoder().Decode(0, (*row)[0]).number(), 7.5);
  EXPECT_EQ(Encoder().Decode(1, (*row)[1]).value_case(), v1::FeatureValue::VALUE_NOT_SET);
  EXPECT_EQ(Encoder().Decode(2, (*row)[2]).category(), "pro");
}

TEST(DatasetTest, RefusesValueOfAnotherKindAndUnknownName) {
  v1::FeatureValue value;
  value.set_category("many");
  EXPECT_THAT(Encoder().Encode(Values({{"charges", value}})).status().message(), HasSubstr("'charges' is 'many'"));
  EXPECT_THAT(Encoder().Encode(Values({{"chrages", value}})).status().message(), HasSubstr("'chrages' is not one"));
  value.set_number(1e300);
  EXPECT_THAT(Encoder().Encode(Values({{"charges", value}})).status().message(), HasSubstr("finite"));
}

TEST(DatasetTest, PassesOverUnknownNamesWhenAsked) {
  const FeatureValues values = Values({{"charges", Number(7)}, {"logins", Number(1)}});
  const absl::StatusOr<std::vector<float>> row = Encoder().Encode(values, UnknownNames::kPassOver);
  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_EQ((*row)[0], 7);
}

TEST(DatasetTest, TypicalIsTheMedianOrTheMostFrequentOfWhatIsNeverMissing) {
  TextTable table = {{"charges", {"1", "2", "40", "3"}},
                     {"online", {"yes", "no", "yes", "yes"}},
                     {"plan", {"pro", "pro", "basic", "team"}},
                     {"visits", {"1", "", "2", "3"}},
                     {"churn", {"yes", "no", "no", "yes"}}};
  LabelledData data = *MakeLabelledData(table, {.label = "churn", .positive = "yes", .id = "", .left_out = {}});
  SetTypicalValues(data.features, data.schema);
  EXPECT_EQ(data.schema.features(0).typical().number(), 2);
  EXPECT_TRUE(data.schema.features(1).typical().boolean());
  EXPECT_EQ(data.schema.features(2).typical().category(), "pro");
  EXPECT_FALSE(data.schema.features(3).has_typical());
}

TEST(DatasetTest, TypicalValuesStandInForMissingOnes) {
  v1::FeatureSchema schema = Data().schema;
  schema.mutable_features(0)->mutable_typical()->set_number(12);
  schema.mutable_features(2)->mutable_typical()->set_category("pro");
  const FeatureEncoder encoder = *FeatureEncoder::Create(schema);
  FeatureMatrix features = {.columns = 3, .values = *encoder.Encode(Values({{"plan", Category("gold")}}))};
  EXPECT_TRUE(std::isnan(features.values[0]));
  EXPECT_TRUE(encoder.LacksTypical(features));
  encoder.FillInTypical(features);
  EXPECT_EQ(features.values[0], 12);
  EXPECT_TRUE(std::isnan(features.values[1]));
  EXPECT_EQ(features.values[2], 1);
  EXPECT_FALSE(encoder.LacksTypical(features));
}

TEST(DatasetTest, RefusesTypicalValueThatIsNone) {
  v1::FeatureSchema schema = Data().schema;
  schema.mutable_features(2)->mutable_typical()->set_category("gold");
  EXPECT_THAT(ValidateSchema(schema).message(), HasSubstr("'plan' has a typical value that is none"));
  schema.mutable_features(2)->mutable_typical()->set_number(1);
  EXPECT_THAT(ValidateSchema(schema).message(), HasSubstr("'plan' has a typical value that is none"));
}

v1::FeatureSchema KnownFeatures() {
  v1::FeatureSchema schema;
  const std::pair<const char*, v1::FeatureKind> kinds[] = {{"charges", v1::FEATURE_KIND_NUMERIC},
                                                           {"plan", v1::FEATURE_KIND_CATEGORICAL},
                                                           {"score", v1::FEATURE_KIND_NUMERIC}};
  for (const auto& [name, kind] : kinds) {
    v1::Feature& feature = *schema.add_features();
    feature.set_name(name);
    feature.set_kind(kind);
  }
  return schema;
}

TEST(LabelledRowsTest, CollectCategoriesAndLeaveOutWhatNobodyHas) {
  LabelledRows rows(KnownFeatures());
  ASSERT_TRUE(rows.Add(Values({{"charges", Number(5)}, {"plan", Category("team")}, {"other", Number(1)}}), true).ok());
  ASSERT_TRUE(rows.Add(Values({{"plan", Category("basic")}}), false).ok());
  ASSERT_TRUE(rows.Add(Values({{"charges", Number(6)}, {"plan", Category("")}}), false).ok());
  const absl::StatusOr<LabelledData> data = std::move(rows).Finish();
  ASSERT_TRUE(data.ok()) << data.status();
  ASSERT_EQ(data->schema.features_size(), 2);
  EXPECT_THAT(data->schema.features(1).categories(), ElementsAre("basic", "team"));
  EXPECT_THAT(data->labels, ElementsAre(1, 0, 0));
  EXPECT_THAT(data->features.row(0), ElementsAre(5, 1));
  EXPECT_TRUE(std::isnan(data->features.row(1)[0]));
  EXPECT_EQ(data->features.row(1)[1], 0);
  EXPECT_TRUE(std::isnan(data->features.row(2)[1]));
}

TEST(LabelledRowsTest, KeepTheMostFrequentOfTooManyCategories) {
  LabelledRows rows(KnownFeatures());
  for (size_t i = 0; i <= kMaxCategories; ++i) {
    for (size_t times = i == 7 ? 1 : 2; times > 0; --times) {
      ASSERT_TRUE(rows.Add(Values({{"plan", Category("plan" + std::to_string(i))}}), true).ok());
    }
  }
  const absl::StatusOr<LabelledData> data = std::move(rows).Finish();
  ASSERT_TRUE(data.ok()) << data.status();
  const auto& categories = data->schema.features(0).categories();
  EXPECT_EQ(static_cast<size_t>(categories.size()), kMaxCategories);
  EXPECT_THAT(categories, testing::Not(testing::Contains("plan7")));
  EXPECT_TRUE(std::isnan(data->features.values[14]));
}

TEST(LabelledRowsTest, RefuseValueOfAnotherKindAndRowsWithoutAnything) {
  LabelledRows rows(KnownFeatures());
  EXPECT_THAT(rows.Add(Values({{"charges", Category("many")}}), true).message(), HasSubstr("'charges' is 'many'"));
  EXPECT_THAT(std::move(rows).Finish().status().message(), HasSubstr("no features"));
}

TEST(DatasetTest, RefusesColumnThatNamesItsRows) {
  TextTable table = {{"name", {}}, {"churn", {}}};
  for (size_t i = 0; i <= kMaxCategories; ++i) {
    table[0].values.push_back("customer" + std::to_string(i));
    table[1].values.emplace_back("yes");
  }
  EXPECT_THAT(ErrorOf(table, {.label = "churn", .positive = "yes", .id = "", .left_out = {}}).message(),
              HasSubstr("'name' has more than"));
  table[0].values[0] = "customer1";
  EXPECT_THAT(ErrorOf(table, {.label = "churn", .positive = "yes", .id = "", .left_out = {}}), absl::OkStatus());
}

TEST(DatasetTest, RefusesLabelsThatSayNothing) {
  LabelledColumns columns = Columns();
  columns.positive = "gone";
  EXPECT_THAT(ErrorOf(Customers(), columns).message(), HasSubstr("is never 'gone'"));
  TextTable table = Customers();
  table[4].values[1] = "";
  EXPECT_THAT(ErrorOf(table, Columns()).message(), HasSubstr("label 'churn' of row 2 is blank"));
}

TEST(DatasetTest, RefusesColumnsOfUnequalLength) {
  TextTable table = Customers();
  table[1].values.pop_back();
  EXPECT_THAT(ErrorOf(table, Columns()).message(), HasSubstr("'charges' has 3 values"));
}

TEST(DatasetTest, RefusesSchemaThatIsNone) {
  EXPECT_THAT(FeatureEncoder::Create({}).status().message(), HasSubstr("no features"));
  v1::FeatureSchema schema;
  schema.add_features()->set_name("a");
  EXPECT_THAT(FeatureEncoder::Create(schema).status().message(), HasSubstr("'a' has no kind"));
  schema.mutable_features(0)->set_kind(v1::FEATURE_KIND_CATEGORICAL);
  EXPECT_THAT(FeatureEncoder::Create(schema).status().message(), HasSubstr("'a' must have categories"));
  schema.mutable_features(0)->set_kind(v1::FEATURE_KIND_NUMERIC);
  *schema.add_features() = schema.features(0);
  EXPECT_THAT(FeatureEncoder::Create(schema).status().message(), HasSubstr("'a' is there twice"));
}

}  // namespace
}  // namespace rapport::churn
