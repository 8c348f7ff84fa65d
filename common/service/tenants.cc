#include "common/service/tenants.h"

namespace rapport::service {
namespace {

// No credential has an empty tenant, so nothing else lives here.
const store::Partition kPlace{"", 0};
constexpr absl::string_view kTable = "tenants";

}  // namespace

absl::Status Tenants::Note(absl::string_view tenant) {
  {
    const absl::MutexLock lock(&mutex_);
    if (noted_.contains(tenant)) return absl::OkStatus();
  }
  store::Mutation mutation;
  mutation.partition = kPlace;
  store::CounterLog row;
  row.Add(tenant, 1);
  mutation.adds.push_back({std::string(kTable), std::move(row)});
  absl::Status committed = store_.Commit({&mutation, 1}).front();
  if (!committed.ok()) return committed;
  const absl::MutexLock lock(&mutex_);
  noted_.emplace(tenant);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> Tenants::All() {
  const store::TableRef table{kPlace, std::string(kTable)};
  const auto rows = store_.ReadCounters({&table, 1});
  if (!rows.ok()) return rows.status();
  std::vector<std::string> tenants;
  for (const auto& [tenant, count] : rows->front().Sum()) tenants.push_back(tenant);
  return tenants;
}

}  // namespace rapport::service
