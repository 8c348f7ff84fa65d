#include "common/rollup/cells.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "absl/time/civil_time.h"

namespace rapport::rollup {
namespace {

using common::v1::DIMENSION_AGENT;
using common::v1::DIMENSION_CHANNEL;

using Counters = std::map<std::pair<std::string, std::string>, int64_t>;

Counters Counted(absl::Time time, const Codes& codes, Measure measure, int64_t delta) {
  write::Changes changes;
  Count(time, codes, measure, delta, changes);
  store::Mutation mutation;
  std::move(changes).MoveInto(mutation);
  Counters counters;
  for (const store::Add& add : mutation.adds) {
    for (const auto& [field, count] : add.deltas.Sum()) counters[{add.table, field}] = count;
  }
  return counters;
}

TEST(CellTest, SurvivesTheRoundTrip) {
  for (const int position : {0, 1, 31, 95, 255}) {
    for (const int measure : {0, 1, 127, 128, 70'000, static_cast<int>(kMeasureLimit) - 1}) {
      for (const int first : {0, 1, 127, 128, 16'383, 16'384, 65'535}) {
        for (const int second : {0, 1, 300, 65'535}) {
          const Cell cell{static_cast<uint8_t>(position), static_cast<Code>(first), static_cast<Code>(second),
                          static_cast<Measure>(measure)};
          const std::optional<Cell> decoded = DecodeCell(EncodeCell(cell));
          ASSERT_TRUE(decoded.has_value());
          EXPECT_EQ(decoded->position, cell.position);
          EXPECT_EQ(decoded->measure, cell.measure);
          EXPECT_EQ(decoded->first, cell.first);
          EXPECT_EQ(decoded->second, cell.second);
        }
      }
    }
  }
}

TEST(CellTest, RefusesWhatIsNoCell) {
  const std::string good = EncodeCell({7, 300, 65'535, 9});
  for (size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(DecodeCell(good.substr(0, size))) << size;
  EXPECT_FALSE(DecodeCell(good + '\0'));
  EXPECT_FALSE(DecodeCell("\x01\x01\x80\x80\x04\x01"));          // the code 65536
  EXPECT_FALSE(DecodeCell("\x01\x01\xff\xff\xff\xff\xff\xff"));  // a code without an end
}

TEST(CellTest, DecodingOfAnyBytesIsSafe) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 10, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    const std::optional<Cell> cell = DecodeCell(bytes);
    if (!cell) continue;
    EXPECT_LE(EncodeCell(*cell).size(), bytes.size());
  }
}

TEST(TableNameTest, TellsTheFamilyOfMeasures) {
  EXPECT_EQ(TableName(Level::kSlots, {}, 20'251'130, 7), "s0020251130.007");
}

TEST(TableNameTest, TellsLevelDimensionsAndDate) {
  const DimensionSet none;
  const DimensionSet pair{DIMENSION_AGENT, DIMENSION_CHANNEL};
  EXPECT_EQ(TableName(Level::kMonth, none, 202'511), "m00202511");
  EXPECT_EQ(TableName(Level::kDays, {DIMENSION_AGENT, std::nullopt}, 202'511), "d10202511");
  EXPECT_EQ(TableName(Level::kSlots, pair, 20'251'130), "s1320251130");
}

TEST(CountTest, CountsAtEveryLevelUnderEveryValueAndPair) {
  const absl::Time time = absl::FromCivil(absl::CivilSecond(2025, 11, 30, 23, 59, 59), absl::UTCTimeZone());
  Codes codes{};
  codes[IndexOf(DIMENSION_AGENT)] = 5;
  codes[IndexOf(DIMENSION_CHANNEL)] = 9;
  const auto sets = {std::tuple(DimensionSet{}, Code{0}, Code{0}),
                     std::tuple(DimensionSet{DIMENSION_AGENT, std::nullopt}, Code{5}, Code{0}),
                     std::tuple(DimensionSet{DIMENSION_CHANNEL, std::nullopt}, Code{9}, Code{0}),
                     std::tuple(DimensionSet{DIMENSION_AGENT, DIMENSION_CHANNEL}, Code{5}, Code{9})};
  Counters expected;
  for (const auto& [set, first, second] : sets) {
    expected[{TableName(Level::kMonth, set, 202'511), EncodeCell({0, first, second, 42})}] = 3;
    expected[{TableName(Level::kDays, set, 202'511), EncodeCell({30, first, second, 42})}] = 3;
    expected[{TableName(Level::kSlots, set, 20'251'130), EncodeCell({95, first, second, 42})}] = 3;
  }
  EXPECT_EQ(Counted(time, codes, 42, 3), expected);
}

TEST(CountTest, EventWithoutValuesIsCountedInTotalOnly) {
  EXPECT_EQ(Counted(absl::UnixEpoch(), Codes{}, 1, -1).size(), 3u);
}

TEST(CountTest, TakingBackLeavesNothing) {
  Codes codes{};
  codes.fill(2);
  write::Changes changes;
  Count(absl::FromUnixSeconds(1'700'000'000), codes, 1, +1, changes);
  Count(absl::FromUnixSeconds(1'700'000'000), codes, 1, -1, changes);
  store::Mutation mutation;
  std::move(changes).MoveInto(mutation);
  EXPECT_TRUE(mutation.adds.empty());
}

}  // namespace
}  // namespace rapport::rollup
