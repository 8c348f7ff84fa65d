#include "common/write/changes.h"

#include <utility>

namespace rapport::write {

void Changes::Add(absl::string_view table, absl::string_view field, int64_t delta) {
  auto [deltas, unused] = tables_.try_emplace(table);
  auto [sum, added] = deltas->second.try_emplace(field, delta);
  if (!added) sum->second += delta;
}

void Changes::Drop(absl::string_view table) {
  dropped_tables_.emplace(table);
}

void Changes::Rank(absl::string_view index, absl::string_view member, std::optional<int64_t> score) {
  ranks_[{std::string(index), std::string(member)}] = score;
}

std::string& Changes::StreamEntry(absl::string_view stream) {
  return stream_entries_[stream];
}

void Changes::MoveInto(store::Mutation& mutation) && {
  for (const auto& [table, deltas] : tables_) {
    store::CounterLog log;
    for (const auto& [field, delta] : deltas) {
      if (delta != 0) log.Add(field, delta);
    }
    if (!log.empty()) mutation.adds.push_back({table, std::move(log)});
  }
  mutation.dropped_tables.assign(dropped_tables_.begin(), dropped_tables_.end());
  for (const auto& [key, score] : ranks_) mutation.ranks.push_back({key.first, key.second, score});
  for (auto& [stream, value] : stream_entries_) mutation.appends.push_back({stream, std::move(value)});
}

}  // namespace rapport::write
