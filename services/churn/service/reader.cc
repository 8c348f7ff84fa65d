#include "services/churn/service/reader.h"

#include "absl/strings/str_cat.h"
#include "common/store/varint.h"
#include "common/write/partition.h"
#include "services/churn/core/record.h"

namespace rapport::churn {
namespace {

absl::Status Damaged(absl::string_view what, absl::string_view customer_id) {
  return absl::DataLossError(
      absl::StrCat(what, " of customer \"", customer_id, "\" does not parse; restore the store from a backup"));
}

}  // namespace

store::Key RecordKey(absl::string_view customer_id) {
  return {"c", std::string(customer_id), false};
}

store::Key ActivityKey(absl::string_view customer_id, absl::string_view activity_id) {
  // The length keeps ids apart that are the same when they are joined.
  store::Key key{"a", {}, false};
  store::AppendVarint(customer_id.size(), key.id);
  absl::StrAppend(&key.id, customer_id, activity_id);
  return key;
}

std::string ActivityIdsTable(absl::string_view customer_id) {
  return absl::StrCat("ids.", customer_id);
}

absl::StatusOr<storage::v1::CustomerRecord> UnpackRecord(absl::string_view customer_id, const std::string& bytes) {
  storage::v1::CustomerRecord record;
  if (!record.ParseFromString(bytes)) return Damaged("the record", customer_id);
  return record;
}

absl::StatusOr<std::vector<storage::v1::CustomerRecord>> Reader::LoadRecords(absl::string_view tenant,
                                                                             const std::vector<std::string>& ids) {
  std::vector<store::LoadRequest> requests(store_.partition_count());
  std::vector<std::vector<size_t>> positions(requests.size());
  for (uint32_t p = 0; p < requests.size(); ++p) requests[p].partition = {std::string(tenant), p};
  for (size_t i = 0; i < ids.size(); ++i) {
    const uint32_t partition = write::PartitionOf(ids[i], store_.partition_count());
    requests[partition].keys.push_back(RecordKey(ids[i]));
    positions[partition].push_back(i);
  }
  const absl::StatusOr<std::vector<store::Loaded>> loaded = store_.Load(requests);
  if (!loaded.ok()) return loaded.status();

  std::vector<storage::v1::CustomerRecord> records(ids.size());
  for (size_t p = 0; p < requests.size(); ++p) {
    for (size_t i = 0; i < positions[p].size(); ++i) {
      const size_t position = positions[p][i];
      auto record = UnpackRecord(ids[position], (*loaded)[p].entities[i].value);
      if (!record.ok()) return record.status();
      record->clear_counted_row();
      FoldFeatures(*record);
      records[position] = *std::move(record);
    }
  }
  return records;
}

absl::StatusOr<std::vector<v1::Activity>> Reader::LoadActivities(absl::string_view tenant,
                                                                 absl::string_view customer_id,
                                                                 const std::vector<std::string>& activity_ids) {
  store::LoadRequest request{PartitionOfCustomer(tenant, customer_id), {}};
  for (const std::string& id : activity_ids) request.keys.push_back(ActivityKey(customer_id, id));
  const absl::StatusOr<std::vector<store::Loaded>> loaded = store_.Load({&request, 1});
  if (!loaded.ok()) return loaded.status();

  std::vector<v1::Activity> activities(activity_ids.size());
  for (size_t i = 0; i < activities.size(); ++i) {
    const store::Entity& entity = loaded->front().entities[i];
    if (entity.version == 0) continue;
    storage::v1::StoredActivity stored;
    if (!stored.ParseFromString(entity.value)) return Damaged("an activity", customer_id);
    activities[i] = std::move(*stored.mutable_activity());
    activities[i].set_customer_id(std::string(customer_id));
    activities[i].set_activity_id(activity_ids[i]);
  }
  return activities;
}

store::Partition Reader::PartitionOfCustomer(absl::string_view tenant, absl::string_view customer_id) const {
  return {std::string(tenant), write::PartitionOf(customer_id, store_.partition_count())};
}

}  // namespace rapport::churn
