// The sketch on the times in which real incidents were first attended to (incidents.py).

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "common/stats/sketch.h"
#include "gtest/gtest.h"
#include "tests/stats/durations.h"

namespace rapport::stats {
namespace {

constexpr double kHourMs = 3'600'000;

std::vector<int64_t> ReadIncidents() {
  const std::string printed = testing::TempDir() + "/stats_incidents.txt";
  const std::string command = "/usr/bin/python3 " INCIDENTS_SCRIPT " " INCIDENTS_ARCHIVE " > " + printed;
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  std::vector<int64_t> durations;
  std::ifstream file(printed);
  for (int64_t ms; file >> ms;) durations.push_back(ms);
  std::remove(printed.c_str());
  return durations;
}

TEST(IncidentsTest, QuantilesAreWithinOnePercent) {
  ExpectQuantilesWithinOnePercent(ReadIncidents());
}

TEST(IncidentsTest, FiguresAreTheKnownOnes) {
  const Sketch sketch(CountsOf(ReadIncidents()));
  EXPECT_EQ(sketch.size(), 24'916);
  const struct {
    double probability, hours;
  } known[] = {{0.5, 0.35}, {0.85, 47.82}, {0.9, 93.41}, {0.95, 183.9}, {0.99, 618.3}};
  for (const auto& [probability, hours] : known) {
    EXPECT_NEAR(sketch.Quantile(probability, 0.95)->value / kHourMs, hours, 0.01 * hours);
  }
  const auto share = [&](double hours) {
    return static_cast<double>(sketch.RankOf(std::llround(hours * kHourMs)).count) / 24'916;
  };
  EXPECT_NEAR(share(1), 0.594, 0.0005);
  EXPECT_NEAR(share(6), 0.711, 0.0005);
}

}  // namespace
}  // namespace rapport::stats
