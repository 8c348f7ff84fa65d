#include "common/rollup/dictionary.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "rapport/rollup/storage/v1/dictionary.pb.h"

namespace rapport::rollup {
namespace {

// Dictionaries of a tenant live in its first partition.
constexpr uint32_t kPartition = 0;
// Two replicas may add values at once; the later one reads again. Values are few, so that this ends soon.
constexpr int kMostAttempts = 100;

store::Key KeyOf(int dimension) {
  return {"dict", std::string(NameOf(DimensionAt(dimension))), false};
}

}  // namespace

Dictionary::Dictionary(store::Store& store, DictionaryOptions options) : store_(store), options_(std::move(options)) {
  for (const common::v1::Dimension dimension : options_.dimensions) rolled_up_[IndexOf(dimension)] = true;
}

std::optional<Code> Dictionary::FindCached(absl::string_view tenant, int dimension, absl::string_view value) {
  if (value == kOtherName) return kOtherValue;
  const absl::ReaderMutexLock lock(&mutex_);
  const auto found_tenant = tenants_.find(tenant);
  if (found_tenant == tenants_.end()) return std::nullopt;
  const CodeByValue& codes = (*found_tenant->second)[dimension];
  const auto found = codes.find(value);
  if (found != codes.end()) return found->second;
  return std::nullopt;
}

absl::StatusOr<Dictionary::Stored> Dictionary::Refresh(absl::string_view tenant, int dimension) {
  const store::LoadRequest request{{std::string(tenant), kPartition}, {KeyOf(dimension)}};
  absl::StatusOr<std::vector<store::Loaded>> loaded = store_.Load({&request, 1});
  if (!loaded.ok()) return loaded.status();
  const store::Entity& entity = loaded->front().entities.front();
  storage::v1::DimensionDictionary dictionary;
  if (!dictionary.ParseFromString(entity.value)) {
    return absl::DataLossError(
        absl::StrCat("the dictionary of ", NameOf(DimensionAt(dimension)), " does not parse; restore the data folder"));
  }
  Stored stored{{dictionary.values().begin(), dictionary.values().end()}, entity.version};
  const absl::MutexLock lock(&mutex_);
  std::unique_ptr<Tenant>& cached = tenants_[tenant];
  if (cached == nullptr) cached = std::make_unique<Tenant>();
  CodeByValue& codes = (*cached)[dimension];
  for (size_t i = codes.size(); i < stored.values.size(); ++i) {
    codes.emplace(stored.values[i], static_cast<Code>(kFirstValue + i));
  }
  return stored;
}

bool Dictionary::IsFull(absl::string_view tenant, int dimension) {
  const absl::ReaderMutexLock lock(&mutex_);
  const auto found = tenants_.find(tenant);
  return found != tenants_.end() && (*found->second)[dimension].size() >= static_cast<size_t>(options_.max_values);
}

absl::StatusOr<Code> Dictionary::AddValue(absl::string_view tenant, int dimension, absl::string_view value) {
  // A full dictionary grows no more: what is not in it never will be.
  if (IsFull(tenant, dimension)) return kOtherValue;
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    absl::StatusOr<Stored> stored = Refresh(tenant, dimension);
    if (!stored.ok()) return stored.status();
    if (const std::optional<Code> code = FindCached(tenant, dimension, value)) return *code;
    if (stored->values.size() >= static_cast<size_t>(options_.max_values)) return kOtherValue;
    storage::v1::DimensionDictionary dictionary;
    dictionary.mutable_values()->Assign(stored->values.begin(), stored->values.end());
    dictionary.add_values(std::string(value));

    store::Mutation mutation;
    mutation.partition = {std::string(tenant), kPartition};
    mutation.expects.push_back({KeyOf(dimension), stored->version});
    mutation.puts.push_back({KeyOf(dimension), dictionary.SerializeAsString()});
    const absl::Status status = store_.Commit({&mutation, 1}).front();
    if (!status.ok() && !absl::IsAborted(status)) return status;
  }
  return absl::UnavailableError("the dictionary of values is being changed by others all the time; retry");
}

absl::StatusOr<Codes> Dictionary::Encode(absl::string_view tenant, const Values& values) {
  Codes codes{};
  for (int i = 0; i < kDimensionCount; ++i) {
    if (values[i].empty() || !rolled_up_[i]) continue;
    if (const std::optional<Code> cached = FindCached(tenant, i, values[i])) {
      codes[i] = *cached;
      continue;
    }
    const absl::StatusOr<Code> added = AddValue(tenant, i, values[i]);
    if (!added.ok()) return added.status();
    codes[i] = *added;
  }
  return codes;
}

absl::StatusOr<std::optional<Code>> Dictionary::Find(absl::string_view tenant, common::v1::Dimension dimension,
                                                     absl::string_view value) {
  if (value.empty()) return kNoValue;
  if (const std::optional<Code> cached = FindCached(tenant, IndexOf(dimension), value)) return cached;
  const absl::StatusOr<Stored> stored = Refresh(tenant, IndexOf(dimension));
  if (!stored.ok()) return stored.status();
  return FindCached(tenant, IndexOf(dimension), value);
}

absl::StatusOr<std::vector<std::string>> Dictionary::Names(absl::string_view tenant, common::v1::Dimension dimension) {
  absl::StatusOr<Stored> stored = Refresh(tenant, IndexOf(dimension));
  if (!stored.ok()) return stored.status();
  stored->values.insert(stored->values.begin(), {"", std::string(kOtherName)});
  return std::move(stored->values);
}

}  // namespace rapport::rollup
