#include "common/rollup/suppression_bridges.h"

#include <random>

namespace rapport::rollup {

Bridges::Bridges(size_t vertex_count, absl::Span<const Edge> edges)
    : parent_(vertex_count, kNone),
      parent_edge_(vertex_count, kNone),
      child_(edges.size(), kNone),
      cover_(vertex_count, 0) {
  GrowForest(edges);
  CoverTreeEdges(edges);
}

void Bridges::GrowForest(absl::Span<const Edge> edges) {
  std::vector<std::vector<size_t>> edges_at(parent_.size());
  for (size_t edge = 0; edge < edges.size(); ++edge) {
    edges_at[edges[edge].a].push_back(edge);
    edges_at[edges[edge].b].push_back(edge);
  }
  std::vector<bool> reached(parent_.size(), false);
  for (size_t root = 0; root < parent_.size(); ++root) {
    if (reached[root]) continue;
    reached[root] = true;
    order_.push_back(root);
    for (size_t next = order_.size() - 1; next < order_.size(); ++next) {
      const size_t vertex = order_[next];
      for (size_t edge : edges_at[vertex]) {
        const size_t other = edges[edge].a == vertex ? edges[edge].b : edges[edge].a;
        if (reached[other]) continue;
        reached[other] = true;
        parent_[other] = vertex;
        parent_edge_[other] = edge;
        child_[edge] = other;
        order_.push_back(other);
      }
    }
  }
}

// An edge outside the forest closes a cycle, so the forest's edges between its ends are no bridges. Its random mark,
// put on both ends, cancels out in every subtree that holds both. A subtree whose marks come to 0 has no way out but
// the edge to its parent; that several marks cancel out by chance is as likely as guessing 64 bits.
void Bridges::CoverTreeEdges(absl::Span<const Edge> edges) {
  std::mt19937_64 marks;  // always from the same seed, so that a graph always gives the same answer
  for (size_t edge = 0; edge < edges.size(); ++edge) {
    if (child_[edge] != kNone) continue;
    const uint64_t mark = marks();
    cover_[edges[edge].a] ^= mark;
    cover_[edges[edge].b] ^= mark;
  }
  for (auto vertex = order_.rbegin(); vertex != order_.rend(); ++vertex) {
    if (parent_[*vertex] != kNone) cover_[parent_[*vertex]] ^= cover_[*vertex];
  }
}

bool Bridges::IsBridge(size_t edge) const {
  return child_[edge] != kNone && cover_[child_[edge]] == 0;
}

std::vector<bool> Bridges::Side(size_t edge) const {
  std::vector<bool> below(parent_.size(), false);
  for (size_t vertex : order_) {
    below[vertex] = parent_edge_[vertex] == edge || (parent_[vertex] != kNone && below[parent_[vertex]]);
  }
  return below;
}

}  // namespace rapport::rollup
