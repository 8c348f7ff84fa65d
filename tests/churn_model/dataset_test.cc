#include "services/churn/model/dataset.h"

#include <cmath>
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
  const absl::StatusOr<std::vector<float>> row = Encoder().Encode({{"charges", charges}, {"plan", plan}});
  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_EQ(Encoder().Decode(0, (*row)[0]).number(), 7.5);
  EXPECT_EQ(Encoder().Decode(1, (*row)[1]).value_case(), v1::FeatureValue::VALUE_NOT_SET);
  EXPECT_EQ(Encoder().Decode(2, (*row)[2]).category(), "pro");
}

TEST(DatasetTest, RefusesValueOfAnotherKindAndUnknownName) {
  v1::FeatureValue value;
  value.set_category("many");
  EXPECT_THAT(Encoder().Encode({{"charges", value}}).status().message(), HasSubstr("'charges' is 'many'"));
  EXPECT_THAT(Encoder().Encode({{"chrages", value}}).status().message(), HasSubstr("'chrages' is not one"));
  value.set_number(1e300);
  EXPECT_THAT(Encoder().Encode({{"charges", value}}).status().message(), HasSubstr("finite"));
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
