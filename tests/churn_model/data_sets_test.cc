// Out-of-fold figures on public data sets, all with the same parameters.

#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "services/churn/model/trainer.h"

namespace rapport::churn {
namespace {

// These files have no quoted fields.
TextTable ReadTable(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.is_open()) << path;
  TextTable table;
  for (std::string line; std::getline(file, line);) {
    absl::string_view bare = absl::StripSuffix(absl::StripPrefix(line, "\xEF\xBB\xBF"), "\r");
    const std::vector<std::string> fields = absl::StrSplit(bare, ',');
    if (table.empty()) {
      for (const std::string& name : fields) table.push_back({name, {}});
      continue;
    }
    EXPECT_EQ(fields.size(), table.size()) << line;
    for (size_t i = 0; i < table.size(); ++i) table[i].values.push_back(fields[i]);
  }
  return table;
}

void Show(absl::string_view name, const v1::EvaluationFigure& figure) {
  std::cout << name << ' ' << figure.value() << " (" << figure.fold_mean() << " +- " << figure.fold_spread()
            << ", base rate " << figure.base_rate() << ")\n";
}

v1::EvaluationCard Judge(const std::string& path, const LabelledColumns& columns) {
  const absl::StatusOr<LabelledData> data = MakeLabelledData(ReadTable(std::string(DATA_SETS) + path), columns);
  EXPECT_TRUE(data.ok()) << data.status();
  const absl::StatusOr<v1::EvaluationCard> card = CrossValidate(*data, {}, [](double) { return true; });
  EXPECT_TRUE(card.ok()) << card.status();
  Show("ROC-AUC", card->roc_auc());
  Show("PR-AUC", card->pr_auc());
  Show("log-loss", card->log_loss());
  Show("Brier", card->brier());
  Show("ECE", card->calibration_error());
  Show("lift", card->top_decile_lift());
  return *card;
}

// The figures to reach have three digits.
constexpr double kRounding = 0.0005;

TEST(DataSetsTest, TelcoIbm) {
  const v1::EvaluationCard card = Judge("/telco_ibm/Telco-Customer-Churn.csv",
                                        {.label = "Churn", .positive = "Yes", .id = "customerID", .left_out = {}});
  EXPECT_EQ(card.row_count(), 7043);
  EXPECT_GE(card.roc_auc().fold_mean(), 0.848 - kRounding);
  EXPECT_LE(card.log_loss().value(), 0.413 + kRounding);
  EXPECT_LE(card.brier().value(), 0.134 + kRounding);
  EXPECT_LE(card.calibration_error().value(), 0.015);
}

TEST(DataSetsTest, MlcChurn) {
  const v1::EvaluationCard card =
      Judge("/mlc_churn/mlc_churn.csv", {.label = "churn", .positive = "yes", .id = "", .left_out = {}});
  EXPECT_EQ(card.row_count(), 5000);
  // Gradient boosting is known to reach 0.929 here: the one set of parameters for all data sets falls short of it.
  EXPECT_GE(card.roc_auc().fold_mean(), 0.924);
  EXPECT_LE(card.log_loss().value(), 0.150 + kRounding);
  EXPECT_LE(card.calibration_error().value(), 0.015);
}

// Whether these made-up accounts churn does not follow from what is known of them: a model that foretells it has seen
// the future.
TEST(DataSetsTest, RavenStackStaysAtItsBaseRate) {
  const v1::EvaluationCard card = Judge(
      "/ravenstack_synthetic/ravenstack_accounts.csv",
      {.label = "churn_flag", .positive = "TRUE", .id = "account_id", .left_out = {"account_name", "signup_date"}});
  EXPECT_EQ(card.row_count(), 500);
  EXPECT_LT(card.roc_auc().value(), 0.6);
  EXPECT_NEAR(card.log_loss().value(), card.log_loss().base_rate(), 0.02);
  EXPECT_NEAR(card.brier().value(), card.brier().base_rate(), 0.01);
}

}  // namespace
}  // namespace rapport::churn
