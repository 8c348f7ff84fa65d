#include "services/churn/service/sweep_store.h"

#include <string>
#include <utility>

namespace rapport::churn {
namespace {

store::Key StateKey() {
  return {"sweep", "state", false};
}

store::Key MetKey() {
  return {"sweep", "met", false};
}

template <typename Message>
absl::StatusOr<Message> Parse(const std::string& bytes) {
  Message message;
  if (message.ParseFromString(bytes)) return message;
  return absl::DataLossError("the state of a sweep does not parse; restore the store from a backup");
}

absl::StatusOr<std::vector<store::Entity>> LoadEach(store::Store& store, absl::string_view tenant,
                                                    const std::vector<uint32_t>& partitions, const store::Key& key) {
  std::vector<store::LoadRequest> requests;
  requests.reserve(partitions.size());
  for (const uint32_t p : partitions) requests.push_back({{std::string(tenant), p}, {key}});
  auto loaded = store.Load(requests);
  if (!loaded.ok()) return loaded.status();
  std::vector<store::Entity> entities;
  for (store::Loaded& each : *loaded) entities.push_back(std::move(each.entities.front()));
  return entities;
}

}  // namespace

absl::StatusOr<std::vector<SweepEntry>> LoadSweeps(store::Store& store, absl::string_view tenant) {
  std::vector<uint32_t> partitions(store.partition_count());
  for (uint32_t p = 0; p < partitions.size(); ++p) partitions[p] = p;
  const auto entities = LoadEach(store, tenant, partitions, StateKey());
  if (!entities.ok()) return entities.status();
  std::vector<SweepEntry> entries;
  for (const store::Entity& entity : *entities) {
    auto state = Parse<storage::v1::SweepState>(entity.value);
    if (!state.ok()) return state.status();
    entries.push_back({*std::move(state), entity.version});
  }
  return entries;
}

absl::StatusOr<std::vector<storage::v1::DriftState>> LoadMet(store::Store& store, absl::string_view tenant,
                                                             const std::vector<uint32_t>& partitions) {
  const auto entities = LoadEach(store, tenant, partitions, MetKey());
  if (!entities.ok()) return entities.status();
  std::vector<storage::v1::DriftState> all;
  for (const store::Entity& entity : *entities) {
    auto met = Parse<storage::v1::DriftState>(entity.value);
    if (!met.ok()) return met.status();
    all.push_back(*std::move(met));
  }
  return all;
}

absl::Status SaveSweep(store::Store& store, const store::Partition& partition, const storage::v1::DriftState& met,
                       SweepEntry& entry) {
  store::Mutation mutation;
  mutation.partition = partition;
  mutation.expects.push_back({StateKey(), entry.version});
  mutation.puts.push_back({StateKey(), entry.state.SerializeAsString()});
  mutation.puts.push_back({MetKey(), met.SerializeAsString()});
  absl::Status committed = store.Commit(std::vector<store::Mutation>{std::move(mutation)}).front();
  if (!committed.ok()) return committed;
  // A put does not tell its version. What is there now is what was put, unless somebody took the lease in the meantime.
  const auto loaded = LoadEach(store, partition.tenant, {partition.index}, StateKey());
  if (!loaded.ok()) return loaded.status();
  const store::Entity& stored = loaded->front();
  if (stored.value != entry.state.SerializeAsString()) return absl::AbortedError("another process took the partition");
  entry.version = stored.version;
  return absl::OkStatus();
}

}  // namespace rapport::churn
