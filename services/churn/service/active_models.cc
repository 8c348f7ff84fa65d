#include "services/churn/service/active_models.h"

#include <algorithm>
#include <cstddef>

namespace rapport::churn {
namespace {

constexpr absl::Duration kMostAge = absl::Seconds(1);
// Models that are not in use stay loaded for callers that name them: so many, of all tenants, until so long after they
// were asked for. Each holds megabytes.
constexpr size_t kMostRecent = 8;
constexpr absl::Duration kRecent = absl::Minutes(10);

bool Names(const std::shared_ptr<const LoadedModel>& model, absl::string_view version) {
  return model != nullptr && model->scorer->model().metadata().version() == version;
}

}  // namespace

bool ActiveModels::IsFresh(const Known& known) const {
  return known.is_read && absl::AbsDuration(models_.Now() - known.read_at) < kMostAge;
}

ActiveModels::Known& ActiveModels::KnownOf(absl::string_view tenant) {
  std::unique_ptr<Known>& slot = known_[tenant];
  if (slot == nullptr) slot = std::make_unique<Known>();
  return *slot;
}

void ActiveModels::AwaitReader(Known& known) {
  mutex_.Await(absl::Condition(
      +[](Known* waited) { return !waited->reading; }, &known));
}

absl::StatusOr<ModelsInUse> ActiveModels::Get(absl::string_view tenant) {
  Known* known = nullptr;
  {
    const absl::MutexLock lock(&mutex_);
    known = &KnownOf(tenant);
    if (IsFresh(*known) || (known->is_read && known->reading)) return known->models;
    if (known->reading) {
      AwaitReader(*known);
      return known->models;
    }
    known->reading = true;
  }
  return ReadInto(*known, tenant);
}

void ActiveModels::Refresh(absl::string_view tenant) {
  Known* known = nullptr;
  {
    const absl::MutexLock lock(&mutex_);
    known = &KnownOf(tenant);
    // Who reads now may have begun before the change.
    AwaitReader(*known);
    known->reading = true;
  }
  (void)ReadInto(*known, tenant);
}

absl::StatusOr<ModelsInUse> ActiveModels::ReadInto(Known& known, absl::string_view tenant) {
  const absl::Time now = models_.Now();
  absl::StatusOr<ModelsInUse> read = Read(tenant);
  const absl::MutexLock lock(&mutex_);
  known.reading = false;
  ForgetWhatIsNotRecent(now);
  const bool keep = absl::IsUnavailable(read.status()) && known.is_read && known.models.ok();
  if (!keep) known.models = std::move(read);
  // What was never read is asked for again at once.
  known.is_read = known.is_read || !absl::IsUnavailable(known.models.status());
  known.read_at = now;
  return known.models;
}

absl::StatusOr<ModelsInUse> ActiveModels::Read(absl::string_view tenant) {
  const absl::StatusOr<storage::v1::ModelRegistry> registry = models_.Registry(tenant);
  if (!registry.ok()) return registry.status();
  ModelsInUse models;
  if (const std::string version = ActiveVersion(*registry); !version.empty()) {
    auto active = LoadOnce({std::string(tenant), version});
    if (!active.ok()) return active.status();
    models.active = *std::move(active);
  }
  if (!registry->shadow_version().empty()) {
    auto shadow = LoadOnce({std::string(tenant), registry->shadow_version()});
    if (shadow.ok()) {
      models.shadow = *std::move(shadow);
    } else if (absl::IsUnavailable(shadow.status())) {
      return shadow.status();
    }
  }
  return models;
}

absl::StatusOr<std::shared_ptr<const LoadedModel>> ActiveModels::Find(absl::string_view tenant,
                                                                      absl::string_view version) {
  if (version.empty()) {
    const absl::StatusOr<ModelsInUse> models = Get(tenant);
    if (!models.ok()) return models.status();
    if (models->active == nullptr) return ResolveVersion({}, version).status();
    return models->active;
  }
  {
    const absl::MutexLock lock(&mutex_);
    if (auto loaded = FindLoaded({std::string(tenant), std::string(version)})) return loaded;
  }
  const absl::StatusOr<storage::v1::ModelRegistry> registry = models_.Registry(tenant);
  if (!registry.ok()) return registry.status();
  const absl::StatusOr<std::string> resolved = ResolveVersion(*registry, version);
  if (!resolved.ok()) return resolved.status();
  return LoadOnce({std::string(tenant), *resolved});
}

std::shared_ptr<const LoadedModel> ActiveModels::FindLoaded(const ModelId& id) {
  const auto known = known_.find(id.first);
  if (known != known_.end() && known->second->models.ok()) {
    if (Names(known->second->models->active, id.second)) return known->second->models->active;
    if (Names(known->second->models->shadow, id.second)) return known->second->models->shadow;
  }
  const auto recent = std::find_if(recent_.begin(), recent_.end(), [&](const Recent& each) { return each.id == id; });
  if (recent == recent_.end()) return nullptr;
  std::rotate(recent_.begin(), recent, recent + 1);
  recent_.front().asked_at = models_.Now();
  return recent_.front().model;
}

void ActiveModels::ForgetWhatIsNotRecent(absl::Time now) {
  while (!recent_.empty() && recent_.back().asked_at <= now - kRecent) recent_.pop_back();
}

absl::StatusOr<std::shared_ptr<const LoadedModel>> ActiveModels::LoadOnce(const ModelId& id) {
  {
    const absl::MutexLock lock(&mutex_);
    const auto not_loading = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return !loading_.contains(id); };
    mutex_.Await(absl::Condition(&not_loading));
    if (std::shared_ptr<const LoadedModel> loaded = FindLoaded(id)) return loaded;
    loading_.insert(id);
  }
  absl::StatusOr<std::shared_ptr<const LoadedModel>> loaded = LoadFromStore(id);
  const absl::MutexLock lock(&mutex_);
  loading_.erase(id);
  if (!loaded.ok()) return loaded;
  recent_.push_front({id, *loaded, models_.Now()});
  if (recent_.size() > kMostRecent) recent_.pop_back();
  return loaded;
}

absl::StatusOr<std::shared_ptr<const LoadedModel>> ActiveModels::LoadFromStore(const ModelId& id) {
  absl::StatusOr<v1::Model> model = models_.Load(id.first, id.second);
  if (!model.ok()) return model.status();
  absl::StatusOr<storage::v1::TrainingProfile> profile = models_.LoadProfile(id.first, id.second);
  if (!profile.ok()) return profile.status();
  absl::StatusOr<std::unique_ptr<Scorer>> scorer = Scorer::Create(*std::move(model));
  if (!scorer.ok()) return scorer.status();
  return std::make_shared<const LoadedModel>(LoadedModel{*std::move(scorer), *std::move(profile)});
}

}  // namespace rapport::churn
