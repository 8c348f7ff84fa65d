#include "services/churn/service/peer_cache.h"

#include <cstddef>
#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "common/write/partition.h"
#include "services/churn/service/peers.h"

namespace rapport::churn {
namespace {

PeerCache::Answer Parse(const store::Entity& entity) {
  auto answer = std::make_shared<storage::v1::PeerAnswer>();
  if (entity.version == 0 || !answer->ParseFromString(entity.value)) return nullptr;
  return answer;
}

}  // namespace

store::Key PeerAnswerKey(absl::string_view customer_id) {
  return {"peer", std::string(customer_id), true};
}

std::vector<PeerCache::Answer> PeerCache::Load(absl::string_view tenant, const std::vector<std::string>& ids) {
  const absl::Time now = reader_.Now();
  std::vector<Answer> answers(ids.size());
  std::vector<store::LoadRequest> requests;
  std::vector<std::vector<size_t>> positions;
  absl::flat_hash_map<uint32_t, size_t> request_of;
  for (size_t i = 0; i < ids.size(); ++i) {
    answers[i] = recent_.Recall(tenant, ids[i], now);
    if (answers[i] != nullptr) continue;
    const store::Partition partition = reader_.PartitionOfCustomer(tenant, ids[i]);
    const auto [entry, added] = request_of.try_emplace(partition.index, requests.size());
    if (added) {
      requests.push_back({partition, {}});
      positions.emplace_back();
    }
    requests[entry->second].keys.push_back(PeerAnswerKey(ids[i]));
    positions[entry->second].push_back(i);
  }
  if (requests.empty()) return answers;
  const auto loaded = reader_.store().Load(requests);
  if (!loaded.ok()) return answers;
  for (size_t r = 0; r < requests.size(); ++r) {
    for (size_t k = 0; k < positions[r].size(); ++k) {
      const size_t i = positions[r][k];
      answers[i] = Parse((*loaded)[r].entities[k]);
      if (answers[i] != nullptr) recent_.Remember(tenant, ids[i], answers[i], now);
    }
  }
  return answers;
}

void PeerCache::Put(absl::string_view tenant, const std::vector<std::pair<std::string, Answer>>& answers) {
  const absl::Time now = reader_.Now();
  absl::flat_hash_map<uint32_t, store::Mutation> by_partition;
  for (const auto& [id, answer] : answers) {
    recent_.Remember(tenant, id, answer, now);
    const store::Partition partition = reader_.PartitionOfCustomer(tenant, id);
    store::Mutation& mutation = by_partition[partition.index];
    mutation.partition = partition;
    mutation.puts.push_back({PeerAnswerKey(id), answer->SerializeAsString(), kept_for_});
  }
  std::vector<store::Mutation> mutations;
  for (auto& [index, mutation] : by_partition) mutations.push_back(std::move(mutation));
  if (!mutations.empty()) reader_.store().Commit(mutations);
}

}  // namespace rapport::churn
