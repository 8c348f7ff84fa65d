#include "services/churn/service/trainings.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "common/time/interval.h"

namespace rapport::churn {
namespace {

using storage::v1::StoredTraining;

constexpr uint32_t kFewestFolds = 2;
constexpr uint32_t kMostFolds = 20;

absl::Status ValidateFile(const v1::LabelledFile& file) {
  if (absl::Status status = ValidateText("labelled_file.name", file.name()); !status.ok()) return status;
  if (file.csv().empty()) return Invalid("labelled_file.csv", "missing;", "give the table as CSV with a heading row");
  if (file.label_column().empty()) {
    return Invalid("labelled_file.label_column", "missing;", "name the column that says who was lost");
  }
  if (file.positive_value().empty()) {
    return Invalid("labelled_file.positive_value", "missing;", "give the text in it of those who were lost");
  }
  return absl::OkStatus();
}

absl::Status Validate(const v1::TrainModelRequest& request) {
  if (absl::Status status = ValidateText("training_id", request.training_id()); !status.ok()) return status;
  const uint32_t folds = request.options().folds();
  if (folds != 0 && (folds < kFewestFolds || folds > kMostFolds)) {
    return Invalid("options.folds", absl::StrCat(folds),
                   absl::StrCat("is out of range; give ", kFewestFolds, " to ", kMostFolds, ", or 0 for 5"));
  }
  if (request.has_labelled_file()) return ValidateFile(request.labelled_file());
  if (request.has_recorded_outcomes()) return absl::OkStatus();
  return Invalid("source", "missing;", "give recorded_outcomes or a labelled_file");
}

std::string NewTrainingId() {
  absl::BitGen random;
  return absl::StrCat("training-", absl::Hex(absl::Uniform<uint64_t>(random), absl::kZeroPad16));
}

}  // namespace

Trainings::Trainings(TrainingOptions options, TrainingStore& store, ModelStore& models, OutcomeSource outcomes,
                     service::Tenants& tenants, ChurnMetrics& metrics)
    : options_(std::move(options)),
      store_(store),
      models_(models),
      outcomes_(std::move(outcomes)),
      tenants_(tenants),
      metrics_(metrics) {}

Trainings::~Trainings() {
  Stop();
}

absl::StatusOr<v1::Training> Trainings::Train(absl::string_view tenant, v1::TrainModelRequest request) {
  if (absl::Status status = Validate(request); !status.ok()) return status;
  if (request.has_labelled_file()) {
    const absl::Status readable = ReadLabelledFile(request.labelled_file(), request.options()).status();
    if (!readable.ok()) return readable;
  }
  if (request.training_id().empty()) request.set_training_id(NewTrainingId());
  if (absl::Status status = tenants_.Note(tenant); !status.ok()) return status;
  absl::StatusOr<v1::Training> training = store_.Create(tenant, request);
  const absl::MutexLock lock(&mutex_);
  awake_ = true;
  return training;
}

absl::StatusOr<v1::Training> Trainings::Get(absl::string_view tenant, absl::string_view training_id) {
  const absl::StatusOr<StoredTraining> stored = store_.Get(tenant, training_id);
  if (!stored.ok()) return stored.status();
  return stored->training();
}

absl::StatusOr<std::vector<v1::Training>> Trainings::List(absl::string_view tenant) {
  return store_.List(tenant);
}

absl::StatusOr<v1::Training> Trainings::Cancel(absl::string_view tenant, absl::string_view training_id) {
  bool ended_now = false;
  const absl::StatusOr<StoredTraining> stored = store_.Update(tenant, training_id, [&](StoredTraining& training) {
    ended_now = training.training().state() == v1::TRAINING_STATE_QUEUED;
    if (HasEnded(training.training())) return absl::OkStatus();
    training.set_cancel_requested(true);
    if (ended_now) {
      training.mutable_training()->set_state(v1::TRAINING_STATE_CANCELLED);
      training.mutable_training()->clear_step();
      *training.mutable_training()->mutable_ended_at() = ToProto(store_.Now());
    }
    return absl::OkStatus();
  });
  if (!stored.ok()) return stored.status();
  if (ended_now) metrics_.OnTrainingEnded(tenant, v1::TRAINING_STATE_CANCELLED);
  return stored->training();
}

absl::StatusOr<bool> Trainings::RunNextOf(const std::string& tenant) {
  const absl::StatusOr<std::vector<StoredTraining>> open = store_.Open(tenant);
  if (!open.ok()) return open.status();
  for (const StoredTraining& each : *open) {
    if (!CanBeTaken(each, store_.Now())) continue;
    auto taken = TrainingRun::Take(options_, store_, tenant, each.training().training_id());
    if (!taken.ok()) return taken.status();
    if (!taken->has_value()) continue;
    if (HasEnded((*taken)->training())) {
      metrics_.OnTrainingEnded(tenant, (*taken)->training().state());
      continue;
    }
    const absl::StatusOr<v1::TrainingState> ended =
        TrainingRun(options_, store_, models_, outcomes_, stop_, tenant, **std::move(taken)).Run();
    if (!ended.ok()) return ended.status();
    if (*ended != v1::TRAINING_STATE_UNSPECIFIED && *ended != v1::TRAINING_STATE_QUEUED) {
      metrics_.OnTrainingEnded(tenant, *ended);
    }
    return true;
  }
  return false;
}

absl::StatusOr<bool> Trainings::RunNext() {
  const absl::StatusOr<std::vector<std::string>> tenants = tenants_.All();
  if (!tenants.ok()) return tenants.status();
  absl::StatusOr<std::vector<std::string>> open = store_.TenantsWithOpen(*tenants);
  if (!open.ok()) return open.status();
  std::sort(open->begin(), open->end());
  std::rotate(open->begin(), std::upper_bound(open->begin(), open->end(), last_tenant_), open->end());
  for (const std::string& tenant : *open) {
    absl::StatusOr<bool> ran = RunNextOf(tenant);
    if (!ran.ok() || *ran) {
      last_tenant_ = tenant;
      return ran;
    }
  }
  return false;
}

void Trainings::Start() {
  thread_ = std::thread([this] { Work(); });
}

void Trainings::Stop() {
  {
    const absl::MutexLock lock(&mutex_);
    if (!stopping_) stop_.Notify();
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void Trainings::Work() {
  while (!stop_.HasBeenNotified()) {
    const absl::StatusOr<bool> ran = RunNext();
    if (ran.ok() && *ran) continue;
    const absl::MutexLock lock(&mutex_);
    const auto called = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return awake_ || stopping_; };
    mutex_.AwaitWithTimeout(absl::Condition(&called), options_.poll_every);
    awake_ = false;
  }
}

}  // namespace rapport::churn
