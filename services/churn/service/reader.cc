#include "services/churn/service/reader.h"

#include "absl/container/flat_hash_map.h"
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

absl::StatusOr<storage::v1::CustomerRecord> ReadRecord(absl::string_view customer_id, const store::Entity& entity) {
  auto record = UnpackRecord(customer_id, entity.value);
  if (!record.ok()) return record.status();
  record->clear_counted_row();
  FoldFeatures(*record);
  return record;
}

absl::StatusOr<std::vector<store::Entity>> Reader::LoadRecordEntities(absl::string_view tenant,
                                                                      const std::vector<std::string>& ids) {
  std::vector<store::LoadRequest> requests;
  std::vector<std::vector<size_t>> positions;
  absl::flat_hash_map<uint32_t, size_t> request_of;
  for (size_t i = 0; i < ids.size(); ++i) {
    const store::Partition partition = PartitionOfCustomer(tenant, ids[i]);
    const auto [entry, added] = request_of.try_emplace(partition.index, requests.size());
    if (added) {
      requests.push_back({partition, {}});
      positions.emplace_back();
    }
    requests[entry->second].keys.push_back(RecordKey(ids[i]));
    positions[entry->second].push_back(i);
  }
  absl::StatusOr<std::vector<store::Loaded>> loaded = store_.Load(requests);
  if (!loaded.ok()) return loaded.status();
  std::vector<store::Entity> entities(ids.size());
  for (size_t r = 0; r < requests.size(); ++r) {
    for (size_t k = 0; k < positions[r].size(); ++k) {
      entities[positions[r][k]] = std::move((*loaded)[r].entities[k]);
    }
  }
  return entities;
}

absl::StatusOr<std::vector<storage::v1::CustomerRecord>> Reader::LoadRecords(absl::string_view tenant,
                                                                             const std::vector<std::string>& ids) {
  const absl::StatusOr<std::vector<store::Entity>> entities = LoadRecordEntities(tenant, ids);
  if (!entities.ok()) return entities.status();
  std::vector<storage::v1::CustomerRecord> records(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    auto record = ReadRecord(ids[i], (*entities)[i]);
    if (!record.ok()) return record.status();
    records[i] = *std::move(record);
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
