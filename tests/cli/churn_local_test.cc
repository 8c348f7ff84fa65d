// Commands that need no server.

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/csv/table.h"
#include "rapport/churn/v1/figures.pb.h"
#include "services/churn/model/trainer.h"
#include "tests/cli/command_runner.h"

namespace rapport::cli {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Customers who leave the more likely the less they use the product.
std::string Customers() {
  std::mt19937 random(7);
  std::string text = "name,use,plan,left\n";
  for (int i = 0; i < 300; ++i) {
    const unsigned use = random() % 100;
    const bool left = random() % 100 > use;
    absl::StrAppend(&text, "C-", i, ",", use, ",", random() % 2 == 0 ? "pro" : "basic", ",", left ? "yes" : "no", "\n");
  }
  return text;
}

churn::v1::EvaluationCard LibraryCard(const std::string& text) {
  std::istringstream in(text);
  const auto columns = csv::ReadTable(in);
  EXPECT_TRUE(columns.ok()) << columns.status();
  churn::TextTable table;
  for (const csv::Column& column : *columns) table.push_back({column.name, column.values});
  const auto data =
      churn::MakeLabelledData(table, {.label = "left", .positive = "yes", .id = "name", .left_out = {"plan"}});
  EXPECT_TRUE(data.ok()) << data.status();
  churn::v1::TrainingOptions options;
  options.set_folds(3);
  options.set_seed(11);
  const auto card = churn::CrossValidate(*data, options, [](double) { return true; });
  EXPECT_TRUE(card.ok()) << card.status();
  return *card;
}

TEST(EvaluateTest, GivesTheFiguresOfTheLibrary) {
  const std::string text = Customers();
  const CommandResult result = RunCommand({"churn", "evaluate", "-", "--label=left", "--positive=yes", "--id=name",
                                           "--ignore=plan", "--folds=3", "--seed=11", "--output=json"},
                                          {.text = text});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  churn::v1::EvaluationCard card;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(result.out, &card).ok()) << result.out;
  const churn::v1::EvaluationCard expected = LibraryCard(text);
  EXPECT_EQ(card.row_count(), 300);
  EXPECT_DOUBLE_EQ(card.roc_auc().value(), expected.roc_auc().value());
  EXPECT_DOUBLE_EQ(card.log_loss().fold_mean(), expected.log_loss().fold_mean());
  EXPECT_DOUBLE_EQ(card.calibration_error().value(), expected.calibration_error().value());
  EXPECT_DOUBLE_EQ(card.top_decile_lift().base_rate(), expected.top_decile_lift().base_rate());
  EXPECT_THAT(result.err, IsEmpty());
}

TEST(EvaluateTest, ShowsProgressOnATerminalOnly) {
  const TemporaryFile file(Customers());
  const std::vector<std::string> command = {"churn",        "evaluate",       file.path(),
                                            "--label=left", "--positive=yes", "--id=name"};
  const CommandResult result = RunCommand(command, {.text = "", .is_terminal = true});
  EXPECT_THAT(result.err, HasSubstr("training and judging"));
  for (const char* figure : {"ROC-AUC", "PR-AUC", "log-loss", "Brier", "calibration error \\(ECE\\)", "lift"}) {
    EXPECT_THAT(result.out, ContainsRegex(absl::StrCat(figure, " +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.]+")));
  }
}

TEST(EvaluateTest, NamesWhatIsWrongWithTheFile) {
  const auto error = [](const std::string& text, const std::string& label) {
    return RunCommand({"churn", "evaluate", "-", "--label=" + label, "--positive=yes"}, {.text = text}).err;
  };
  EXPECT_THAT(error("a,left\n1,yes\n", "lef"), HasSubstr("--label: the header has no column 'lef'; did you mean"));
  EXPECT_THAT(error("a,left\n1,no\n", "left"), HasSubstr("--positive 'yes' is in no row of column 'left'"));
  EXPECT_THAT(error("a,left\n1\n", "left"), HasSubstr("-: line 2: the row has 1 columns, the header 2"));
  EXPECT_THAT(error("a,left\n1,yes\n", "left"), testing::Not(IsEmpty()));
  EXPECT_THAT(RunCommand({"churn", "evaluate", "/nowhere.csv", "--label=a", "--positive=b"}).err,
              HasSubstr("/nowhere.csv"));
}

// Customers who buy for a while and stop.
std::string Purchases() {
  std::mt19937 random(3);
  std::string text = "who;on\n";
  for (int i = 0; i < 200; ++i) {
    unsigned day = random() % 30;
    do {
      absl::StrAppend(&text, "C-", i, ";", absl::FormatCivilTime(absl::CivilDay(2026, 1, 1) + day), "\n");
      day += 1 + random() % 40;
    } while (random() % 4 != 0 && day < 300);
  }
  return text;
}

TEST(BgnbdTest, HoldsLaterPurchasesAgainstTheModel) {
  const CommandResult result = RunCommand({"churn", "bgnbd", "fit", "-", "--customer=who", "--date=on", "--delimiter=;",
                                           "--until=2026-04-30", "--unit=week"},
                                          {.text = Purchases()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(ContainsRegex("customers +200"), ContainsRegex("unit +week"),
                                ContainsRegex("held out +[0-9]+ purchases expected in the [0-9]+ days after")));
}

TEST(BgnbdTest, PrintsJsonThatParsesBack) {
  const CommandResult result =
      RunCommand({"churn", "bgnbd", "fit", "-", "--customer=who", "--date=on", "--delimiter=;", "--output=json"},
                 {.text = Purchases()});
  churn::v1::PurchaseModel model;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(result.out, &model).ok()) << result.out << result.err;
  EXPECT_EQ(model.customer_count(), 200);
}

TEST(BgnbdTest, NamesWhatIsWrongWithTheFile) {
  const auto error = [](std::vector<std::string> flags, const std::string& text) {
    flags.insert(flags.begin(), {"churn", "bgnbd", "fit", "-"});
    return RunCommand(flags, {.text = text}).err;
  };
  EXPECT_THAT(error({"--customer=who"}, "who,on\n"), HasSubstr("name the columns: --customer and --date"));
  EXPECT_THAT(error({"--customer=who", "--date=no"}, "who,on\n"), HasSubstr("--date: the header has no column 'no'"));
  EXPECT_THAT(error({"--customer=who", "--date=on"}, "who,on\nC,soon\n"),
              HasSubstr("row 1: time 'soon' does not match --time-format=%Y-%m-%d"));
  EXPECT_THAT(error({"--repeats=x", "--recency=t", "--age=T"}, "x,t,T\n1,5,3\n"), HasSubstr("row 1: "));
}

}  // namespace
}  // namespace rapport::cli
