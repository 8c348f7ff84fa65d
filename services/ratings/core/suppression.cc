#include "services/ratings/core/suppression.h"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "services/ratings/core/score_codes.h"
#include "services/ratings/core/suppression_bridges.h"

namespace rapport::ratings {
namespace {

// The ratings of one group in one bucket, or in the whole period. Groups, buckets and the period are numbered together.
struct Cell {
  v1::RatingFigures* figures;
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

// The cells of one scale.
class Table {
 public:
  Table(v1::Scale scale, int64_t min_group_size) : scale_(scale), min_group_size_(min_group_size) {}

  void AddRow(v1::RatingRow& row) {
    Line& bucket = LineOf(buckets_, {row.bucket().start().seconds(), row.bucket().start().nanos()});
    Line& group = LineOf(groups_, row.group());
    Cell* cell = AddCell(row, {group.number, bucket.number});
    if (cell == nullptr) return;
    bucket.parts.push_back(cell);
    group.parts.push_back(cell);
  }

  void AddTotal(v1::RatingRow& row) {
    Line& group = LineOf(groups_, row.group());
    Cell* cell = AddCell(row, {group.number, period_.number});
    if (cell == nullptr) return;
    period_.parts.push_back(cell);
    group.sum = cell;
  }

  void Withhold() {
    std::vector<Line> lines = Lines();
    do {
      for (bool changed = true; changed;) {
        changed = false;
        for (const Line& line : lines) changed = MakeSafe(line) || changed;
      }
    } while (HideAroundBridges());
    for (const Cell& cell : cells_) {
      if (!cell.hidden) continue;
      cell.figures->Clear();
      cell.figures->set_scale(scale_);
      cell.figures->set_suppressed(true);
    }
  }

 private:
  template <class Key>
  Line& LineOf(std::map<Key, Line>& lines, const Key& key) {
    Line& line = lines[key];
    if (line.number == 0) line.number = ++last_number_;
    return line;
  }

  // Null when the row has no rating on the scale: then there is nothing to hide.
  Cell* AddCell(v1::RatingRow& row, const Edge& ends) {
    for (v1::RatingFigures& figures : *row.mutable_scales()) {
      const int64_t count = figures.rating_count();
      if (figures.scale() != scale_ || count <= 0) continue;
      cells_.push_back({&figures, count, count < min_group_size_, ends});
      return &cells_.back();
    }
    return nullptr;
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
    int64_t ratings = 0;
    for (const Cell* part : line.parts) {
      if (!part->hidden) continue;
      ++parts;
      ratings += part->count;
    }
    if (line.sum != nullptr && line.sum->hidden) return parts >= 1;
    return parts == 0 || (parts >= 2 && ratings >= min_group_size_ && ratings > parts);
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
      if (cell.hidden || side[cell.ends.a] == side[cell.ends.b]) continue;
      if (smallest == nullptr || cell.count < smallest->count) smallest = &cell;
    }
    if (smallest != nullptr) smallest->hidden = true;
  }

  const v1::Scale scale_;
  const int64_t min_group_size_;
  std::deque<Cell> cells_;  // a deque, as lines point into it
  std::map<std::pair<int64_t, int32_t>, Line> buckets_;
  std::map<std::string, Line> groups_;
  Line period_;  // has number 0
  size_t last_number_ = 0;
};

void WithholdSmallDistributions(int64_t min_group_size, v1::RatingRow& row) {
  for (v1::RatingFigures& figures : *row.mutable_scales()) {
    if (figures.rating_count() <= 0 || figures.rating_count() >= min_group_size) continue;
    figures.clear_distribution();
    figures.set_suppressed(true);
  }
}

}  // namespace

void Suppress(int64_t min_group_size, bool breakdown, absl::Span<v1::RatingRow* const> rows,
              absl::Span<v1::RatingRow* const> totals) {
  if (!breakdown) {
    for (v1::RatingRow* row : rows) WithholdSmallDistributions(min_group_size, *row);
    for (v1::RatingRow* row : totals) WithholdSmallDistributions(min_group_size, *row);
    return;
  }
  for (v1::Scale scale : kScales) {
    Table table(scale, min_group_size);
    for (v1::RatingRow* row : rows) table.AddRow(*row);
    for (v1::RatingRow* row : totals) table.AddTotal(*row);
    table.Withhold();
  }
}

}  // namespace rapport::ratings
