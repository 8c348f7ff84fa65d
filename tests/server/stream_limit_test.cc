#include "common/server/stream_limit.h"

#include <gtest/gtest.h>

#include <vector>

namespace rapport::server {
namespace {

TEST(StreamLimitTest, LetsEachTenantHaveSoMany) {
  StreamLimit limit(2);
  const auto first = limit.Enter("acme");
  auto second = limit.Enter("acme");
  EXPECT_NE(first, nullptr);
  EXPECT_NE(second, nullptr);
  EXPECT_EQ(limit.Enter("acme"), nullptr);
  EXPECT_NE(limit.Enter("globex"), nullptr);
  second = nullptr;
  EXPECT_NE(limit.Enter("acme"), nullptr);
}

TEST(StreamLimitTest, KnowsNoLimitAtZero) {
  StreamLimit limit(0);
  std::vector<std::unique_ptr<StreamLimit::Place>> places;
  for (int i = 0; i < 1000; ++i) places.push_back(limit.Enter("acme"));
  for (const auto& place : places) EXPECT_NE(place, nullptr);
}

}  // namespace
}  // namespace rapport::server
