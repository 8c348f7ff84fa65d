#ifndef RAPPORT_COMMON_ROLLUP_CELLS_H_
#define RAPPORT_COMMON_ROLLUP_CELLS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/rollup/dimensions.h"
#include "common/write/changes.h"

// Counters over time. Every measured event is counted at three levels (its UTC month, UTC day and 15-minute slot), in
// total, under each of its dimension values and under each pair of them: any range, zone, group and filter is then a
// sum over few cells, however many events there were. Every zone's offset is a multiple of 15 minutes.
namespace rapport::rollup {

// What is counted: a service's own numbers, below kMeasureLimit. Measures that are asked for together belong to one
// family, which has tables of its own: a question reads the families that it needs.
using Measure = uint32_t;
using Family = uint32_t;
inline constexpr Measure kFamilySize = 1 << 12;
inline constexpr Measure kMeasureLimit = 512 * kFamilySize;
constexpr Family FamilyOf(Measure measure) {
  return measure / kFamilySize;
}

inline constexpr int kSlotsPerDay = 96;
inline constexpr absl::Duration kSlot = absl::Minutes(15);

// Tables by how finely they cut time. Cells of a month table have no position; those of a days table have the day of
// the month (1 to 31); those of a slots table the slot of the day (0 to 95).
enum class Level : char { kMonth = 'm', kDays = 'd', kSlots = 's' };

// Which dimensions a table's cells are cut by: none, one, or two with `first` < `second`.
struct DimensionSet {
  std::optional<common::v1::Dimension> first;
  std::optional<common::v1::Dimension> second;

  friend bool operator==(const DimensionSet&, const DimensionSet&) = default;
};

// Names the table; `date` is yyyymm for months and days, yyyymmdd for slots.
std::string TableName(Level level, const DimensionSet& set, int date, Family family = 0);

// One counter's place inside its table. Codes of dimensions that the table is not cut by are kNoValue.
struct Cell {
  uint8_t position = 0;
  Code first = kNoValue;
  Code second = kNoValue;
  Measure measure = 0;  // within its family
};

std::string EncodeCell(const Cell& cell);
// Nothing when the bytes are not a cell.
std::optional<Cell> DecodeCell(absl::string_view bytes);

// At which levels pairs of dimensions are counted. A measure with many values, such as the buckets of a sketch, has
// hardly two events in one cell of a pair and a day: there, events take less room than cells, and are as quickly read.
enum class Pairs { kAllLevels, kMonthsOnly };

// Counts an event of `measure` at `time` `delta` times in all its cells.
void Count(absl::Time time, const Codes& codes, Measure measure, int64_t delta, write::Changes& changes,
           Pairs pairs = Pairs::kAllLevels);

}  // namespace rapport::rollup

#endif  // RAPPORT_COMMON_ROLLUP_CELLS_H_
