#include "common/rollup/suppression_bridges.h"

#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace rapport::rollup {
namespace {

// The vertices that can be reached without the edge.
std::vector<bool> ReachedWithout(size_t edge, size_t vertices, const std::vector<Edge>& edges) {
  std::vector<bool> reached(vertices, false);
  reached[edges[edge].a] = true;
  for (size_t pass = 0; pass < vertices; ++pass) {
    for (size_t i = 0; i < edges.size(); ++i) {
      if (i == edge || (!reached[edges[i].a] && !reached[edges[i].b])) continue;
      reached[edges[i].a] = reached[edges[i].b] = true;
    }
  }
  return reached;
}

TEST(BridgesTest, AgreesWithTakingEachEdgeAway) {
  std::mt19937_64 random(9);
  for (int round = 0; round < 500; ++round) {
    const size_t vertices = 2 + random() % 12;
    std::vector<Edge> edges(random() % 18);
    for (Edge& edge : edges) {
      edge.a = random() % vertices;
      edge.b = (edge.a + 1 + random() % (vertices - 1)) % vertices;
    }
    const Bridges bridges(vertices, edges);
    for (size_t i = 0; i < edges.size(); ++i) {
      const std::vector<bool> reached = ReachedWithout(i, vertices, edges);
      ASSERT_EQ(bridges.IsBridge(i), !reached[edges[i].b]);
      if (!bridges.IsBridge(i)) continue;
      const std::vector<bool> side = bridges.Side(i);
      EXPECT_NE(side[edges[i].a], side[edges[i].b]);
      for (size_t j = 0; j < edges.size(); ++j) {
        if (j == i) continue;
        EXPECT_EQ(side[edges[j].a], side[edges[j].b]);
      }
    }
  }
}

TEST(BridgesTest, TakesEmptyGraphs) {
  const Bridges none(0, {});
  const Bridges unconnected(3, {});
}

}  // namespace
}  // namespace rapport::rollup
