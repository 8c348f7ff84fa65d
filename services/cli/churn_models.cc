#include "services/cli/churn_models.h"

#include <filesystem>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/cli/churn_call.h"
#include "services/cli/days.h"
#include "services/cli/enum_names.h"
#include "services/cli/event_sender.h"
#include "services/cli/files.h"
#include "services/cli/json.h"
#include "services/cli/model_output.h"
#include "services/cli/period.h"
#include "services/cli/progress.h"
#include "services/cli/text.h"
#include "services/cli/time_parsing.h"

namespace rapport::cli {
namespace {

using churn::v1::GetTrainingRequest;
using churn::v1::ModelSummary;
using churn::v1::Training;
using churn::v1::TrainModelRequest;

absl::Status SetFile(Session& session, const TrainOptions& options, TrainModelRequest* request) {
  if (options.label.empty() || options.positive.empty()) {
    return absl::InvalidArgumentError(
        "--label and --positive are missing; name the column that says who left, and its value of those who did");
  }
  const absl::StatusOr<churn::TextTable> table = ReadLabelledTable(session.environment, options);
  if (!table.ok()) return table.status();
  churn::v1::LabelledFile& file = *request->mutable_labelled_file();
  file.set_name(options.file == "-" ? "standard input" : std::filesystem::path(options.file).filename().string());
  file.set_csv(ToCsv(*table));
  file.set_label_column(options.label);
  file.set_positive_value(options.positive);
  file.set_id_column(options.id);
  file.mutable_ignored_columns()->Add(options.ignored.begin(), options.ignored.end());
  return absl::OkStatus();
}

absl::StatusOr<TrainModelRequest> MakeRequest(Session& session, const TrainOptions& options) {
  TrainModelRequest request;
  request.set_training_id(options.training_id);
  request.set_activate(options.activate);
  request.mutable_options()->set_seed(options.seed);
  request.mutable_options()->set_folds(options.folds);
  request.mutable_options()->set_skip_evaluation(options.skip_evaluation);
  if (options.recorded == !options.file.empty()) {
    return absl::InvalidArgumentError("name a FILE to learn from, or --recorded for what the service knows");
  }
  const absl::Status status =
      options.recorded ? SetRecordedOutcomes(options.cut_off, options.horizon, request.mutable_recorded_outcomes())
                       : SetFile(session, options, &request);
  if (!status.ok()) return status;
  return request;
}

bool IsUnderWay(const Training& training) {
  return training.state() == churn::v1::TRAINING_STATE_QUEUED || training.state() == churn::v1::TRAINING_STATE_RUNNING;
}

// Asks for the training until it has ended. It goes on when the server is away for a while.
absl::StatusOr<Training> Follow(Session& session, const Connection& connection, Training training,
                                absl::Duration interval) {
  Progress progress(session.environment.err, session.progress && session.environment.err_is_terminal, 0);
  RetryPolicy retry;
  retry.on_wait = [&](absl::string_view reason, absl::Duration delay) {
    progress.Note(absl::StrCat(reason, "; trying again in ", absl::FormatDuration(delay)));
  };
  GetTrainingRequest request;
  request.set_training_id(training.training_id());
  for (int failed_tries = 0; IsUnderWay(training);) {
    progress.UpdateShare(training.progress(), training.step().empty()
                                                  ? absl::AsciiStrToLower(ShortName(training.state()))
                                                  : training.step());
    absl::SleepFor(interval);
    auto response = Call(connection, &ChurnStub::GetTraining, request);
    if (response.ok()) {
      failed_tries = 0;
      training = std::move(*response->mutable_training());
    } else if (!absl::IsUnavailable(response.status()) || !retry.Wait(++failed_tries, response.status().message())) {
      return response.status();
    }
  }
  return training;
}

absl::Status Failure(const Training& training) {
  switch (training.state()) {
    case churn::v1::TRAINING_STATE_FAILED:
      return absl::Status(static_cast<absl::StatusCode>(training.error().code()),
                          absl::StrCat("training ", training.training_id(), " failed: ", training.error().message()));
    case churn::v1::TRAINING_STATE_CANCELLED:
      return absl::CancelledError(absl::StrCat("training ", training.training_id(), " was cancelled"));
    default:
      return absl::OkStatus();
  }
}

void Print(Session& session, const ModelSummary& model, absl::TimeZone zone) {
  session.environment.out << (session.json() ? JsonLine(model) + "\n" : ModelText(model, zone));
}

}  // namespace

absl::StatusOr<int> Train(Session& session, const TrainOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  const absl::StatusOr<TrainModelRequest> request = MakeRequest(session, options);
  if (!request.ok()) return request.status();
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  auto begun = Call(*connection, &ChurnStub::TrainModel, *request);
  if (!begun.ok()) return begun.status();
  const std::string id = begun->training().training_id();
  session.environment.err << "training " << Printable(id)
                          << " goes on when this command ends; `rapport churn trainings` tells how far it is"
                          << std::endl;
  if (options.detach) {
    session.environment.out << (session.json() ? JsonLine(begun->training()) : Printable(id)) << "\n";
    return kDone;
  }
  const absl::StatusOr<Training> ended =
      Follow(session, *connection, std::move(*begun->mutable_training()), options.poll_interval);
  if (!ended.ok()) return ended.status();
  if (absl::Status failure = Failure(*ended); !failure.ok()) return failure;
  if (session.json()) {
    session.environment.out << JsonLine(*ended) << "\n";
  } else {
    Print(session, ended->model(), *zone);
  }
  return kDone;
}

absl::StatusOr<int> CancelTraining(Session& session, const TrainingOptions& options) {
  churn::v1::CancelTrainingRequest request;
  request.set_training_id(options.training_id);
  const auto response = Call(session, &ChurnStub::CancelTraining, request);
  if (!response.ok()) return response.status();
  session.environment.out << (session.json() ? JsonLine(response->training())
                                             : absl::AsciiStrToLower(ShortName(response->training().state())))
                          << "\n";
  return kDone;
}

absl::StatusOr<int> ListTrainings(Session& session, const TrainingOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  const auto response = Call(session, &ChurnStub::ListTrainings, churn::v1::ListTrainingsRequest());
  if (!response.ok()) return response.status();
  if (!session.json()) session.environment.out << TrainingsText(response->trainings(), *zone);
  if (!session.json()) return kDone;
  for (const Training& training : response->trainings()) session.environment.out << JsonLine(training) << "\n";
  return kDone;
}

absl::StatusOr<int> ListModels(Session& session, const ModelOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  const auto response = Call(session, &ChurnStub::ListModels, churn::v1::ListModelsRequest());
  if (!response.ok()) return response.status();
  if (!session.json()) session.environment.out << ModelsText(response->models(), *zone);
  if (!session.json()) return kDone;
  for (const ModelSummary& model : response->models()) session.environment.out << JsonLine(model) << "\n";
  return kDone;
}

absl::StatusOr<int> ShowModel(Session& session, const ModelOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  churn::v1::GetModelRequest request;
  request.set_version(options.version);
  const auto response = Call(session, &ChurnStub::GetModel, request);
  if (!response.ok()) return response.status();
  Print(session, response->model(), *zone);
  return kDone;
}

absl::StatusOr<int> ActivateModel(Session& session, const ModelOptions& options) {
  churn::v1::ActivateModelRequest request;
  request.set_version(options.version);
  const auto response = Call(session, &ChurnStub::ActivateModel, request);
  if (!response.ok()) return response.status();
  session.environment.out << (session.json() ? JsonLine(response->model())
                                             : absl::StrCat("active: ", response->model().metadata().version()))
                          << "\n";
  return kDone;
}

absl::StatusOr<int> RollBackModel(Session& session, const ModelOptions& /*options*/) {
  const auto response = Call(session, &ChurnStub::RollBackModel, churn::v1::RollBackModelRequest());
  if (!response.ok()) return response.status();
  const std::string text = response->has_model() ? absl::StrCat("active: ", response->model().metadata().version())
                                                 : "no model is active: customers have health scores again";
  session.environment.out << (session.json() ? JsonLine(*response) : text) << "\n";
  return kDone;
}

absl::StatusOr<int> SetShadowModel(Session& session, const ModelOptions& options) {
  churn::v1::SetShadowModelRequest request;
  if (options.version != "none") request.set_version(options.version);
  const auto response = Call(session, &ChurnStub::SetShadowModel, request);
  if (!response.ok()) return response.status();
  const std::string text = response->has_model() ? absl::StrCat("shadow: ", response->model().metadata().version())
                                                 : "no model scores beside the active one";
  session.environment.out << (session.json() ? JsonLine(*response) : text) << "\n";
  return kDone;
}

absl::StatusOr<int> ExportModel(Session& session, const ExportModelOptions& options) {
  churn::v1::ExportModelRequest request;
  request.set_version(options.version);
  const auto response = Call(session, &ChurnStub::ExportModel, request);
  if (!response.ok()) return response.status();
  const churn::v1::Model& model = response->model();
  if (absl::Status status = ReplaceFile(options.booster_file, model.booster()); !status.ok()) return status;
  session.environment.err << "wrote the trees of model " << ShortVersion(model.metadata().version()) << " to "
                          << options.booster_file << std::endl;
  // What turns their raw scores into probabilities, and which features they take.
  churn::v1::Model rest = model;
  rest.clear_booster();
  session.environment.out << (session.json() ? JsonLine(rest) + "\n" : JsonText(rest));
  return kDone;
}

absl::StatusOr<int> ShowDrift(Session& session, const ModelOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  churn::v1::GetDriftRequest request;
  request.set_version(options.version);
  const auto response = Call(session, &ChurnStub::GetDrift, request);
  if (!response.ok()) return response.status();
  session.environment.out << (session.json() ? JsonLine(*response) + "\n" : DriftText(*response, *zone));
  return kDone;
}

}  // namespace rapport::cli
