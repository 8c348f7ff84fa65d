#include "common/rollup/count_query.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/time/civil_time.h"
#include "common/store/wrapping.h"

namespace rapport::rollup {
namespace {

constexpr int32_t kNone = -1;

absl::CivilSecond Utc(absl::Time t) {
  return absl::ToCivilSecond(t, absl::UTCTimeZone());
}
absl::Time FromUtc(absl::CivilSecond civil) {
  return absl::FromCivil(civil, absl::UTCTimeZone());
}

absl::Time SlotFloor(absl::Time t) {
  const int64_t seconds = absl::ToUnixSeconds(t);
  return absl::FromUnixSeconds(seconds - seconds % absl::ToInt64Seconds(kSlot));
}
absl::Time DayFloor(absl::Time t) {
  return FromUtc(absl::CivilSecond(absl::CivilDay(Utc(t))));
}
absl::Time MonthFloor(absl::Time t) {
  return FromUtc(absl::CivilSecond(absl::CivilMonth(Utc(t))));
}
absl::Time NextMonth(absl::Time t) {
  return FromUtc(absl::CivilSecond(absl::CivilMonth(Utc(t)) + 1));
}

// The least multiple that is not before `t`.
absl::Time SlotCeiling(absl::Time t) {
  return SlotFloor(t) == t ? t : SlotFloor(t) + kSlot;
}
absl::Time DayCeiling(absl::Time t) {
  return DayFloor(t) == t ? t : DayFloor(t) + absl::Hours(24);
}
absl::Time MonthCeiling(absl::Time t) {
  return MonthFloor(t) == t ? t : NextMonth(t);
}

int MonthDate(absl::Time t) {
  return static_cast<int>(Utc(t).year()) * 100 + Utc(t).month();
}
int DayDate(absl::Time t) {
  return MonthDate(t) * 100 + Utc(t).day();
}

// Many counts fall on few measures: adding them up in a row of all measures is quicker than sorting them.
MeasureCounts SummedInARow(const MeasureCounts& counts, Measure first, Measure last) {
  std::vector<int64_t> row(last - first + 1);
  for (const auto& [measure, count] : counts) row[measure - first] = store::WrappingAdd(row[measure - first], count);
  MeasureCounts summed;
  for (size_t i = 0; i < row.size(); ++i) {
    if (row[i] != 0) summed.emplace_back(first + static_cast<Measure>(i), row[i]);
  }
  return summed;
}

// Each measure once, ascending, none with 0.
MeasureCounts Summed(MeasureCounts counts) {
  if (counts.empty()) return counts;
  const auto [first, last] = std::minmax_element(counts.begin(), counts.end());
  if (last->first - first->first < 4 * counts.size()) return SummedInARow(counts, first->first, last->first);
  std::sort(counts.begin(), counts.end());
  size_t kept = 0;
  for (size_t i = 0; i < counts.size();) {
    std::pair<Measure, int64_t> sum = counts[i];
    for (++i; i < counts.size() && counts[i].first == sum.first; ++i) {
      sum.second = store::WrappingAdd(sum.second, counts[i].second);
    }
    if (sum.second != 0) counts[kept++] = sum;
  }
  counts.resize(kept);
  return counts;
}

DimensionSet Pair(common::v1::Dimension a, common::v1::Dimension b) {
  return {std::min(a, b), std::max(a, b)};
}

}  // namespace

CountQuery::CountQuery(Question question) : question_(std::move(question)) {
  sets_.push_back({});
  if (question_.group_by) sets_.push_back({question_.group_by, std::nullopt});
  if (question_.filter) sets_.push_back({question_.filter->dimension, std::nullopt});
  if (question_.group_by && question_.filter) sets_.push_back(Pair(*question_.group_by, question_.filter->dimension));
  // With a filter on a value, marginals over all values of the filter's dimension are in no sum.
  if (question_.filter && question_.filter->code != kNoValue) {
    std::erase_if(sets_, [&](const DimensionSet& set) {
      return set.first != question_.filter->dimension && set.second != question_.filter->dimension;
    });
  }
  counted_.resize(sets_.size());

  TableTimes times;
  for (size_t i = 0; i < question_.intervals.size(); ++i) CoverInterval(static_cast<int>(i), times);
  for (const auto& [time, intervals] : times) {
    for (size_t set = 0; set < sets_.size(); ++set) {
      for (const Family family : question_.families) {
        tables_.push_back(TableName(time.first, sets_[set], time.second, family));
        reads_.push_back({set, family, intervals});
      }
    }
  }
}

// Cuts the interval into whole months, whole days, whole slots and, where it cuts a slot, fragments.
void CountQuery::CoverInterval(int interval, TableTimes& times) {
  const auto mark = [&](Level level, int date, int first, int last) {
    auto [entry, added] = times.try_emplace({level, date});
    if (added) entry->second.fill(kNone);
    std::fill(entry->second.begin() + first, entry->second.begin() + last, interval);
  };
  const auto mark_slots = [&](absl::Time start, absl::Time end) {
    if (start >= end) return;
    const absl::Time day = DayFloor(start);
    mark(Level::kSlots, DayDate(day), static_cast<int>((start - day) / kSlot), static_cast<int>((end - day) / kSlot));
  };
  const auto mark_days = [&](absl::Time start, absl::Time end) {
    if (start >= end) return;
    const int first = Utc(start).day();
    mark(Level::kDays, MonthDate(start), first, first + static_cast<int>((end - start) / absl::Hours(24)));
  };

  const Interval whole = question_.intervals[interval];
  if (whole.start >= whole.end) return;
  const auto mark_months = [&](absl::Time start, absl::Time end) {
    for (absl::Time month = start; month < end; month = NextMonth(month)) mark(Level::kMonth, MonthDate(month), 0, 1);
  };
  if (question_.pairs == Pairs::kMonthsOnly && question_.group_by && question_.filter) {
    const absl::Time start = MonthCeiling(whole.start);
    const absl::Time end = MonthFloor(whole.end);
    if (start > end) {
      fragments_.push_back({whole, interval});
      return;
    }
    if (whole.start < start) fragments_.push_back({{whole.start, start}, interval});
    mark_months(start, end);
    if (end < whole.end) fragments_.push_back({{end, whole.end}, interval});
    return;
  }
  const absl::Time slots_start = SlotCeiling(whole.start);
  const absl::Time slots_end = SlotFloor(whole.end);
  if (slots_start > slots_end) {
    fragments_.push_back({whole, interval});
    return;
  }
  if (whole.start < slots_start) fragments_.push_back({{whole.start, slots_start}, interval});
  if (slots_end < whole.end) fragments_.push_back({{slots_end, whole.end}, interval});

  const absl::Time days_start = DayCeiling(slots_start);
  const absl::Time days_end = DayFloor(slots_end);
  if (days_start > days_end) return mark_slots(slots_start, slots_end);
  mark_slots(slots_start, days_start);
  mark_slots(days_end, slots_end);

  const absl::Time months_start = MonthCeiling(days_start);
  const absl::Time months_end = MonthFloor(days_end);
  if (months_start > months_end) return mark_days(days_start, days_end);
  mark_days(days_start, months_start);
  mark_days(months_end, days_end);
  mark_months(months_start, months_end);
}

void CountQuery::CountCell(size_t set, const Place& place, Measure measure, int64_t delta) {
  const bool by_value = question_.filter && question_.filter->code != kNoValue;
  if (by_value && place.filter != question_.filter->code) return;
  Counted& counted = counted_[set];
  if (place != counted.last) {
    const auto [found, added] = counted.positions.try_emplace(place, counted.counts.size());
    if (added) counted.counts.emplace_back();
    counted.last = place;
    counted.last_position = found->second;
  }
  counted.counts[counted.last_position].emplace_back(measure, delta);
}

absl::Status CountQuery::TakeTable(size_t table, const store::CounterLog& log) {
  const Read& read = reads_[table];
  const DimensionSet& set = sets_[read.set];
  const auto code_of = [&](const std::optional<common::v1::Dimension>& dimension, const Cell& cell) {
    if (!dimension) return kNoValue;
    if (set.first == dimension) return cell.first;
    return set.second == dimension ? cell.second : kNoValue;
  };
  const std::optional<common::v1::Dimension> filter_dimension =
      question_.filter ? std::optional(question_.filter->dimension) : std::nullopt;
  bool damaged = false;
  absl::Status status = log.ForEach([&](absl::string_view field, int64_t delta) {
    const std::optional<Cell> cell = DecodeCell(field);
    if (!cell || cell->position >= kSlotsPerDay) {
      damaged = true;
      return;
    }
    const int32_t interval = read.intervals[cell->position];
    if (interval == kNone) return;
    const Measure measure = read.family * kFamilySize + cell->measure;
    CountCell(read.set, {interval, code_of(question_.group_by, *cell), code_of(filter_dimension, *cell)}, measure,
              delta);
  });
  if (!status.ok()) return status;
  if (damaged) return absl::DataLossError("a counter table holds a field that is no cell; restore the data folder");
  return absl::OkStatus();
}

void CountQuery::TakeEvent(const Fragment& fragment, const Codes& codes, Measure measure, int64_t delta) {
  const std::vector<Family>& families = question_.families;
  if (std::find(families.begin(), families.end(), FamilyOf(measure)) == families.end()) return;
  for (size_t i = 0; i < sets_.size(); ++i) {
    const DimensionSet& set = sets_[i];
    Code group = kNoValue;
    Code filter = kNoValue;
    bool has_values = true;
    for (const auto& dimension : {set.first, set.second}) {
      if (!dimension) continue;
      const Code code = codes[IndexOf(*dimension)];
      has_values = has_values && code != kNoValue;
      (dimension == question_.group_by ? group : filter) = code;
    }
    if (has_values) CountCell(i, {fragment.interval, group, filter}, measure, delta);
  }
}

// Events without a value are in no table of that dimension: they are what the totals have beyond the sum of all values.
std::vector<CountRow> CountQuery::Rows() const {
  const bool filter_unset = question_.filter && question_.filter->code == kNoValue;
  std::map<std::pair<int32_t, Code>, MeasureCounts> sums;
  const auto add = [&sums](int32_t interval, Code group, const MeasureCounts& counts, int64_t sign) {
    MeasureCounts& sum = sums[{interval, group}];
    sum.reserve(sum.size() + counts.size());
    for (const auto& [measure, count] : counts) {
      sum.emplace_back(measure, sign < 0 ? store::WrappingNegate(count) : count);
    }
  };
  for (size_t i = 0; i < sets_.size(); ++i) {
    const bool has_group =
        question_.group_by && (sets_[i].first == question_.group_by || sets_[i].second == question_.group_by);
    const bool has_filter = question_.filter && (sets_[i].first == question_.filter->dimension ||
                                                 sets_[i].second == question_.filter->dimension);
    const int64_t sign = filter_unset && has_filter ? -1 : 1;
    for (const auto& [place, position] : counted_[i].positions) {
      const MeasureCounts counts = Summed(counted_[i].counts[position]);
      add(place.interval, place.group, counts, sign);
      if (has_group) add(place.interval, kNoValue, counts, -sign);
    }
  }
  std::vector<CountRow> rows;
  for (auto& [place, counts] : sums) {
    MeasureCounts summed = Summed(std::move(counts));
    if (!summed.empty()) rows.push_back({place.first, place.second, std::move(summed)});
  }
  return rows;
}

}  // namespace rapport::rollup
