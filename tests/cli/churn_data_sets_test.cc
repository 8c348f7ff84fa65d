// The commands that judge and fit, on public data sets.

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rapport/churn/v1/figures.pb.h"
#include "rapport/churn/v1/models.pb.h"
#include "tests/cli/command_runner.h"

namespace rapport::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string DataSet(const std::string& path) {
  return std::string(DATA_SETS) + "/" + path;
}

churn::v1::EvaluationCard Evaluate(const std::string& path, std::vector<std::string> flags) {
  flags.insert(flags.begin(), {"churn", "evaluate", DataSet(path), "--folds=5", "--seed=0", "--output=json"});
  const CommandResult result = RunCommand(flags);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  churn::v1::EvaluationCard card;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(result.out, &card).ok()) << result.out;
  return card;
}

// The figures to reach have three digits.
constexpr double kRounding = 0.0005;

TEST(ChurnDataSetsTest, EvaluatesTelco) {
  const churn::v1::EvaluationCard card =
      Evaluate("telco_ibm/Telco-Customer-Churn.csv", {"--label=Churn", "--positive=Yes", "--id=customerID"});
  EXPECT_EQ(card.row_count(), 7043);
  EXPECT_GE(card.roc_auc().fold_mean(), 0.848 - kRounding);
  EXPECT_LE(card.log_loss().value(), 0.413 + kRounding);
  EXPECT_LE(card.brier().value(), 0.134 + kRounding);
  EXPECT_LE(card.calibration_error().value(), 0.015);
}

TEST(ChurnDataSetsTest, EvaluatesMlc) {
  const churn::v1::EvaluationCard card = Evaluate("mlc_churn/mlc_churn.csv", {"--label=churn", "--positive=yes"});
  EXPECT_EQ(card.row_count(), 5000);
  EXPECT_GE(card.roc_auc().fold_mean(), 0.924);
  EXPECT_LE(card.log_loss().value(), 0.150 + kRounding);
  EXPECT_LE(card.calibration_error().value(), 0.015);
}

// The purchases of the sample as CSV, as the help of the command makes them.
std::string CdnowPurchases() {
  std::ifstream file(DataSet("cdnow/CDNOW_sample.txt"));
  std::string text = "id,day\n";
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string master, id, day;
    words >> master >> id >> day;
    absl::StrAppend(&text, id, ",", day, "\n");
  }
  return text;
}

void ExpectPublished(const CommandResult& result) {
  churn::v1::PurchaseModel model;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(result.out, &model).ok()) << result.out << result.err;
  EXPECT_EQ(model.customer_count(), 2357);
  EXPECT_NEAR(model.r(), 0.2426, 0.0005);
  EXPECT_NEAR(model.alpha(), 4.4135, 0.005);
  EXPECT_NEAR(model.a(), 0.7929, 0.0005);
  EXPECT_NEAR(model.b(), 2.4258, 0.005);
}

TEST(ChurnDataSetsTest, FitsCdnowFromItsSummary) {
  ExpectPublished(RunCommand({"churn", "bgnbd", "fit", DataSet("cdnow/cdnow_customers_summary.csv"),
                              "--repeats=frequency", "--recency=recency", "--age=T", "--output=json"}));
}

TEST(ChurnDataSetsTest, FitsCdnowFromItsPurchasesAndChecksTheRest) {
  std::vector<std::string> command = {
      "churn",      "bgnbd", "fit", "-", "--customer=id", "--date=day", "--time-format=%Y%m%d", "--until=1997-09-30",
      "--unit=week"};
  const CommandResult text = RunCommand(command, {.text = CdnowPurchases()});
  EXPECT_THAT(text.out, AllOf(HasSubstr("log-likelihood  -9582"), HasSubstr("in the 273 days after")));
  command.emplace_back("--output=json");
  ExpectPublished(RunCommand(command, {.text = CdnowPurchases()}));
}

}  // namespace
}  // namespace rapport::cli
