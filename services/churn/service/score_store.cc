#include "services/churn/service/score_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/churn/service/score_writes.h"

namespace rapport::churn {
namespace {

constexpr int32_t kMembersPerRead = 10'000;
constexpr int64_t kLastRank = (int64_t{1} << 53) - 1;

absl::Status AddRanks(Reader& reader, const store::Partition& partition, v1::HealthBand band,
                      absl::flat_hash_map<std::string, BandedScore>& ranks) {
  store::IndexRange range;
  range.partition = partition;
  range.index = RiskIndex(band);
  range.from = -kLastRank;
  range.to = kLastRank;
  range.limit = kMembersPerRead;
  do {
    absl::StatusOr<store::IndexPage> page = reader.store().RangeIndex(range);
    if (!page.ok()) return page.status();
    for (store::RankedMember& each : page->members) {
      ranks[std::move(each.member)] = {FromRiskRank(each.score), band};
    }
    range.cursor = std::move(page->next_cursor);
  } while (!range.cursor.empty());
  return absl::OkStatus();
}

// The sums of one table over all partitions.
absl::StatusOr<absl::flat_hash_map<std::string, int64_t>> SumOf(Reader& reader, absl::string_view tenant,
                                                                absl::string_view table) {
  std::vector<store::TableRef> tables;
  for (uint32_t p = 0; p < reader.store().partition_count(); ++p) {
    tables.push_back({{std::string(tenant), p}, std::string(table)});
  }
  const auto logs = reader.store().ReadCounters(tables);
  if (!logs.ok()) return logs.status();
  store::CounterLog all;
  for (const store::CounterLog& log : *logs) all.Append(log);
  return all.Sum();
}

}  // namespace

store::Key ScoreKey(absl::string_view customer_id) {
  return {"s", std::string(customer_id), false};
}

std::string RiskIndex(v1::HealthBand band) {
  return absl::StrCat("risk", static_cast<int>(band));
}

absl::StatusOr<std::vector<std::optional<storage::v1::StoredScore>>> LoadScores(Reader& reader,
                                                                                absl::string_view tenant,
                                                                                const std::vector<std::string>& ids) {
  std::vector<std::optional<storage::v1::StoredScore>> scores(ids.size());
  if (ids.empty()) return scores;
  std::vector<store::LoadRequest> requests;
  requests.reserve(ids.size());
  for (const std::string& id : ids) requests.push_back({reader.PartitionOfCustomer(tenant, id), {ScoreKey(id)}});
  const auto loaded = reader.store().Load(requests);
  if (!loaded.ok()) return loaded.status();
  for (size_t i = 0; i < ids.size(); ++i) {
    const store::Entity& entity = (*loaded)[i].entities.front();
    if (entity.version == 0) continue;
    absl::StatusOr<storage::v1::StoredScore> score = UnpackScore(entity.value);
    if (!score.ok()) return score.status();
    Restore(*score->mutable_score());
    scores[i] = *std::move(score);
  }
  return scores;
}

absl::StatusOr<absl::flat_hash_map<std::string, BandedScore>> LoadAllRanks(Reader& reader, absl::string_view tenant) {
  absl::flat_hash_map<std::string, BandedScore> ranks;
  for (uint32_t p = 0; p < reader.store().partition_count(); ++p) {
    for (const v1::HealthBand band : kBands) {
      const absl::Status added = AddRanks(reader, {std::string(tenant), p}, band, ranks);
      if (!added.ok()) return added;
    }
  }
  return ranks;
}

absl::StatusOr<std::map<v1::HealthBand, int64_t>> CustomersByBand(Reader& reader, absl::string_view tenant) {
  const auto sums = SumOf(reader, tenant, kBandTable);
  if (!sums.ok()) return sums.status();
  std::map<v1::HealthBand, int64_t> customers;
  for (const v1::HealthBand band : kBands) {
    const auto found = sums->find(absl::StrCat(static_cast<int>(band)));
    customers[band] = found == sums->end() ? 0 : found->second;
  }
  return customers;
}

absl::StatusOr<std::map<std::string, storage::v1::OutcomeSums>> LoadOutcomes(Reader& reader, absl::string_view tenant) {
  const auto sums = SumOf(reader, tenant, kOutcomeTable);
  if (!sums.ok()) return sums.status();
  std::map<std::string, storage::v1::OutcomeSums> outcomes;
  for (const auto& [field, sum] : *sums) {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(field, absl::MaxSplits('/', 1));
    storage::v1::OutcomeSums& model = outcomes[std::string(parts.first)];
    if (parts.second == kSumOfCustomers) model.set_customers(sum);
    if (parts.second == kSumOfLost) model.set_lost(sum);
    if (parts.second == kSumOfPredicted) model.set_predicted(static_cast<double>(sum) / kOutcomeUnit);
    if (parts.second == kSumOfVariance) model.set_variance(static_cast<double>(sum) / kOutcomeUnit);
  }
  return outcomes;
}

}  // namespace rapport::churn
