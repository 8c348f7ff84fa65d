#include "common/rollup/tables.h"

#include <algorithm>

namespace rapport::rollup {
namespace {

// Bounds what one round trip holds in memory.
constexpr size_t kTablesPerRead = 1024;

}  // namespace

absl::Status ReadTables(store::Store& store, absl::string_view tenant, const std::vector<std::string>& tables,
                        bool lasting, absl::FunctionRef<absl::Status(size_t, const store::CounterLog&)> visit) {
  const size_t tables_per_read = std::max<size_t>(1, kTablesPerRead / store.partition_count());
  for (size_t begin = 0; begin < tables.size(); begin += tables_per_read) {
    const size_t end = std::min(tables.size(), begin + tables_per_read);
    std::vector<store::TableRef> refs;
    for (size_t table = begin; table < end; ++table) {
      for (uint32_t p = 0; p < store.partition_count(); ++p) {
        refs.push_back({{std::string(tenant), p}, tables[table], lasting});
      }
    }
    const absl::StatusOr<std::vector<store::CounterLog>> logs = store.ReadCounters(refs);
    if (!logs.ok()) return logs.status();
    for (size_t i = 0; i < logs->size(); ++i) {
      absl::Status visited = visit(begin + i / store.partition_count(), (*logs)[i]);
      if (!visited.ok()) return visited;
    }
  }
  return absl::OkStatus();
}

}  // namespace rapport::rollup
