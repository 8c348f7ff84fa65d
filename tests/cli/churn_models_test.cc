#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/cli/command_runner.h"
#include "tests/cli/fake_churn_service.h"

namespace rapport::cli {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kModel = R"pb(
  metadata {
    version: "3f2a9c01aabbccdd"
    trained_at { seconds: 1793455500 }
    row_count: 200
    positive_count: 50
    source: "file.csv"
  }
  schema { features { name: "use" kind: FEATURE_KIND_NUMERIC } }
  evaluation {
    row_count: 200
    positive_count: 50
    folds: 5
    roc_auc { value: 0.8 }
  }
  active: true
)pb";

std::string WithModel(const std::string& before, const std::string& model = kModel) {
  return before + " model { " + model + " }";
}

class ChurnModelsTest : public testing::Test {
 protected:
  CommandResult Command(std::vector<std::string> arguments, const CommandInput& input = {}) {
    arguments.insert(arguments.begin(), {"--server=" + server_.address(), "churn"});
    return RunCommand(arguments, input);
  }

  FakeChurnService& service() { return server_.service(); }

  const TemporaryFile file_{"id,use,gone\n1,7,yes\n2,8,no\n"};
  FakeChurnServer server_;
};

TEST_F(ChurnModelsTest, TrainsOnAFileAndFollowsTheTraining) {
  service().answers["TrainModelResponse"] = {"training { training_id: 'T-1' state: TRAINING_STATE_QUEUED }"};
  service().answers["GetTrainingResponse"] = {
      "training { training_id: 'T-1' state: TRAINING_STATE_RUNNING progress: 0.5 step: 'fold 3 of 5' }",
      "training { training_id: 'T-1' state: TRAINING_STATE_SUCCEEDED " + WithModel("") + " }"};
  const CommandResult result = Command({"train", file_.path(), "--label=gone", "--positive=yes", "--id=id", "--seed=3",
                                        "--folds=4", "--activate", "--poll-interval=1ms"},
                                       {.text = "", .is_terminal = true});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(ContainsRegex("version +3f2a9c01aabbccdd"), ContainsRegex("use +active"),
                                ContainsRegex("trained on +200 rows, 50 of them churned \\(25.0 %\\)"),
                                ContainsRegex("ROC-AUC +0.8000")));
  EXPECT_THAT(result.err, AllOf(HasSubstr("training T-1 goes on when this command ends"), HasSubstr("queued")));
  EXPECT_THAT(service().last("TrainModelRequest"),
              AllOf(HasSubstr("csv: \"\\\"id\\\",\\\"use\\\",\\\"gone\\\"\\n"),
                    HasSubstr("label_column: \"gone\" positive_value: \"yes\" id_column: \"id\""),
                    HasSubstr("options { seed: 3 folds: 4 } activate: true")));
  EXPECT_EQ(service().count("GetTrainingRequest"), 2);
}

TEST_F(ChurnModelsTest, TrainsOnRecordedOutcomes) {
  service().answers["TrainModelResponse"] = {"training { training_id: 'T-1' state: TRAINING_STATE_RUNNING }"};
  const CommandResult result =
      Command({"train", "--recorded", "--cut-off=2026-07-01", "--horizon=12w", "--training-id=T-1", "--detach"});
  EXPECT_EQ(result.out, "T-1\n") << result.err;
  EXPECT_EQ(service().last("TrainModelRequest"),
            "training_id: \"T-1\" recorded_outcomes { cut_off { seconds: 1782864000 } horizon_days: 84 } options { }");
  EXPECT_EQ(service().count("GetTrainingRequest"), 0);
}

TEST_F(ChurnModelsTest, TellsWhyATrainingFailed) {
  service().answers["TrainModelResponse"] = {
      "training { training_id: 'T-1' state: TRAINING_STATE_FAILED error { code: 9 message: 'too few were lost' } }"};
  const CommandResult result = Command({"train", "--recorded"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("training T-1 failed: too few were lost"));
}

TEST_F(ChurnModelsTest, NamesTheColumnsThatAFileDoesNotHave) {
  const auto error = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"train", file_.path()});
    return Command(flags).err;
  };
  EXPECT_THAT(error({"--label=gon", "--positive=yes"}), HasSubstr("--label: the header has no column 'gon'; did you "
                                                                  "mean 'gone'? Its columns are: id, use, gone"));
  EXPECT_THAT(error({"--label=gone", "--positive=Yes"}), HasSubstr("--positive 'Yes' is in no row of column 'gone', "
                                                                   "which has: no, yes"));
  EXPECT_THAT(error({"--label=gone", "--positive=yes", "--id=di"}), HasSubstr("--id: the header has no column 'di'"));
  EXPECT_THAT(error({"--label=gone", "--positive=yes", "--ignore=uses"}), HasSubstr("--ignore: the header has no"));
  EXPECT_THAT(error({}), HasSubstr("--label and --positive are missing"));
  EXPECT_THAT(error({"--recorded"}), HasSubstr("name a FILE to learn from, or --recorded"));
  EXPECT_THAT(Command({"train", "--recorded", "--horizon=long"}).err, HasSubstr("--horizon 'long'"));
  EXPECT_EQ(service().count("TrainModelRequest"), 0);
}

TEST_F(ChurnModelsTest, ListsModelsAndTrainings) {
  service().answers["ListModelsResponse"] = {"models { " + std::string(kModel) + " }"};
  service().answers["ListTrainingsResponse"] = {
      "trainings { training_id: 'T-1' state: TRAINING_STATE_RUNNING progress: 0.42 step: 'fold 3 of 5' }"};
  EXPECT_THAT(Command({"models"}).out, ContainsRegex("3f2a9c01aabb  active  2026-10-31 14:05 +200 +25.0 % +0.800"));
  EXPECT_THAT(Command({"trainings"}).out, ContainsRegex("T-1 +RUNNING  42 % fold 3 of 5"));
  churn::v1::ModelSummary parsed;
  const CommandResult json = Command({"models", "--output=json"});
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json.out, &parsed).ok()) << json.out;
  EXPECT_TRUE(parsed.active());
}

TEST_F(ChurnModelsTest, SaysHowToGetAFirstModel) {
  EXPECT_THAT(Command({"models"}).out, HasSubstr("`rapport churn train`"));
  EXPECT_THAT(Command({"drift"}).out, HasSubstr("`rapport churn sweep`"));
}

TEST_F(ChurnModelsTest, ChangesWhichModelScores) {
  service().answers["GetModelResponse"] = {WithModel("")};
  service().answers["ActivateModelResponse"] = {WithModel("")};
  EXPECT_THAT(Command({"model", "3f2a9c01"}).out, ContainsRegex("source +file.csv"));
  EXPECT_EQ(service().last("GetModelRequest"), "version: \"3f2a9c01\"");
  EXPECT_EQ(Command({"activate", "3f2a9c01"}).out, "active: 3f2a9c01aabbccdd\n");
  EXPECT_THAT(Command({"rollback"}).out, HasSubstr("no model is active"));
  EXPECT_THAT(Command({"shadow", "none"}).out, HasSubstr("no model scores beside"));
  EXPECT_EQ(service().last("SetShadowModelRequest"), "");
  EXPECT_EQ(Command({"cancel-training", "T-1"}).exit_code, 0);
  EXPECT_EQ(service().last("CancelTrainingRequest"), "training_id: \"T-1\"");
}

TEST_F(ChurnModelsTest, ExportsTheTreesAndTheRest) {
  service().answers["ExportModelResponse"] = {
      "model { metadata { version: '3f2a9c01' } calibration { a: 1.5 } booster: 'trees' }"};
  const std::string path = file_.Sibling("churn.ubj");
  const CommandResult result = Command({"export-model", "--booster-file=" + path});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(FileContent(path), "trees");
  EXPECT_THAT(result.out, AllOf(HasSubstr("\"a\": 1.5"), Not(HasSubstr("booster"))));
}

TEST_F(ChurnModelsTest, SaysWhatToDoWhenNobodyAnswers) {
  service().unary_status = grpc::Status(grpc::StatusCode::NOT_FOUND, "version: 12345678 is not there");
  EXPECT_THAT(Command({"model", "12345678"}).err, HasSubstr("version: 12345678 is not there"));
  EXPECT_THAT(RunCommand({"--server=127.0.0.1:1", "churn", "models"}).err, HasSubstr("is it running?"));
}

}  // namespace
}  // namespace rapport::cli
