#ifndef RAPPORT_COMMON_ROLLUP_TABLES_H_
#define RAPPORT_COMMON_ROLLUP_TABLES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/store/store.h"

namespace rapport::rollup {

// Reads each table from every partition of the tenant, in as few round trips as bounded memory allows, and calls
// `visit` with its position in `tables` for each partition. Ends with the first error. `lasting` as in store::TableRef.
absl::Status ReadTables(store::Store& store, absl::string_view tenant, const std::vector<std::string>& tables,
                        bool lasting,
                        absl::FunctionRef<absl::Status(size_t table, const store::CounterLog& log)> visit);

// For figures.
inline absl::Status ReadTables(store::Store& store, absl::string_view tenant, const std::vector<std::string>& tables,
                               absl::FunctionRef<absl::Status(size_t table, const store::CounterLog& log)> visit) {
  return ReadTables(store, tenant, tables, false, visit);
}

}  // namespace rapport::rollup

#endif  // RAPPORT_COMMON_ROLLUP_TABLES_H_
