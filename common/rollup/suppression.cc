#include "common/rollup/suppression.h"

#include <algorithm>
#include <cstddef>
#include <map>

#include "common/rollup/suppression_bridges.h"

namespace rapport::rollup {
namespace {

// One group in one bucket, or in the whole period. Groups, buckets and the period are numbered together.
struct Cell {
  int64_t count;
  bool hidden;
  Edge ends;
};

// Cells that add up to something: to a cell, or to a number that everyone may know.
struct Line {
  size_t number = 0;
  std::vector<Cell*> parts;
  Cell* sum = nullptr;
};

class Table {
 public:
  Table(int64_t min_group_size, absl::Span<const GroupCount> counts) : min_group_size_(min_group_size) {
    cells_.reserve(counts.size());  // lines point into it
    for (const GroupCount& each : counts) Add(each);
  }

  std::vector<bool> Withhold() {
    std::vector<Line> lines = Lines();
    do {
      for (bool changed = true; changed;) {
        changed = false;
        for (const Line& line : lines) changed = MakeSafe(line) || changed;
      }
    } while (HideAroundBridges());
    std::vector<bool> hidden;
    for (const Cell& cell : cells_) hidden.push_back(cell.hidden);
    return hidden;
  }

 private:
  template <class Key>
  Line& LineOf(std::map<Key, Line>& lines, const Key& key) {
    Line& line = lines[key];
    if (line.number == 0) line.number = ++last_number_;
    return line;
  }

  // Where nothing was counted there is nothing to hide, nor to hide behind: such a cell is part of no line.
  void Add(const GroupCount& each) {
    Line& group = LineOf(groups_, each.group);
    Line& across = each.bucket ? LineOf(buckets_, *each.bucket) : period_;
    const bool small = each.count > 0 && each.count < min_group_size_;
    Cell& cell = cells_.emplace_back(Cell{each.count, small, {group.number, across.number}});
    if (each.count <= 0) return;
    across.parts.push_back(&cell);
    if (each.bucket) {
      group.parts.push_back(&cell);
    } else {
      group.sum = &cell;
    }
  }

  std::vector<Line> Lines() const {
    std::vector<Line> lines = {period_};
    for (const auto& [bucket, line] : buckets_) lines.push_back(line);
    for (const auto& [group, line] : groups_) {
      if (line.sum != nullptr) lines.push_back(line);
    }
    for (Line& line : lines) {
      std::stable_sort(line.parts.begin(), line.parts.end(),
                       [](const Cell* a, const Cell* b) { return a->count < b->count; });
    }
    return lines;
  }

  // Whether nothing hidden can be told from the other cells of the line.
  bool IsSafe(const Line& line) const {
    int64_t parts = 0;
    int64_t count = 0;
    for (const Cell* part : line.parts) {
      if (!part->hidden) continue;
      ++parts;
      count += part->count;
    }
    if (line.sum != nullptr && line.sum->hidden) return parts >= 1;
    return parts == 0 || (parts >= 2 && count >= min_group_size_ && count > parts);
  }

  // Hides parts, the smallest first, then the sum, until the line is safe or all hidden. Returns whether it hid any.
  bool MakeSafe(const Line& line) const {
    bool changed = false;
    for (auto part = line.parts.begin(); part != line.parts.end() && !IsSafe(line); ++part) {
      changed = changed || !(*part)->hidden;
      (*part)->hidden = true;
    }
    if (line.sum != nullptr && !line.sum->hidden && !IsSafe(line)) changed = line.sum->hidden = true;
    return changed;
  }

  // Hides one more cell for each hidden one that follows from all sums together though not from those of one line;
  // those that follow even when everything is hidden are past help. Returns whether it hid any.
  bool HideAroundBridges() {
    if (period_.parts.empty()) return false;  // without totals no sum crosses another
    std::vector<Edge> all;
    std::vector<Edge> hidden;
    std::vector<size_t> index_in_all;  // of a hidden cell
    for (const Cell& cell : cells_) {
      if (cell.count <= 0) continue;
      if (cell.hidden) {
        hidden.push_back(cell.ends);
        index_in_all.push_back(all.size());
      }
      all.push_back(cell.ends);
    }
    const Bridges past_help(last_number_ + 1, all);
    const Bridges told(last_number_ + 1, hidden);
    bool changed = false;
    for (size_t i = 0; i < hidden.size(); ++i) {
      if (!told.IsBridge(i) || past_help.IsBridge(index_in_all[i])) continue;
      HideSmallestAcross(told.Side(i));
      changed = true;
    }
    return changed;
  }

  // Hides the smallest shown cell with one end on each side, which closes a cycle, or goes on with one.
  void HideSmallestAcross(const std::vector<bool>& side) {
    Cell* smallest = nullptr;
    for (Cell& cell : cells_) {
      if (cell.count <= 0 || cell.hidden || side[cell.ends.a] == side[cell.ends.b]) continue;
      if (smallest == nullptr || cell.count < smallest->count) smallest = &cell;
    }
    if (smallest != nullptr) smallest->hidden = true;
  }

  const int64_t min_group_size_;
  std::vector<Cell> cells_;
  std::map<absl::Time, Line> buckets_;
  std::map<std::string, Line> groups_;
  Line period_;  // has number 0
  size_t last_number_ = 0;
};

}  // namespace

std::vector<bool> Withhold(int64_t min_group_size, absl::Span<const GroupCount> counts) {
  return Table(min_group_size, counts).Withhold();
}

}  // namespace rapport::rollup
