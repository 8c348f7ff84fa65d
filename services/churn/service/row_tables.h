#ifndef RAPPORT_SERVICES_CHURN_SERVICE_ROW_TABLES_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_ROW_TABLES_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/store/stable_hash.h"

// Where the rows of customers lie: in each partition, in pieces by the hash of the customer's id, each piece a table of
// counters whose fields are rows and whose counts are 1.
namespace rapport::churn {

inline constexpr uint32_t kRowPieces = 64;

// The table with a counter for each piece, by its number, that grows whenever the piece changes.
inline constexpr char kRowVersions[] = "rows";

// Of other bits than the partition.
constexpr uint32_t RowPieceOf(absl::string_view customer_id) {
  return static_cast<uint32_t>(store::StableHash(customer_id) % kRowPieces);
}

inline std::string RowTable(uint32_t piece) {
  return absl::StrCat("rows.", piece);
}

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_ROW_TABLES_H_
