#include "services/cli/bgnbd.h"
#include "services/cli/churn_customers.h"
#include "services/cli/churn_evaluate.h"
#include "services/cli/churn_models.h"
#include "services/cli/command_line_flags.h"

namespace rapport::cli {
namespace {

void AddTable(CLI::App* app, TableOptions* options) {
  app->add_option("--delimiter", options->delimiter, "What stands between columns")->capture_default_str();
}

void AddLabels(CLI::App* app, LabelledTableOptions* options) {
  AddTable(app, options);
  app->add_option("--label", options->label, "The column that says who left");
  app->add_option("--positive", options->positive, "Its value of those who did, such as Yes");
  app->add_option("--id", options->id, "The column that names the rows; it is no feature");
  app->add_option("--ignore", options->ignored, "Further columns that are no features")
      ->delimiter(',')
      ->allow_extra_args(false);
}

void AddEvaluate(CLI::App& parent, Parsed* parsed) {
  EvaluateOptions* options = nullptr;
  CLI::App* app = AddCommand(
      parent, "evaluate", "How well a file foretells who leaves; needs no server",
      "  rapport churn evaluate telco.csv --label=Churn --positive=Yes --id=customerID --folds=5 --seed=0\n"
      "Trains and judges models by stratified cross-validation, calibration included: every row is judged by a model\n"
      "that did not see it. The base rate's own figures stand beside: what is no better has learned nothing. A top\n"
      "decile that is nearly all churners is a reason to look for a column that knows the outcome.\n",
      &Evaluate, parsed, &options);
  app->add_option("FILE", options->file, "CSV file with a header, a row a customer; - reads standard input")
      ->required();
  AddLabels(app, options);
  app->get_option("--label")->required();
  app->get_option("--positive")->required();
  app->add_option("--folds", options->folds, "Into how many folds the rows are cut")
      ->check(CLI::Range(2, 20))
      ->capture_default_str();
  app->add_option("--seed", options->seed, "What the folds are drawn by")->capture_default_str();
}

void AddTrain(CLI::App& parent, Parsed* parsed) {
  TrainOptions* options = nullptr;
  CLI::App* app = AddCommand(parent, "train", "Train a model on a file, or on what the service recorded",
                             "  rapport churn train telco.csv --label=Churn --positive=Yes --id=customerID\n"
                             "  rapport churn train --recorded --cut-off=2026-07-01 --horizon=90d --activate\n"
                             "With --recorded, features are as of the cut-off and outcomes within the horizon after "
                             "it. Waits for the end and\n"
                             "prints the model with its evaluation; the training goes on when this command is ended.\n",
                             &Train, parsed, &options);
  app->add_option("FILE", options->file, "CSV file with a header, a row a customer; - reads standard input");
  AddLabels(app, options);
  app->add_flag("--recorded", options->recorded, "Learn from recorded outcomes in place of a file");
  app->add_option("--cut-off", options->cut_off, "A date (UTC); the latest whose horizon has passed when left out");
  app->add_option("--horizon", options->horizon, "How long after the cut-off a loss counts (90d)");
  app->add_flag("--activate", options->activate, "Score with the model when it is done");
  app->add_flag("--skip-evaluation", options->skip_evaluation, "Leave the evaluation out, most of the time it takes");
  app->add_option("--folds", options->folds, "Into how many folds the rows are cut (5)");
  app->add_option("--seed", options->seed, "Makes training repeatable")->capture_default_str();
  app->add_option("--training-id", options->training_id, "Your id of it: begun once; made when left out");
  app->add_flag("--detach", options->detach, "Print the training's id and do not wait");
  AddDuration(app, "--poll-interval", options->poll_interval, "How often to ask how far it is");
  AddZone(app, options->time_zone, "that times are printed in");
}

void AddTrainings(CLI::App& parent, Parsed* parsed) {
  TrainingOptions* list = nullptr;
  CLI::App* app = AddCommand(parent, "trainings", "Trainings, the latest first, and how far they are",
                             "  rapport churn trainings\n", &ListTrainings, parsed, &list);
  AddZone(app, list->time_zone, "that times are printed in");

  TrainingOptions* cancel = nullptr;
  app = AddCommand(parent, "cancel-training", "Stop a training", "  rapport churn cancel-training weekly-2026-10\n",
                   &CancelTraining, parsed, &cancel);
  app->add_option("TRAINING", cancel->training_id, "Its id")->required();
}

void AddRegistry(CLI::App& parent, Parsed* parsed) {
  ModelOptions* list = nullptr;
  CLI::App* app = AddCommand(parent, "models", "Models, the latest first",
                             "  rapport churn models\n"
                             "  rapport churn models --output=json\n",
                             &ListModels, parsed, &list);
  AddZone(app, list->time_zone, "that times are printed in");

  ModelOptions* show = nullptr;
  app = AddCommand(parent, "model", "One model and how well it does",
                   "  rapport churn model              # the active one\n"
                   "  rapport churn model 3f2a9c01     # a version, or at least its first 8 digits\n",
                   &ShowModel, parsed, &show);
  app->add_option("VERSION", show->version, "The active one when left out");
  AddZone(app, show->time_zone, "that times are printed in");

  ModelOptions* activate = nullptr;
  app = AddCommand(parent, "activate", "Score customers with a model from now on",
                   "  rapport churn activate 3f2a9c01\n"
                   "Every server does within seconds. `rapport churn rollback` takes it back.\n",
                   &ActivateModel, parsed, &activate);
  app->add_option("VERSION", activate->version, "A version, or at least its first 8 digits")->required();

  ModelOptions* rollback = nullptr;
  AddCommand(parent, "rollback", "Back to the model that was active before", "  rapport churn rollback\n",
             &RollBackModel, parsed, &rollback);

  ModelOptions* shadow = nullptr;
  app = AddCommand(parent, "shadow", "Let a model score beside the active one, to compare the two",
                   "  rapport churn shadow 3f2a9c01 && rapport churn sweep && rapport churn drift\n"
                   "  rapport churn shadow none\n",
                   &SetShadowModel, parsed, &shadow);
  app->add_option("VERSION", shadow->version, "A version, or at least its first 8 digits; none ends it")->required();
}

void AddModelData(CLI::App& parent, Parsed* parsed) {
  ExportModelOptions* model = nullptr;
  CLI::App* app =
      AddCommand(parent, "export-model", "A model's trees as XGBoost's own file, and the rest of it as JSON",
                 "  rapport churn export-model 3f2a9c01 --booster-file=churn.ubj >churn.json\n"
                 "Any XGBoost reads the trees. The JSON has the features in their order and the calibration from their "
                 "raw scores\n"
                 "to probabilities.\n",
                 &ExportModel, parsed, &model);
  app->add_option("VERSION", model->version, "The active one when left out");
  app->add_option("--booster-file", model->booster_file, "File to write the trees to")->required();

  ModelOptions* drift = nullptr;
  app = AddCommand(parent, "drift", "How far customers and outcomes have moved from what a model learned",
                   "  rapport churn drift\n"
                   "The index is the population stability index: below 0.1 stable, above 0.25 far. What stays below\n"
                   "chance is not called a move.\n",
                   &ShowDrift, parsed, &drift);
  app->add_option("VERSION", drift->version, "The active one when left out");
  AddZone(app, drift->time_zone, "that times are printed in");

  ExportTrainingDataOptions* data = nullptr;
  app = AddCommand(parent, "export-training-data", "What a model would learn from recorded outcomes",
                   "  rapport churn export-training-data --cut-off=2026-07-01 --horizon=90d --output-file=churn.csv\n"
                   "  rapport churn evaluate churn.csv --label=lost --positive=true --id=customer_id --ignore=as_of\n",
                   &ExportTrainingData, parsed, &data);
  app->add_option("--cut-off", data->cut_off, "A date (UTC); the latest whose horizon has passed when left out");
  app->add_option("--horizon", data->horizon, "How long after the cut-off a loss counts (90d)");
  AddExportFlags(app, data);
}

void AddBgnbd(CLI::App& parent, Parsed* parsed) {
  CLI::App* group = parent.add_subcommand("bgnbd", "Customers without contract: the BG/NBD model");
  group->require_subcommand(1);
  group->fallthrough();
  FitPurchasesOptions* fit = nullptr;
  CLI::App* app =
      AddCommand(*group, "fit", "Fit the model to a file; needs no server",
                 "  rapport churn bgnbd fit purchases.csv --customer=account --date=bought_on --until=2026-06-30\n"
                 "  rapport churn bgnbd fit customers.csv --repeats=frequency --recency=recency --age=T\n"
                 "  (echo id,day; awk '{print $2\",\"$3}' CDNOW_sample.txt) | rapport churn bgnbd fit - --customer=id "
                 "--date=day \\\n"
                 "      --time-format=%Y%m%d --until=1997-09-30 --unit=week\n"
                 "Purchases after --until are held against what the model expects of them. `rapport churn forecast` "
                 "does the same\n"
                 "for the purchases that the service recorded.\n",
                 &FitPurchases, parsed, &fit);
  app->add_option("FILE", fit->file, "CSV file with a header; - reads standard input")->required();
  AddTable(app, fit);
  app->add_option("--customer", fit->customer, "The column that names the customer of a purchase");
  app->add_option("--date", fit->date, "The column with its day");
  app->add_option("--time-format", fit->time_format, "How days are written, as of absl::ParseTime")
      ->capture_default_str();
  app->add_option("--until", fit->until, "The last day to learn from; that of the last purchase when left out");
  app->add_option("--unit", fit->unit, "What alpha and times are counted in: day or week")
      ->check(CLI::IsMember({"day", "week"}))
      ->capture_default_str();
  app->add_option("--repeats", fit->repeats, "In a file of customers: the column with purchases after the first");
  app->add_option("--recency", fit->recency, "The column with the time from the first purchase to the last");
  app->add_option("--age", fit->age, "The column with the time from the first purchase to the end of observation");
}

}  // namespace

void AddChurnModels(CLI::App& churn, Parsed* parsed) {
  AddEvaluate(churn, parsed);
  AddTrain(churn, parsed);
  AddTrainings(churn, parsed);
  AddRegistry(churn, parsed);
  AddModelData(churn, parsed);
  AddBgnbd(churn, parsed);
}

}  // namespace rapport::cli
