#ifndef RAPPORT_COMMON_ROLLUP_SUPPRESSION_BRIDGES_H_
#define RAPPORT_COMMON_ROLLUP_SUPPRESSION_BRIDGES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace rapport::rollup {

struct Edge {
  size_t a = 0;
  size_t b = 0;
};

// The bridges of an undirected graph: the edges without which their two ends would be in separate parts. Takes time in
// proportion to the graph.
//
// Why suppression asks: in a table whose row and column sums are known, let rows and columns be the vertices and hidden
// cells the edges. The sums fix the value of a hidden cell exactly when it is a bridge; any cycle of hidden cells can
// be raised and lowered by turns without changing a sum.
class Bridges {
 public:
  Bridges(size_t vertex_count, absl::Span<const Edge> edges);

  bool IsBridge(size_t edge) const;

  // For each vertex, whether it is on one, always the same, side of the bridge.
  std::vector<bool> Side(size_t edge) const;

 private:
  static constexpr size_t kNone = SIZE_MAX;

  // Each connected part as a tree that grows from one of its vertices.
  void GrowForest(absl::Span<const Edge> edges);
  void CoverTreeEdges(absl::Span<const Edge> edges);

  std::vector<size_t> order_;        // the vertices, each after its parent
  std::vector<size_t> parent_;       // by vertex; none at roots
  std::vector<size_t> parent_edge_;  // by vertex; none at roots
  std::vector<size_t> child_;        // by edge: the end away from the root; none for edges that are not of the forest
  // By vertex: the exclusive or of the marks of the edges outside the forest that lead out of the vertex's subtree.
  std::vector<uint64_t> cover_;
};

}  // namespace rapport::rollup

#endif  // RAPPORT_COMMON_ROLLUP_SUPPRESSION_BRIDGES_H_
