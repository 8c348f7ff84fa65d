#include "services/ratings/service/reader.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/rollup/tables.h"
#include "common/write/partition.h"
#include "services/ratings/core/record.h"
#include "services/ratings/service/recorder.h"

namespace rapport::ratings {
namespace {

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat(what, " does not parse; restore the data folder"));
}

}  // namespace

absl::Time TimeOf(int64_t day, const Fact& fact) {
  return StartOfUtcDay(day) + absl::Milliseconds(fact.millis);
}

absl::StatusOr<std::vector<storage::v1::RatingRecord>> Reader::LoadRecords(absl::string_view tenant,
                                                                           const std::vector<std::string>& rating_ids) {
  std::vector<store::LoadRequest> requests(store_.partition_count());
  std::vector<std::vector<size_t>> positions(requests.size());
  for (size_t i = 0; i < rating_ids.size(); ++i) {
    const uint32_t partition = write::PartitionOf(rating_ids[i], store_.partition_count());
    requests[partition].keys.push_back(RecordKey(rating_ids[i]));
    positions[partition].push_back(i);
  }
  for (uint32_t p = 0; p < requests.size(); ++p) requests[p].partition = {std::string(tenant), p};
  const absl::StatusOr<std::vector<store::Loaded>> loaded = store_.Load(requests);
  if (!loaded.ok()) return loaded.status();

  std::vector<storage::v1::RatingRecord> records(rating_ids.size());
  for (size_t p = 0; p < requests.size(); ++p) {
    for (size_t i = 0; i < positions[p].size(); ++i) {
      const size_t position = positions[p][i];
      auto record = Unpack(rating_ids[position], (*loaded)[p].entities[i].value);
      if (!record.ok()) return record.status();
      records[position] = *std::move(record);
    }
  }
  return records;
}

Interval Reader::Bounded(const Interval& interval) const {
  return {interval.start, std::clamp(clock_() + absl::Hours(24), interval.start, interval.end)};
}

absl::Status Reader::ForEachFact(absl::string_view tenant, const Interval& unbounded,
                                 absl::FunctionRef<void(int64_t, const Fact&, int64_t)> visit) {
  const Interval range = Bounded(unbounded);
  if (range.start == range.end) return absl::OkStatus();
  const int64_t first = UtcDay(range.start);
  const int64_t last = UtcDay(range.end - absl::Milliseconds(1));
  std::vector<std::string> tables;
  for (int64_t day = first; day <= last; ++day) tables.push_back(FactTable(day));
  return rollup::ReadTables(store_, tenant, tables, lasting_, [&](size_t table, const store::CounterLog& log) {
    const int64_t day = first + static_cast<int64_t>(table);
    const absl::Time midnight = StartOfUtcDay(day);
    const bool whole = range.start <= midnight && midnight + absl::Hours(24) <= range.end;
    bool damaged = false;
    absl::Status status = log.ForEach([&](absl::string_view field, int64_t count) {
      const std::optional<Fact> fact = DecodeFact(field);
      damaged = damaged || !fact;
      if (fact && (whole || range.Contains(TimeOf(day, *fact)))) visit(day, *fact, count);
    });
    if (damaged) status.Update(Damaged(absl::StrCat("the table of facts ", tables[table])));
    return status;
  });
}

absl::StatusOr<std::vector<std::string>> Reader::FactsOfDay(absl::string_view tenant, int64_t day) {
  std::vector<std::string> facts;
  const absl::Status read =
      rollup::ReadTables(store_, tenant, {FactTable(day)}, [&](size_t, const store::CounterLog& log) -> absl::Status {
        store::CounterLog compact = log;
        absl::Status status = compact.Compact();
        if (!status.ok()) return status;
        return compact.ForEach([&](absl::string_view field, int64_t count) {
          if (count > 0) facts.emplace_back(field);
        });
      });
  if (!read.ok()) return read;
  std::sort(facts.begin(), facts.end());
  return facts;
}

absl::Status Reader::ForEachCustomerDay(absl::string_view tenant, const std::vector<std::string>& customer_ids,
                                        absl::FunctionRef<void(const CustomerDay&, int64_t)> visit) {
  std::set<std::string> distinct;
  for (const std::string& id : customer_ids) distinct.insert(CustomerDayTable(id));
  const std::vector<std::string> tables(distinct.begin(), distinct.end());
  return rollup::ReadTables(store_, tenant, tables, lasting_, [&](size_t table, const store::CounterLog& log) {
    bool damaged = false;
    absl::Status status = log.ForEach([&](absl::string_view field, int64_t count) {
      const std::optional<CustomerDay> day = DecodeCustomerDay(field);
      damaged = damaged || !day;
      if (day) visit(*day, count);
    });
    if (damaged) status.Update(Damaged(absl::StrCat("the table of customers ", tables[table])));
    return status;
  });
}

absl::Status Reader::Answer(absl::string_view tenant, rollup::CountQuery& query) {
  absl::Status status =
      rollup::ReadTables(store_, tenant, query.tables(),
                         [&](size_t table, const store::CounterLog& log) { return query.TakeTable(table, log); });
  for (const rollup::CountQuery::Fragment& fragment : query.fragments()) {
    if (!status.ok()) return status;
    status = ForEachFact(tenant, fragment.piece, [&](int64_t, const Fact& fact, int64_t count) {
      if (fact.code != kMention) query.TakeEvent(fragment, fact.codes, fact.code, count);
    });
  }
  return status;
}

}  // namespace rapport::ratings
