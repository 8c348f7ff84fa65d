#include "services/churn/service/health_rules_store.h"

#include "rapport/churn/storage/v1/storage.pb.h"
#include "services/churn/core/score.h"

namespace rapport::churn {
namespace {

constexpr absl::Duration kMostAge = absl::Seconds(1);

store::Partition PlaceOf(absl::string_view tenant) {
  return {std::string(tenant), 0};
}

store::Key RulesKey() {
  return {"healthrules", "all", false};
}

absl::StatusOr<HealthRulesStore::Current> Parse(const std::string& bytes) {
  storage::v1::StoredHealthRules stored;
  if (!stored.ParseFromString(bytes)) {
    return absl::DataLossError("the health rules do not parse; restore the store from a backup");
  }
  HealthRulesStore::Current current;
  current.is_default = !stored.has_rules();
  current.rules = std::make_shared<const v1::HealthRules>(stored.has_rules() ? stored.rules() : DefaultHealthRules());
  return current;
}

}  // namespace

absl::StatusOr<HealthRulesStore::Known> HealthRulesStore::Read(absl::string_view tenant) {
  const absl::Time now = clock_();
  const auto loaded = store_.Load(std::vector<store::LoadRequest>{{PlaceOf(tenant), {RulesKey()}}});
  if (!loaded.ok()) return loaded.status();
  const store::Entity& entity = loaded->front().entities.front();
  absl::StatusOr<Current> current = Parse(entity.value);
  if (!current.ok()) return current.status();
  const absl::MutexLock lock(&mutex_);
  Known& known = known_[tenant];
  if (known.current.rules == nullptr || known.version < entity.version) {
    known = {*std::move(current), entity.version, now};
  } else {
    known.read_at = now;
  }
  return known;
}

absl::StatusOr<HealthRulesStore::Current> HealthRulesStore::Get(absl::string_view tenant) {
  std::optional<Current> old;
  {
    const absl::MutexLock lock(&mutex_);
    const auto known = known_.find(tenant);
    if (known != known_.end()) {
      if (absl::AbsDuration(clock_() - known->second.read_at) < kMostAge) return known->second.current;
      old = known->second.current;
    }
  }
  const absl::StatusOr<Known> read = Read(tenant);
  if (read.ok()) return read->current;
  if (!old || !absl::IsUnavailable(read.status())) return read.status();
  return *old;
}

// The last writer holds: there is nothing in the rules before that a change would have to keep.
absl::Status HealthRulesStore::Set(absl::string_view tenant, const std::optional<v1::HealthRules>& rules) {
  storage::v1::StoredHealthRules stored;
  if (rules) {
    absl::Status valid = ValidateCustomerHealthRules(*rules);
    if (!valid.ok()) return valid;
    *stored.mutable_rules() = *rules;
  }
  store::Mutation mutation;
  mutation.partition = PlaceOf(tenant);
  mutation.puts.push_back({RulesKey(), stored.SerializeAsString()});
  absl::Status committed = store_.Commit(std::vector<store::Mutation>{std::move(mutation)}).front();
  if (!committed.ok()) return committed;
  return Read(tenant).status();
}

}  // namespace rapport::churn
