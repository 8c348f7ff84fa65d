#include "services/churn/service/training_run.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/csv/table.h"
#include "services/churn/core/features.h"
#include "services/churn/model/profile.h"

namespace rapport::churn {
namespace {

using storage::v1::StoredTraining;

constexpr int kFewestOfEachOutcome = 20;
constexpr uint32_t kMostAttempts = 3;
constexpr int kMostPersistAttempts = 120;
constexpr absl::Duration kPersistPause = absl::Seconds(1);
// Share of the work that gathering recorded outcomes is.
constexpr double kGathering = 0.3;

constexpr char kWaits[] = "waits for a process";
constexpr char kGathers[] = "gathers customers with known outcome";
constexpr char kTrains[] = "trains and evaluates";

absl::Status CheckEnough(const LabelledData& data, const v1::TrainingOptions& options, absl::string_view remedy) {
  const auto churned = std::count(data.labels.begin(), data.labels.end(), 1);
  const auto stayed = static_cast<int64_t>(data.labels.size()) - churned;
  // So that folds of all rows but a fold still hold both outcomes.
  const int64_t fewest = std::max<int64_t>(kFewestOfEachOutcome, int64_t{2} * options.folds());
  if (std::min(churned, stayed) >= fewest) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(churned, " customers were lost and ", stayed, " stayed: at least ",
                                                    fewest, " of each are needed to learn from; ", remedy));
}

bool TakesStandardFeatures(const v1::FeatureSchema& schema) {
  return std::all_of(schema.features().begin(), schema.features().end(), [](const v1::Feature& feature) {
    const v1::FeatureDefinition* standard = FindStandardFeature(feature.name());
    return standard != nullptr && standard->feature().kind() == feature.kind();
  });
}

v1::FeatureSchema StandardSchema() {
  v1::FeatureSchema schema;
  for (const v1::FeatureDefinition& definition : StandardFeatures()) *schema.add_features() = definition.feature();
  return schema;
}

void End(v1::TrainingState state, absl::Time now, StoredTraining& stored) {
  v1::Training& training = *stored.mutable_training();
  training.set_state(state);
  training.clear_step();
  *training.mutable_ended_at() = ToProto(now);
  if (state == v1::TRAINING_STATE_SUCCEEDED) training.set_progress(1);
  stored.clear_runner();
  stored.clear_leased_until_ms();
}

void Fail(const absl::Status& why, absl::Time now, StoredTraining& stored) {
  End(v1::TRAINING_STATE_FAILED, now, stored);
  stored.mutable_training()->mutable_error()->set_code(static_cast<int>(why.code()));
  stored.mutable_training()->mutable_error()->set_message(std::string(why.message()));
}

void PutBack(StoredTraining& stored) {
  stored.mutable_training()->set_state(v1::TRAINING_STATE_QUEUED);
  stored.mutable_training()->set_step(kWaits);
  stored.mutable_training()->set_progress(0);
  stored.set_attempts(stored.attempts() - 1);
  stored.clear_runner();
  stored.clear_leased_until_ms();
}

}  // namespace

absl::StatusOr<LabelledData> ReadLabelledFile(const v1::LabelledFile& file, const v1::TrainingOptions& options) {
  std::istringstream in(file.csv());
  const absl::StatusOr<TextTable> table = csv::ReadTable(in);
  const auto wrong = [](const absl::Status& status) {
    return absl::InvalidArgumentError(absl::StrCat("labelled_file: ", status.message()));
  };
  if (!table.ok()) return wrong(table.status());
  absl::StatusOr<LabelledData> data =
      MakeLabelledData(*table, {.label = file.label_column(),
                                .positive = file.positive_value(),
                                .id = file.id_column(),
                                .left_out = {file.ignored_columns().begin(), file.ignored_columns().end()}});
  if (!data.ok()) return wrong(data.status());
  if (absl::Status status = CheckEnough(*data, options, "give a longer file"); !status.ok()) return status;
  return data;
}

bool CanBeTaken(const StoredTraining& training, absl::Time now) {
  if (training.training().state() == v1::TRAINING_STATE_QUEUED) return true;
  return training.training().state() == v1::TRAINING_STATE_RUNNING && training.leased_until_ms() <= ToMillis(now);
}

absl::StatusOr<std::optional<StoredTraining>> TrainingRun::Take(const TrainingOptions& options,
                                                                TrainingStore& trainings, absl::string_view tenant,
                                                                absl::string_view training_id) {
  const absl::StatusOr<StoredTraining> taken = trainings.Update(tenant, training_id, [&](StoredTraining& stored) {
    const absl::Time now = trainings.Now();
    if (!CanBeTaken(stored, now)) return absl::AbortedError("taken");
    if (stored.cancel_requested()) {
      End(v1::TRAINING_STATE_CANCELLED, now, stored);
    } else if (stored.attempts() >= kMostAttempts) {
      Fail(absl::ResourceExhaustedError(absl::StrCat("the processes that ran it died ", kMostAttempts,
                                                     " times: give them more memory, or it fewer rows")),
           now, stored);
    } else {
      stored.mutable_training()->set_state(v1::TRAINING_STATE_RUNNING);
      stored.mutable_training()->set_progress(0);
      stored.mutable_training()->set_step("begins");
      stored.set_runner(options.runner);
      stored.set_leased_until_ms(ToMillis(now + options.lease));
      stored.set_attempts(stored.attempts() + 1);
    }
    return absl::OkStatus();
  });
  if (absl::IsAborted(taken.status()) || absl::IsNotFound(taken.status())) return std::optional<StoredTraining>();
  if (!taken.ok()) return taken.status();
  return std::optional<StoredTraining>(*taken);
}

absl::Status TrainingRun::Update(TrainingStore::Change change) {
  const auto updated = trainings_.Update(tenant_, id(), [&](StoredTraining& stored) {
    if (stored.training().state() != v1::TRAINING_STATE_RUNNING || stored.runner() != options_.runner) {
      return absl::AbortedError("another process has the training");
    }
    return change(stored);
  });
  if (absl::IsAborted(updated.status()) || absl::IsNotFound(updated.status())) lost_ = true;
  return updated.status();
}

bool TrainingRun::Tell(absl::string_view step, double progress) {
  if (stop_.HasBeenNotified() || cancelled_ || lost_) return false;
  const absl::Time now = trainings_.Now();
  if (now - told_at_ < options_.report_every) return true;
  told_at_ = now;
  // While the store is away, the training goes on: its lease tells whether it was taken over meanwhile.
  Update([&](StoredTraining& stored) {
    cancelled_ = stored.cancel_requested();
    stored.mutable_training()->set_step(std::string(step));
    stored.mutable_training()->set_progress(progress);
    stored.set_leased_until_ms(ToMillis(now + options_.lease));
    return absl::OkStatus();
  }).IgnoreError();
  return !cancelled_ && !lost_;
}

absl::Status TrainingRun::Persist(absl::FunctionRef<absl::Status()> attempt) {
  absl::Status status = attempt();
  for (int i = 1; i < kMostPersistAttempts && absl::IsUnavailable(status); ++i) {
    if (stop_.WaitForNotificationWithTimeout(kPersistPause)) return status;
    status = attempt();
  }
  return status;
}

absl::StatusOr<v1::TrainingState> TrainingRun::Run() {
  const absl::StatusOr<v1::ModelSummary> model = Train();
  if (lost_) return v1::TRAINING_STATE_UNSPECIFIED;
  const bool put_back = !model.ok() && !cancelled_ && stop_.HasBeenNotified();
  v1::TrainingState state = v1::TRAINING_STATE_UNSPECIFIED;
  const absl::Status ended = Persist([&] {
    return Update([&](StoredTraining& stored) {
      if (model.ok()) {
        End(v1::TRAINING_STATE_SUCCEEDED, trainings_.Now(), stored);
        *stored.mutable_training()->mutable_model() = *model;
      } else if (cancelled_) {
        End(v1::TRAINING_STATE_CANCELLED, trainings_.Now(), stored);
      } else if (put_back) {
        PutBack(stored);
      } else {
        Fail(model.status(), trainings_.Now(), stored);
      }
      state = stored.training().state();
      return absl::OkStatus();
    });
  });
  if (lost_) return v1::TRAINING_STATE_UNSPECIFIED;
  if (!ended.ok()) return ended;
  return state;
}

absl::StatusOr<v1::ModelSummary> TrainingRun::Train() {
  v1::ModelMetadata origin;
  const absl::StatusOr<LabelledData> data = LoadData(origin);
  if (!data.ok()) return data.status();
  const double gathered = stored_.request().has_recorded_outcomes() ? kGathering : 0;
  absl::StatusOr<v1::Model> model = TrainModel(*data, stored_.request().options(), trainings_.Now(), [&](double done) {
    return Tell(kTrains, gathered + (1 - gathered) * done);
  });
  if (!model.ok()) return model.status();
  model->mutable_metadata()->MergeFrom(origin);
  model->mutable_metadata()->set_standard_features(TakesStandardFeatures(model->schema()));
  return Register(*model, *data);
}

absl::StatusOr<LabelledData> TrainingRun::LoadData(v1::ModelMetadata& metadata) {
  if (stored_.request().has_recorded_outcomes()) return LoadOutcomes(metadata);
  v1::LabelledFile file = stored_.request().labelled_file();
  metadata.set_source(file.name());
  const absl::Status loaded = Persist([&] {
    absl::StatusOr<std::string> csv = trainings_.LoadFile(tenant_, stored_);
    if (!csv.ok()) return csv.status();
    file.set_csv(*std::move(csv));
    return absl::OkStatus();
  });
  if (!loaded.ok()) return loaded;
  return ReadLabelledFile(file, stored_.request().options());
}

absl::StatusOr<LabelledData> TrainingRun::LoadOutcomes(v1::ModelMetadata& metadata) {
  LabelledRows rows(StandardSchema());
  const absl::StatusOr<Interval> window = outcomes_(
      tenant_, stored_.request().recorded_outcomes(),
      [&](const v1::CustomerFeatures& features, bool lost) { return rows.Add(features.values(), lost); },
      [&](double done) { return Tell(kGathers, kGathering * done); });
  if (!window.ok()) return window.status();
  metadata.set_source("recorded outcomes");
  *metadata.mutable_cut_off() = ToProto(window->start);
  metadata.set_horizon_days(static_cast<int32_t>(absl::ToInt64Hours(window->end - window->start) / 24));
  absl::StatusOr<LabelledData> data = std::move(rows).Finish();
  const absl::Status enough = CheckEnough(data.ok() ? *data : LabelledData(), stored_.request().options(),
                                          "choose an earlier cut-off or a longer horizon, or wait for more outcomes");
  if (!enough.ok()) return enough;
  return data;
}

absl::StatusOr<v1::ModelSummary> TrainingRun::Register(const v1::Model& model, const LabelledData& data) {
  // The last word that it is ours: a process that was away must not make a model active that others decided against.
  told_at_ = absl::InfinitePast();
  if (!Tell("registers the model", 1)) return absl::CancelledError("training was cancelled");
  const storage::v1::TrainingProfile profile = ProfileOf(model.schema(), data.features);
  const absl::Status registered = Persist([&] {
    absl::Status status = models_.Add(tenant_, model, profile);
    if (status.ok() && stored_.request().activate()) {
      status = models_.Activate(tenant_, model.metadata().version()).status();
    }
    return status;
  });
  if (!registered.ok()) return registered;
  v1::ModelSummary summary;
  *summary.mutable_metadata() = model.metadata();
  *summary.mutable_schema() = model.schema();
  if (model.has_evaluation()) *summary.mutable_evaluation() = model.evaluation();
  return summary;
}

}  // namespace rapport::churn
