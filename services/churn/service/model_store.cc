#include "services/churn/service/model_store.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "common/time/interval.h"
#include "services/churn/model/sealed_model.h"

namespace rapport::churn {
namespace {

constexpr int kMostAttempts = 20;
constexpr size_t kChunkBytes = size_t{256} << 10;
// Far more than any model has: what says more is damaged.
constexpr uint32_t kMostChunks = 4096;
constexpr int kMostActivations = 50;
constexpr size_t kFewestDigits = 8;

store::Partition PartitionOf(absl::string_view tenant) {
  return {std::string(tenant), 0};
}

store::Key RegistryKey() {
  return {"models", "registry", false};
}

store::Key ChunkKey(absl::string_view version, uint32_t chunk) {
  return {"modelchunks", absl::StrCat(version, "/", chunk), false};
}

store::Key ProfileKey(absl::string_view version) {
  return {"modelprofiles", std::string(version), false};
}

store::Key DriftKey(absl::string_view version) {
  return {"modeldrift", std::string(version), false};
}

absl::Status Damaged(absl::string_view version, absl::string_view what) {
  return absl::DataLossError(
      absl::StrCat("model '", version, "': ", what, " damaged in the store; train it again, or restore a backup"));
}

void PutChunks(absl::string_view version, absl::string_view bytes, store::Mutation& mutation) {
  const auto chunks = static_cast<uint32_t>((bytes.size() + kChunkBytes - 1) / kChunkBytes);
  for (uint32_t i = 0; i < chunks; ++i) {
    storage::v1::ModelChunk chunk;
    chunk.set_bytes(std::string(bytes.substr(i * kChunkBytes, kChunkBytes)));
    chunk.set_chunk_count(chunks);
    mutation.puts.push_back({ChunkKey(version, i), chunk.SerializeAsString()});
  }
}

// How many chunks a model has, by its first one; 0 when that is damaged.
uint32_t ChunkCount(const store::Entity& first) {
  storage::v1::ModelChunk chunk;
  if (!chunk.ParseFromString(first.value) || chunk.chunk_count() > kMostChunks) return 0;
  return chunk.chunk_count();
}

bool IsKnown(const storage::v1::ModelRegistry& registry, absl::string_view version) {
  return std::any_of(registry.models().begin(), registry.models().end(),
                     [&](const v1::ModelSummary& model) { return model.metadata().version() == version; });
}

v1::ModelSummary MakeSummary(const v1::Model& model) {
  v1::ModelSummary summary;
  *summary.mutable_metadata() = model.metadata();
  *summary.mutable_schema() = model.schema();
  if (model.has_evaluation()) *summary.mutable_evaluation() = model.evaluation();
  return summary;
}

// Active, the one that rolling back returns to, or the candidate.
bool IsInUse(const storage::v1::ModelRegistry& registry, absl::string_view version) {
  const int activations = registry.activations_size();
  return version == registry.shadow_version() ||
         (activations > 0 && version == registry.activations(activations - 1)) ||
         (activations > 1 && version == registry.activations(activations - 2));
}

// Without versions that are gone, without the same twice in a row, and not without end.
void TidyActivations(storage::v1::ModelRegistry& registry) {
  std::vector<std::string> kept;
  for (const std::string& version : registry.activations()) {
    if (IsKnown(registry, version) && (kept.empty() || kept.back() != version)) kept.push_back(version);
  }
  if (kept.size() > kMostActivations) kept.erase(kept.begin(), kept.end() - kMostActivations);
  *registry.mutable_activations() = {kept.begin(), kept.end()};
}

// Notes when the version was made active that is so now.
void MarkActivated(absl::Time now, storage::v1::ModelRegistry& registry) {
  for (v1::ModelSummary& model : *registry.mutable_models()) {
    if (model.metadata().version() == ActiveVersion(registry)) *model.mutable_activated_at() = ToProto(now);
  }
}

std::optional<v1::ModelSummary> SummaryIfAny(const storage::v1::ModelRegistry& registry, absl::string_view version) {
  if (version.empty()) return std::nullopt;
  return SummaryOf(registry, version);
}

}  // namespace

absl::StatusOr<std::vector<store::Entity>> ModelStore::LoadEntities(absl::string_view tenant,
                                                                    std::vector<store::Key> keys) {
  auto loaded = store_.Load(std::vector<store::LoadRequest>{{PartitionOf(tenant), std::move(keys)}});
  if (!loaded.ok()) return loaded.status();
  return std::move(loaded->front().entities);
}

absl::StatusOr<storage::v1::ModelRegistry> ModelStore::Registry(absl::string_view tenant) {
  const auto entities = LoadEntities(tenant, {RegistryKey()});
  if (!entities.ok()) return entities.status();
  storage::v1::ModelRegistry registry;
  if (!registry.ParseFromString(entities->front().value)) {
    return absl::DataLossError("the registry of models does not parse; restore the store from a backup");
  }
  return registry;
}

absl::StatusOr<storage::v1::ModelRegistry> ModelStore::Apply(absl::string_view tenant, Change change) {
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    const auto entities = LoadEntities(tenant, {RegistryKey()});
    if (!entities.ok()) return entities.status();
    const store::Entity& entity = entities->front();
    storage::v1::ModelRegistry registry;
    if (!registry.ParseFromString(entity.value)) {
      return absl::DataLossError("the registry of models does not parse; restore the store from a backup");
    }
    store::Mutation mutation;
    mutation.partition = PartitionOf(tenant);
    if (absl::Status status = change(registry, mutation); !status.ok()) return status;
    const std::string changed = registry.SerializeAsString();
    if (changed == entity.value) return registry;
    mutation.expects.push_back({RegistryKey(), entity.version});
    mutation.puts.push_back({RegistryKey(), changed});
    const absl::Status committed = store_.Commit(std::vector<store::Mutation>{std::move(mutation)}).front();
    if (committed.ok()) return registry;
    if (!absl::IsAborted(committed)) return committed;
  }
  return absl::UnavailableError("others keep changing the registry of models; repeat the call");
}

absl::Status ModelStore::Add(absl::string_view tenant, const v1::Model& model,
                             const storage::v1::TrainingProfile& profile) {
  const std::string& version = model.metadata().version();
  const std::string sealed = SealModel(model);
  return Apply(tenant,
               [&](storage::v1::ModelRegistry& registry, store::Mutation& mutation) {
                 if (IsKnown(registry, version)) return absl::OkStatus();
                 *registry.add_models() = MakeSummary(model);
                 std::rotate(registry.mutable_models()->pointer_begin(), registry.mutable_models()->pointer_end() - 1,
                             registry.mutable_models()->pointer_end());
                 PutChunks(version, sealed, mutation);
                 mutation.puts.push_back({ProfileKey(version), profile.SerializeAsString()});
                 return EraseOldest(tenant, registry, mutation);
               })
      .status();
}

absl::Status ModelStore::EraseOldest(absl::string_view tenant, storage::v1::ModelRegistry& registry,
                                     store::Mutation& mutation) {
  storage::v1::ModelRegistry kept = registry;
  kept.clear_models();
  for (const v1::ModelSummary& model : registry.models()) {
    const std::string& version = model.metadata().version();
    if (kept.models_size() < kModelsKept || IsInUse(registry, version)) {
      *kept.add_models() = model;
      continue;
    }
    const auto first = LoadEntities(tenant, {ChunkKey(version, 0)});
    if (!first.ok()) return first.status();
    for (uint32_t i = 0; i < ChunkCount(first->front()); ++i) mutation.erases.push_back(ChunkKey(version, i));
    mutation.erases.push_back(ProfileKey(version));
    mutation.erases.push_back(DriftKey(version));
  }
  TidyActivations(kept);
  registry = std::move(kept);
  return absl::OkStatus();
}

absl::Status ModelStore::MissingPart(absl::string_view tenant, absl::string_view version) {
  const absl::StatusOr<storage::v1::ModelRegistry> registry = Registry(tenant);
  if (!registry.ok()) return registry.status();
  if (IsKnown(*registry, version)) return Damaged(version, "a part is");
  return ResolveVersion(*registry, version).status();
}

absl::StatusOr<std::string> ModelStore::LoadBytes(absl::string_view tenant, absl::string_view version) {
  const auto first = LoadEntities(tenant, {ChunkKey(version, 0)});
  if (!first.ok()) return first.status();
  if (first->front().version == 0) return MissingPart(tenant, version);
  const uint32_t chunks = ChunkCount(first->front());
  if (chunks == 0) return Damaged(version, "its first part is");
  std::vector<store::Key> keys;
  for (uint32_t i = 1; i < chunks; ++i) keys.push_back(ChunkKey(version, i));
  auto others = LoadEntities(tenant, std::move(keys));
  if (!others.ok()) return others.status();
  others->insert(others->begin(), first->front());
  std::string bytes;
  for (const store::Entity& entity : *others) {
    if (entity.version == 0) return MissingPart(tenant, version);
    storage::v1::ModelChunk chunk;
    if (!chunk.ParseFromString(entity.value)) return Damaged(version, "a part is");
    bytes += chunk.bytes();
  }
  return bytes;
}

absl::StatusOr<v1::Model> ModelStore::Load(absl::string_view tenant, absl::string_view version) {
  const absl::StatusOr<std::string> bytes = LoadBytes(tenant, version);
  if (!bytes.ok()) return bytes.status();
  absl::StatusOr<v1::Model> model = UnsealModel(*bytes);
  if (!model.ok() || model->metadata().version() != version) return Damaged(version, "its bytes are");
  return model;
}

absl::StatusOr<storage::v1::TrainingProfile> ModelStore::LoadProfile(absl::string_view tenant,
                                                                     absl::string_view version) {
  const auto entities = LoadEntities(tenant, {ProfileKey(version)});
  if (!entities.ok()) return entities.status();
  if (entities->front().version == 0) return MissingPart(tenant, version);
  storage::v1::TrainingProfile profile;
  if (!profile.ParseFromString(entities->front().value)) return Damaged(version, "its profile is");
  return profile;
}

absl::StatusOr<v1::ModelSummary> ModelStore::Activate(absl::string_view tenant, absl::string_view version) {
  std::string activated;
  const auto registry = Apply(tenant, [&](storage::v1::ModelRegistry& known, store::Mutation&) -> absl::Status {
    const absl::StatusOr<std::string> resolved = ResolveVersion(known, version);
    if (!resolved.ok()) return resolved.status();
    activated = *resolved;
    if (ActiveVersion(known) == activated) return absl::OkStatus();
    known.add_activations(activated);
    if (known.shadow_version() == activated) known.clear_shadow_version();
    TidyActivations(known);
    MarkActivated(clock_(), known);
    return absl::OkStatus();
  });
  if (!registry.ok()) return registry.status();
  return SummaryOf(*registry, activated);
}

absl::StatusOr<std::optional<v1::ModelSummary>> ModelStore::RollBack(absl::string_view tenant, absl::string_view from) {
  const auto registry = Apply(tenant, [&](storage::v1::ModelRegistry& known, store::Mutation&) -> absl::Status {
    if (!from.empty() && !absl::StartsWith(ActiveVersion(known), from)) return absl::OkStatus();
    if (known.activations().empty()) {
      return absl::FailedPreconditionError("no model is active: there is nothing to go back from");
    }
    known.mutable_activations()->RemoveLast();
    MarkActivated(clock_(), known);
    return absl::OkStatus();
  });
  if (!registry.ok()) return registry.status();
  return SummaryIfAny(*registry, ActiveVersion(*registry));
}

absl::StatusOr<std::optional<v1::ModelSummary>> ModelStore::SetShadow(absl::string_view tenant,
                                                                      absl::string_view version) {
  const auto registry = Apply(tenant, [&](storage::v1::ModelRegistry& known, store::Mutation&) -> absl::Status {
    if (version.empty()) {
      known.clear_shadow_version();
      return absl::OkStatus();
    }
    const absl::StatusOr<std::string> resolved = ResolveVersion(known, version);
    if (!resolved.ok()) return resolved.status();
    known.set_shadow_version(*resolved);
    return absl::OkStatus();
  });
  if (!registry.ok()) return registry.status();
  return SummaryIfAny(*registry, registry->shadow_version());
}

absl::StatusOr<storage::v1::DriftState> ModelStore::LoadDrift(absl::string_view tenant, absl::string_view version) {
  const auto entities = LoadEntities(tenant, {DriftKey(version)});
  if (!entities.ok()) return entities.status();
  storage::v1::DriftState drift;
  if (!drift.ParseFromString(entities->front().value)) return Damaged(version, "its drift is");
  return drift;
}

absl::Status ModelStore::PutDrift(absl::string_view tenant, const storage::v1::DriftState& drift) {
  store::Mutation mutation;
  mutation.partition = PartitionOf(tenant);
  mutation.puts.push_back({DriftKey(drift.model_version()), drift.SerializeAsString()});
  return store_.Commit(std::vector<store::Mutation>{std::move(mutation)}).front();
}

std::string ActiveVersion(const storage::v1::ModelRegistry& registry) {
  return registry.activations().empty() ? "" : *registry.activations().rbegin();
}

absl::StatusOr<std::string> ResolveVersion(const storage::v1::ModelRegistry& registry, absl::string_view version) {
  if (version.empty()) {
    const std::string active = ActiveVersion(registry);
    if (!active.empty()) return active;
    return absl::FailedPreconditionError("no model is active: activate one, or name a version");
  }
  if (version.size() < kFewestDigits) {
    return Invalid("version", Shown(version), absl::StrCat("is too short; give at least ", kFewestDigits, " digits"));
  }
  std::string found;
  for (const v1::ModelSummary& model : registry.models()) {
    if (!absl::StartsWith(model.metadata().version(), version)) continue;
    if (!found.empty()) return Invalid("version", Shown(version), "fits several models; give more digits");
    found = model.metadata().version();
  }
  if (found.empty()) return absl::NotFoundError(absl::StrCat("version: ", Shown(version), " is not known; list them"));
  return found;
}

v1::ModelSummary SummaryOf(const storage::v1::ModelRegistry& registry, absl::string_view version) {
  for (const v1::ModelSummary& model : registry.models()) {
    if (model.metadata().version() == version) return SummaryOf(registry, model);
  }
  return {};
}

v1::ModelSummary SummaryOf(const storage::v1::ModelRegistry& registry, const v1::ModelSummary& model) {
  v1::ModelSummary summary = model;
  summary.set_active(model.metadata().version() == ActiveVersion(registry));
  summary.set_shadow(model.metadata().version() == registry.shadow_version());
  return summary;
}

}  // namespace rapport::churn
