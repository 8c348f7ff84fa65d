#include "services/response_times/service/reader.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "common/rollup/tables.h"
#include "common/write/partition.h"
#include "services/response_times/core/counting.h"
#include "services/response_times/core/facts.h"
#include "services/response_times/core/measures.h"
#include "services/response_times/core/record.h"
#include "services/response_times/service/recorder.h"

namespace rapport::response_times {
namespace {

// What a stretch is counted for on one clock.
void TakeTime(const rollup::CountQuery::Fragment& fragment, const StretchFact& fact, bool business, int64_t ms,
              int64_t count, rollup::CountQuery& query) {
  query.TakeEvent(fragment, fact.codes, MeasureOf({fact.kind, business, stats::BucketOf(ms)}), count);
  query.TakeEvent(fragment, fact.codes, MeasureOf({fact.kind, business, kSumOfMs}), count * ms);
}

// The fragment that holds the moment; null when none does.
const rollup::CountQuery::Fragment* FragmentAt(int64_t ms, const rollup::CountQuery& query) {
  const absl::Time at = absl::FromUnixMillis(ms);
  const auto& fragments = query.fragments();
  const auto after = std::upper_bound(fragments.begin(), fragments.end(), at,
                                      [](absl::Time t, const auto& fragment) { return t < fragment.piece.start; });
  if (after == fragments.begin() || !std::prev(after)->piece.Contains(at)) return nullptr;
  return &*std::prev(after);
}

// Each once: fragments of one day share its table.
std::vector<std::string> TablesOfFragments(const rollup::CountQuery& query,
                                           absl::FunctionRef<std::string(int64_t)> table_of) {
  std::vector<std::string> tables;
  for (const rollup::CountQuery::Fragment& fragment : query.fragments()) {
    for (std::string& table : TablesOfDays(fragment.piece, table_of)) {
      if (tables.empty() || tables.back() != table) tables.push_back(std::move(table));
    }
  }
  return tables;
}

}  // namespace

absl::StatusOr<std::vector<storage::v1::ConversationRecord>> Reader::LoadConversations(
    absl::string_view tenant, const std::vector<std::string>& ids) {
  std::vector<store::LoadRequest> requests(store_.partition_count());
  std::vector<std::vector<size_t>> positions(requests.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    const uint32_t partition = write::PartitionOf(ids[i], store_.partition_count());
    requests[partition].keys.push_back(ConversationKey(ids[i]));
    positions[partition].push_back(i);
  }
  for (uint32_t p = 0; p < requests.size(); ++p) requests[p].partition = {std::string(tenant), p};
  const absl::StatusOr<std::vector<store::Loaded>> loaded = store_.Load(requests);
  if (!loaded.ok()) return loaded.status();

  std::vector<storage::v1::ConversationRecord> records(ids.size());
  for (size_t p = 0; p < requests.size(); ++p) {
    for (size_t i = 0; i < positions[p].size(); ++i) {
      const size_t position = positions[p][i];
      auto record = Unpack(ids[position], (*loaded)[p].entities[i].value);
      if (!record.ok()) return record.status();
      records[position] = *std::move(record);
    }
  }
  return records;
}

absl::Status Reader::ForEachRow(absl::string_view tenant, const std::vector<std::string>& tables,
                                absl::FunctionRef<void(absl::string_view, int64_t)> visit) {
  return rollup::ReadTables(store_, tenant, tables, lasting_,
                            [&](size_t, const store::CounterLog& log) -> absl::Status {
                              store::CounterLog compact = log;
                              absl::Status status = compact.Compact();
                              if (!status.ok()) return status;
                              return compact.ForEach([&](absl::string_view row, int64_t count) {
                                if (count > 0) visit(row, count);
                              });
                            });
}

absl::Status Reader::Answer(absl::string_view tenant, rollup::CountQuery& query) {
  absl::Status status =
      rollup::ReadTables(store_, tenant, query.tables(),
                         [&](size_t table, const store::CounterLog& log) { return query.TakeTable(table, log); });
  if (!status.ok() || query.fragments().empty()) return status;
  status = ForEach<DecodeStretch>(
      tenant, TablesOfFragments(query, StretchTable), [&](const StretchFact& fact, int64_t count) {
        const rollup::CountQuery::Fragment* const fragment = FragmentAt(fact.start_ms, query);
        if (fragment == nullptr) return;
        TakeTime(*fragment, fact, false, fact.calendar_ms, count, query);
        if (fact.business_ms) TakeTime(*fragment, fact, true, *fact.business_ms, count, query);
      });
  if (!status.ok()) return status;
  return ForEach<DecodeConversation>(
      tenant, TablesOfFragments(query, ConversationTable), [&](const ConversationFact& fact, int64_t count) {
        const rollup::CountQuery::Fragment* const fragment = FragmentAt(fact.begun_ms, query);
        if (fragment == nullptr) return;
        for (const auto& [measure, times] : MeasuresOf(fact)) {
          query.TakeEvent(*fragment, fact.codes, measure, times * count);
        }
      });
}

Interval Reader::Bounded(const Interval& interval) const {
  return {interval.start, std::clamp(clock_() + absl::Hours(24), interval.start, interval.end)};
}

absl::Status Reader::Damaged(const std::vector<std::string>& tables) {
  return absl::DataLossError(
      absl::StrCat("a row of the tables from ", tables.front(), " on does not parse; restore the data folder"));
}

std::vector<std::string> TablesOfDays(const Interval& interval, absl::FunctionRef<std::string(int64_t)> table_of) {
  std::vector<std::string> tables;
  if (interval.start >= interval.end) return tables;
  const int64_t last = UtcDay(interval.end - absl::Milliseconds(1));
  for (int64_t day = UtcDay(interval.start); day <= last; ++day) tables.push_back(table_of(day));
  return tables;
}

}  // namespace rapport::response_times
