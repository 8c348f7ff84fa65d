#include "services/churn/service/drift_query.h"

#include <gtest/gtest.h>

#include <string>

#include "services/churn/model/profile.h"
#include "tests/churn_model/synthetic.h"
#include "tests/churn_training/world.h"

namespace rapport::churn {
namespace {

class DriftQueryTest : public testing::Test {
 protected:
  DriftQueryTest() { EXPECT_TRUE(world_.models().Activate(kTenant, version_).ok()); }

  // What a sweep leaves after it met customers with so many times the logins.
  void Meet(float logins) {
    LabelledData data = SyntheticCustomers(3000, 9);
    for (size_t i = 0; i < data.features.values.size(); i += 3) data.features.values[i] *= logins;
    storage::v1::DriftState met;
    met.set_model_version(version_);
    met.mutable_measured_at()->set_seconds(5);
    *met.mutable_features() = EmptyHistograms(QuickProfile(1));
    CountInto(data.schema, data.features, *met.mutable_features());
    met.mutable_shadow()->set_customer_count(3000);
    met.mutable_outcomes()->set_customers(1000);
    met.mutable_outcomes()->set_lost(200);
    met.mutable_outcomes()->set_predicted(100);
    met.mutable_outcomes()->set_variance(80);
    EXPECT_TRUE(world_.models().PutDrift(kTenant, met).ok());
  }

  v1::GetDriftResponse Ask() {
    v1::GetDriftResponse response;
    const absl::Status status = QueryDrift(world_.models(), kTenant, {}, response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }

  World world_;
  const std::string version_ = AddQuickModel(world_, 1);
};

TEST_F(DriftQueryTest, NothingIsMeasuredBeforeASweep) {
  const v1::GetDriftResponse drift = Ask();
  EXPECT_EQ(drift.model_version(), version_);
  EXPECT_FALSE(drift.has_measured_at());
  EXPECT_TRUE(drift.features().empty());
  EXPECT_FALSE(drift.has_outcome());
  EXPECT_FALSE(drift.has_shadow());
}

TEST_F(DriftQueryTest, TellsWhatMovedAndHowPredictionsCameOut) {
  Meet(0.3F);
  const v1::GetDriftResponse drift = Ask();
  EXPECT_EQ(drift.measured_at().seconds(), 5);
  ASSERT_EQ(drift.features_size(), 3);
  EXPECT_EQ(drift.features(0).feature(), "logins");
  EXPECT_TRUE(drift.features(0).drifting());
  EXPECT_FALSE(drift.features(2).drifting());
  EXPECT_EQ(drift.outcome().customer_count(), 1000);
  EXPECT_DOUBLE_EQ(drift.outcome().observed().value(), 0.2);
  EXPECT_EQ(drift.outcome().observed().definition_id(), "churn.outcome.v1");
  EXPECT_DOUBLE_EQ(drift.outcome().predicted(), 0.1);
  EXPECT_TRUE(drift.outcome().significant());
  EXPECT_EQ(drift.shadow().customer_count(), 3000);
}

TEST_F(DriftQueryTest, TheSameCustomersDoNotDrift) {
  Meet(1);
  const v1::GetDriftResponse drift = Ask();
  for (const v1::FeatureDrift& feature : drift.features()) EXPECT_FALSE(feature.drifting()) << feature.DebugString();
}

TEST_F(DriftQueryTest, RefusesUnknownVersions) {
  v1::GetDriftRequest request;
  request.set_version(std::string(64, '0'));
  v1::GetDriftResponse response;
  EXPECT_EQ(QueryDrift(world_.models(), kTenant, request, response).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(QueryDrift(world_.models(), "other", {}, response).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(DriftQueryTest, GaugesShowModelsInUse) {
  Meet(0.3F);
  const std::string candidate = AddQuickModel(world_, 2);
  ASSERT_TRUE(world_.models().SetShadow(kTenant, candidate).ok());
  const absl::StatusOr<ModelFigures> figures = QueryModelFigures(world_.models(), kTenant);
  ASSERT_TRUE(figures.ok()) << figures.status();
  EXPECT_EQ(figures->active->version, version_);
  EXPECT_EQ(figures->active->age, absl::ZeroDuration());
  EXPECT_EQ(figures->shadow->version, candidate);
  EXPECT_GT(*figures->input_drift, 0.25);
  EXPECT_EQ(figures->drifting_features, 1);
  EXPECT_DOUBLE_EQ(*figures->outcome_observed, 0.2);
  EXPECT_TRUE(figures->outcome_drift);
  const absl::StatusOr<ModelFigures> others = QueryModelFigures(world_.models(), "other");
  ASSERT_TRUE(others.ok()) << others.status();
  EXPECT_FALSE(others->active.has_value());
}

}  // namespace
}  // namespace rapport::churn
