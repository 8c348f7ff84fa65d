#include "services/response_times/service/resource_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/response_times/core/resource_versions.h"

namespace rapport::response_times {
namespace {

constexpr absl::Duration kMostAge = absl::Seconds(1);
constexpr int kMostAttempts = 20;

store::Partition PartitionOf(absl::string_view tenant) {
  return {std::string(tenant), 0};
}

store::Key ResourcesKey() {
  return {"resources", "all", false};
}

}  // namespace

ResourceStore::Known ResourceStore::Remember(absl::string_view tenant, Known known) {
  const absl::MutexLock lock(&mutex_);
  Known& cached = known_[tenant];
  if (cached.policies == nullptr || cached.version < known.version) {
    cached = std::move(known);
  } else {
    cached.read_at = known.read_at;
  }
  return cached;
}

absl::StatusOr<ResourceStore::Known> ResourceStore::Read(absl::string_view tenant) {
  const absl::Time now = clock_();
  const auto loaded = store_.Load(std::vector<store::LoadRequest>{{PartitionOf(tenant), {ResourcesKey()}}});
  if (!loaded.ok()) return loaded.status();
  const store::Entity& entity = loaded->front().entities.front();
  {
    const absl::MutexLock lock(&mutex_);
    const auto cached = known_.find(tenant);
    if (cached != known_.end() && cached->second.version == entity.version) {
      cached->second.read_at = now;
      return cached->second;
    }
  }
  storage::v1::Resources resources;
  if (!resources.ParseFromString(entity.value)) {
    return absl::DataLossError("the calendars and policies do not parse; restore the store from a backup");
  }
  auto policies = Policies::Create(std::move(resources));
  if (!policies.ok()) {
    return absl::DataLossError(absl::StrCat("the calendars and policies are damaged (", policies.status().message(),
                                            "); restore the store from a backup"));
  }
  return Remember(tenant, {*std::move(policies), entity.version, now});
}

absl::StatusOr<std::shared_ptr<const Policies>> ResourceStore::Get(absl::string_view tenant) {
  std::shared_ptr<const Policies> old;
  {
    const absl::MutexLock lock(&mutex_);
    const auto cached = known_.find(tenant);
    if (cached != known_.end()) {
      const absl::Duration age = clock_() - cached->second.read_at;
      if (absl::AbsDuration(age) < kMostAge) return cached->second.policies;
      old = cached->second.policies;
    }
  }
  absl::StatusOr<Known> read = Read(tenant);
  if (read.ok()) return std::move(read->policies);
  if (old == nullptr || !absl::IsUnavailable(read.status())) return read.status();
  return old;
}

template <typename Resource>
absl::StatusOr<Resource> ResourceStore::Apply(
    absl::string_view tenant, absl::FunctionRef<absl::StatusOr<Resource>(storage::v1::Resources&)> change) {
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    const absl::StatusOr<Known> known = Read(tenant);
    if (!known.ok()) return known.status();
    storage::v1::Resources resources = known->policies->resources();
    const int versions = resources.calendars_size() + resources.policies_size();
    absl::StatusOr<Resource> changed = change(resources);
    if (!changed.ok() || resources.calendars_size() + resources.policies_size() == versions) return changed;
    store::Mutation mutation;
    mutation.partition = PartitionOf(tenant);
    mutation.expects.push_back({ResourcesKey(), known->version});
    mutation.puts.push_back({ResourcesKey(), resources.SerializeAsString()});
    const absl::Status committed = store_.Commit(std::vector<store::Mutation>{std::move(mutation)}).front();
    if (committed.ok()) {
      const absl::StatusOr<Known> read = Read(tenant);
      return read.ok() ? changed : read.status();
    }
    if (!absl::IsAborted(committed)) return committed;
  }
  return absl::UnavailableError("others keep changing calendars and policies; repeat the call");
}

absl::StatusOr<v1::BusinessCalendar> ResourceStore::Create(absl::string_view tenant,
                                                           const v1::BusinessCalendar& calendar) {
  return Apply<v1::BusinessCalendar>(
      tenant, [&](storage::v1::Resources& resources) { return response_times::Create(calendar, resources); });
}

absl::StatusOr<v1::BusinessCalendar> ResourceStore::Update(absl::string_view tenant,
                                                           const v1::BusinessCalendar& calendar) {
  return Apply<v1::BusinessCalendar>(
      tenant, [&](storage::v1::Resources& resources) { return response_times::Update(calendar, clock_(), resources); });
}

absl::StatusOr<v1::SlaPolicy> ResourceStore::Create(absl::string_view tenant, const v1::SlaPolicy& policy) {
  return Apply<v1::SlaPolicy>(
      tenant, [&](storage::v1::Resources& resources) { return response_times::Create(policy, resources); });
}

absl::StatusOr<v1::SlaPolicy> ResourceStore::Update(absl::string_view tenant, const v1::SlaPolicy& policy) {
  return Apply<v1::SlaPolicy>(
      tenant, [&](storage::v1::Resources& resources) { return response_times::Update(policy, clock_(), resources); });
}

}  // namespace rapport::response_times
