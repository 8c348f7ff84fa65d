#include "common/store/counter_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <string>

namespace rapport::store {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

TEST(CounterLogTest, SumsWhatWasAdded) {
  CounterLog log;
  log.Add("a", 3);
  log.Add("b", -2);
  log.Add("a", 4);
  EXPECT_THAT(log.Sum(), UnorderedElementsAre(Pair("a", 7), Pair("b", -2)));
}

TEST(CounterLogTest, LeavesOutFieldsThatCancelOut) {
  CounterLog log;
  log.Add("a", 3);
  log.Add("b", 1);
  log.Add("a", -3);
  EXPECT_THAT(log.Sum(), UnorderedElementsAre(Pair("b", 1)));
}

TEST(CounterLogTest, KeepsFieldsOfAnyBytesAndExtremeDeltas) {
  const std::string binary("\0{\n}\xff", 5);
  CounterLog log;
  log.Add(binary, std::numeric_limits<int64_t>::min());
  log.Add("", std::numeric_limits<int64_t>::max());
  log.Add(std::string(1000, 'x'), 1);
  EXPECT_THAT(log.Sum(),
              UnorderedElementsAre(Pair(binary, std::numeric_limits<int64_t>::min()),
                                   Pair("", std::numeric_limits<int64_t>::max()), Pair(std::string(1000, 'x'), 1)));
}

TEST(CounterLogTest, WrapsAroundSoThatOrderDoesNotMatter) {
  CounterLog log;
  log.Add("a", std::numeric_limits<int64_t>::max());
  log.Add("a", 1);
  log.Add("a", -1);
  EXPECT_THAT(log.Sum(), UnorderedElementsAre(Pair("a", std::numeric_limits<int64_t>::max())));
}

TEST(CounterLogTest, ConcatenationIsAdditionAndCompactingKeepsTheSums) {
  std::mt19937 random(7);
  std::map<std::string, int64_t> expected;
  CounterLog whole;
  for (int part = 0; part < 20; ++part) {
    CounterLog log;
    for (int i = 0; i < 200; ++i) {
      const std::string field = std::to_string(random() % 50);
      const int64_t delta = static_cast<int64_t>(random() % 2001) - 1000;
      log.Add(field, delta);
      expected[field] += delta;
    }
    if (part % 3 == 0) {
      ASSERT_TRUE(log.Compact().ok());
    }
    whole.Append(log);
  }
  std::erase_if(expected, [](const auto& field) { return field.second == 0; });
  const auto before = whole.Sum();
  EXPECT_EQ((std::map<std::string, int64_t>(before.begin(), before.end())), expected);
  const size_t size = whole.bytes().size();
  ASSERT_TRUE(whole.Compact().ok());
  EXPECT_LT(whole.bytes().size(), size / 10);
  EXPECT_EQ(whole.Sum(), before);
}

TEST(CounterLogTest, CompactedLogsOfEqualSumsAreEqual) {
  CounterLog one;
  one.Add("b", 1);
  one.Add("a", 2);
  CounterLog other;
  other.Add("a", 5);
  other.Add("c", 1);
  other.Add("a", -3);
  other.Add("c", -1);
  other.Add("b", 1);
  ASSERT_TRUE(one.Compact().ok());
  ASSERT_TRUE(other.Compact().ok());
  EXPECT_EQ(one.bytes(), other.bytes());
}

TEST(CounterLogTest, ReportsDamageAndKeepsItsBytes) {
  CounterLog log;
  log.Add("field", 1);
  log.Add("field", 2);
  for (const std::string& bytes :
       {log.bytes().substr(0, log.bytes().size() - 1), log.bytes() + "\x7f", log.bytes() + std::string(12, '\xff')}) {
    CounterLog damaged(bytes);
    EXPECT_EQ(damaged.ForEach([](absl::string_view, int64_t) {}).code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(damaged.Compact().code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(damaged.bytes(), bytes);
  }
}

}  // namespace
}  // namespace rapport::store
