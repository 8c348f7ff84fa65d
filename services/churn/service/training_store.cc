#include "services/churn/service/training_store.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "common/request/stable_bytes.h"
#include "common/time/interval.h"
#include "services/churn/model/sealed_model.h"

namespace rapport::churn {
namespace {

using storage::v1::StoredTraining;
using storage::v1::TrainingIndex;

constexpr int kMostAttempts = 20;
constexpr size_t kChunkBytes = size_t{256} << 10;

store::Partition PartitionOf(absl::string_view tenant) {
  return {std::string(tenant), 0};
}

// Of all trainings that are kept, the latest first, and of those that have not ended, the first to come first.
store::Key AllKey() {
  return {"trainingindex", "all", false};
}
store::Key OpenKey() {
  return {"trainingindex", "open", false};
}

store::Key TrainingKey(absl::string_view training_id) {
  return {"trainings", std::string(training_id), false};
}

store::Key ChunkKey(absl::string_view training_id, uint32_t chunk) {
  return {"trainingfiles", absl::StrCat(training_id, "/", chunk), false};
}

template <typename Message>
absl::StatusOr<Message> Parse(const store::Entity& entity) {
  Message message;
  if (message.ParseFromString(entity.value)) return message;
  return absl::DataLossError("what is stored of trainings does not parse; restore the store from a backup");
}

void Remove(absl::string_view training_id, TrainingIndex& index) {
  auto& ids = *index.mutable_training_ids();
  ids.erase(std::remove(ids.begin(), ids.end(), training_id), ids.end());
}

bool Contains(const TrainingIndex& index, absl::string_view training_id) {
  return std::find(index.training_ids().begin(), index.training_ids().end(), training_id) != index.training_ids().end();
}

StoredTraining NewTraining(const v1::TrainModelRequest& request, absl::Time now) {
  StoredTraining training;
  *training.mutable_request() = request;
  if (request.has_labelled_file()) {
    const std::string& csv = request.labelled_file().csv();
    training.set_file_chunks(static_cast<uint32_t>((csv.size() + kChunkBytes - 1) / kChunkBytes));
    training.set_file_sha256(Sha256(csv));
    training.mutable_request()->mutable_labelled_file()->clear_csv();
  }
  v1::Training& shown = *training.mutable_training();
  shown.set_training_id(request.training_id());
  shown.set_state(v1::TRAINING_STATE_QUEUED);
  shown.set_step("waits for a process");
  *shown.mutable_created_at() = ToProto(now);
  return training;
}

// The answer to a request whose id is known.
absl::StatusOr<v1::Training> Repeated(const StoredTraining& known, const StoredTraining& asked) {
  if (StableBytes(known.request()) == StableBytes(asked.request()) && known.file_sha256() == asked.file_sha256()) {
    return known.training();
  }
  return Invalid("training_id", Shown(asked.request().training_id()),
                 "was used for another request; use a new id for a new training");
}

void PutFile(const v1::TrainModelRequest& request, uint32_t chunks, store::Mutation& mutation) {
  const std::string& csv = request.labelled_file().csv();
  for (uint32_t i = 0; i < chunks; ++i) {
    mutation.puts.push_back({ChunkKey(request.training_id(), i), csv.substr(i * kChunkBytes, kChunkBytes)});
  }
}

void EraseFile(const StoredTraining& training, store::Mutation& mutation) {
  for (uint32_t i = 0; i < training.file_chunks(); ++i) {
    mutation.erases.push_back(ChunkKey(training.training().training_id(), i));
  }
}

// Of the trainings that have ended, the oldest go when there are too many.
void EraseOldest(const TrainingIndex& open, TrainingIndex& all, store::Mutation& mutation) {
  for (int i = all.training_ids_size() - 1; i > 0 && all.training_ids_size() > kTrainingsKept; --i) {
    const std::string training_id = all.training_ids(i);
    if (Contains(open, training_id)) continue;
    mutation.erases.push_back(TrainingKey(training_id));
    all.mutable_training_ids()->DeleteSubrange(i, 1);
  }
}

absl::Status BusyError() {
  return absl::UnavailableError("others keep changing the trainings; repeat the call");
}

}  // namespace

bool HasEnded(const v1::Training& training) {
  return training.state() != v1::TRAINING_STATE_QUEUED && training.state() != v1::TRAINING_STATE_RUNNING;
}

absl::StatusOr<std::vector<store::Entity>> TrainingStore::Load(absl::string_view tenant, std::vector<store::Key> keys) {
  auto loaded = store_.Load(std::vector<store::LoadRequest>{{PartitionOf(tenant), std::move(keys)}});
  if (!loaded.ok()) return loaded.status();
  return std::move(loaded->front().entities);
}

absl::StatusOr<std::vector<StoredTraining>> TrainingStore::LoadAll(absl::string_view tenant,
                                                                   const TrainingIndex& index) {
  std::vector<StoredTraining> trainings;
  if (index.training_ids().empty()) return trainings;
  std::vector<store::Key> keys;
  for (const std::string& training_id : index.training_ids()) keys.push_back(TrainingKey(training_id));
  const auto entities = Load(tenant, std::move(keys));
  if (!entities.ok()) return entities.status();
  for (const store::Entity& entity : *entities) {
    if (entity.version == 0) continue;  // erased meanwhile
    absl::StatusOr<StoredTraining> training = Parse<StoredTraining>(entity);
    if (!training.ok()) return training.status();
    trainings.push_back(*std::move(training));
  }
  return trainings;
}

absl::StatusOr<v1::Training> TrainingStore::Create(absl::string_view tenant, const v1::TrainModelRequest& request) {
  const StoredTraining training = NewTraining(request, clock_());
  const store::Key key = TrainingKey(request.training_id());
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    const auto entities = Load(tenant, {key, AllKey(), OpenKey()});
    if (!entities.ok()) return entities.status();
    const absl::StatusOr<StoredTraining> known = Parse<StoredTraining>((*entities)[0]);
    absl::StatusOr<TrainingIndex> all = Parse<TrainingIndex>((*entities)[1]);
    absl::StatusOr<TrainingIndex> open = Parse<TrainingIndex>((*entities)[2]);
    for (const absl::Status& status : {known.status(), all.status(), open.status()}) {
      if (!status.ok()) return status;
    }
    if ((*entities)[0].version != 0) return Repeated(*known, training);
    const absl::StatusOr<std::vector<StoredTraining>> others = LoadAll(tenant, *open);
    if (!others.ok()) return others.status();
    if (std::count_if(others->begin(), others->end(), [](const StoredTraining& each) {
          return each.training().state() == v1::TRAINING_STATE_QUEUED;
        }) >= kMostWaitingTrainings) {
      return absl::ResourceExhaustedError(
          absl::StrCat(kMostWaitingTrainings, " trainings wait already: wait until one has ended, or cancel one"));
    }
    all->add_training_ids(request.training_id());
    std::rotate(all->mutable_training_ids()->pointer_begin(), all->mutable_training_ids()->pointer_end() - 1,
                all->mutable_training_ids()->pointer_end());
    open->add_training_ids(request.training_id());

    store::Mutation mutation;
    mutation.partition = PartitionOf(tenant);
    for (size_t i = 0; i < entities->size(); ++i) {
      mutation.expects.push_back({i == 0 ? key : i == 1 ? AllKey() : OpenKey(), (*entities)[i].version});
    }
    EraseOldest(*open, *all, mutation);
    mutation.puts.push_back({key, training.SerializeAsString()});
    mutation.puts.push_back({AllKey(), all->SerializeAsString()});
    mutation.puts.push_back({OpenKey(), open->SerializeAsString()});
    PutFile(request, training.file_chunks(), mutation);
    const absl::Status committed = store_.Commit(std::vector<store::Mutation>{std::move(mutation)}).front();
    if (committed.ok()) return training.training();
    if (!absl::IsAborted(committed)) return committed;
  }
  return BusyError();
}

absl::StatusOr<StoredTraining> TrainingStore::Get(absl::string_view tenant, absl::string_view training_id) {
  const auto entities = Load(tenant, {TrainingKey(training_id)});
  if (!entities.ok()) return entities.status();
  if (entities->front().version != 0) return Parse<StoredTraining>(entities->front());
  return absl::NotFoundError(absl::StrCat("training_id: ", Shown(training_id), " is not known; list them all"));
}

absl::StatusOr<std::vector<v1::Training>> TrainingStore::List(absl::string_view tenant) {
  const auto entities = Load(tenant, {AllKey()});
  if (!entities.ok()) return entities.status();
  const absl::StatusOr<TrainingIndex> all = Parse<TrainingIndex>(entities->front());
  if (!all.ok()) return all.status();
  const absl::StatusOr<std::vector<StoredTraining>> stored = LoadAll(tenant, *all);
  if (!stored.ok()) return stored.status();
  std::vector<v1::Training> trainings;
  for (const StoredTraining& each : *stored) trainings.push_back(each.training());
  return trainings;
}

absl::StatusOr<StoredTraining> TrainingStore::Update(absl::string_view tenant, absl::string_view training_id,
                                                     Change change) {
  const store::Key key = TrainingKey(training_id);
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    const auto entities = Load(tenant, {key, OpenKey()});
    if (!entities.ok()) return entities.status();
    const store::Entity& stored = entities->front();
    if (stored.version == 0) return Get(tenant, training_id).status();
    absl::StatusOr<StoredTraining> training = Parse<StoredTraining>(stored);
    if (!training.ok()) return training.status();
    const bool had_ended = HasEnded(training->training());
    if (absl::Status status = change(*training); !status.ok()) return status;

    store::Mutation mutation;
    mutation.partition = PartitionOf(tenant);
    mutation.expects.push_back({key, stored.version});
    mutation.puts.push_back({key, training->SerializeAsString()});
    if (mutation.puts.front().value == stored.value) return training;
    if (!had_ended && HasEnded(training->training())) {
      absl::StatusOr<TrainingIndex> open = Parse<TrainingIndex>(entities->back());
      if (!open.ok()) return open.status();
      Remove(training_id, *open);
      mutation.expects.push_back({OpenKey(), entities->back().version});
      mutation.puts.push_back({OpenKey(), open->SerializeAsString()});
      EraseFile(*training, mutation);
    }
    const absl::Status committed = store_.Commit(std::vector<store::Mutation>{std::move(mutation)}).front();
    if (committed.ok()) return training;
    if (!absl::IsAborted(committed)) return committed;
  }
  return BusyError();
}

absl::StatusOr<std::vector<StoredTraining>> TrainingStore::Open(absl::string_view tenant) {
  const auto entities = Load(tenant, {OpenKey()});
  if (!entities.ok()) return entities.status();
  const absl::StatusOr<TrainingIndex> open = Parse<TrainingIndex>(entities->front());
  if (!open.ok()) return open.status();
  return LoadAll(tenant, *open);
}

absl::StatusOr<std::vector<std::string>> TrainingStore::TenantsWithOpen(const std::vector<std::string>& tenants) {
  std::vector<std::string> found;
  if (tenants.empty()) return found;
  std::vector<store::LoadRequest> requests;
  requests.reserve(tenants.size());
  for (const std::string& tenant : tenants) requests.push_back({PartitionOf(tenant), {OpenKey()}});
  const auto loaded = store_.Load(requests);
  if (!loaded.ok()) return loaded.status();
  for (size_t i = 0; i < tenants.size(); ++i) {
    const absl::StatusOr<TrainingIndex> open = Parse<TrainingIndex>((*loaded)[i].entities.front());
    if (open.ok() && !open->training_ids().empty()) found.push_back(tenants[i]);
  }
  return found;
}

absl::StatusOr<std::string> TrainingStore::LoadFile(absl::string_view tenant, const StoredTraining& training) {
  std::vector<store::Key> keys;
  for (uint32_t i = 0; i < training.file_chunks(); ++i) keys.push_back(ChunkKey(training.training().training_id(), i));
  std::string csv;
  if (!keys.empty()) {
    const auto entities = Load(tenant, std::move(keys));
    if (!entities.ok()) return entities.status();
    for (const store::Entity& entity : *entities) csv += entity.value;
  }
  if (Sha256(csv) == training.file_sha256()) return csv;
  return absl::DataLossError("the file is damaged in the store; begin the training again under a new id");
}

}  // namespace rapport::churn
