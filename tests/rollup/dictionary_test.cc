#include "common/rollup/dictionary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/store/open_store.h"
#include "tests/support/temp_dir.h"

namespace rapport::rollup {
namespace {

using common::v1::DIMENSION_AGENT;
using common::v1::DIMENSION_CHANNEL;
using common::v1::DIMENSION_TEAM;
using ::testing::ElementsAre;
using ::testing::Optional;

constexpr int kAgent = 0;
constexpr int kTeam = 1;

class DictionaryTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }

  void Open() {
    store_ = nullptr;
    store::StoreOptions options;
    options.partitions = 8;
    options.url = "rocksdb:" + dir_.path() + "/store";
    options.service = "test";
    options.partitions = 2;
    auto opened = store::OpenStore(options);
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }

  std::unique_ptr<Dictionary> Make(int max_values = 1000) {
    return std::make_unique<Dictionary>(*store_, DictionaryOptions{{DIMENSION_AGENT, DIMENSION_TEAM}, max_values});
  }

  static Codes Encode(Dictionary& dictionary, absl::string_view tenant, const std::string& agent,
                      const std::string& team = "") {
    Values values;
    values[kAgent] = agent;
    values[kTeam] = team;
    const absl::StatusOr<Codes> codes = dictionary.Encode(tenant, values);
    EXPECT_TRUE(codes.ok()) << codes.status();
    return codes.ok() ? *codes : Codes{};
  }

  const test_support::TempDir dir_;
  std::unique_ptr<store::Store> store_;
};

TEST_F(DictionaryTest, NumbersValuesInOrderOfAppearance) {
  const auto dictionary = Make();
  EXPECT_EQ(Encode(*dictionary, "t", "ann")[kAgent], kFirstValue);
  EXPECT_EQ(Encode(*dictionary, "t", "bob")[kAgent], kFirstValue + 1);
  EXPECT_EQ(Encode(*dictionary, "t", "ann", "ann")[kAgent], kFirstValue);
  EXPECT_EQ(Encode(*dictionary, "t", "", "bob")[kTeam], kFirstValue + 1);
  EXPECT_THAT(*dictionary->Names("t", DIMENSION_AGENT), ElementsAre("", "__other__", "ann", "bob"));
}

TEST_F(DictionaryTest, EmptyAndUnrolledValuesHaveNoCode) {
  const auto dictionary = Make();
  EXPECT_FALSE(dictionary->IsRolledUp(DIMENSION_CHANNEL));
  EXPECT_TRUE(dictionary->IsRolledUp(DIMENSION_TEAM));
  Values values;
  values[IndexOf(DIMENSION_CHANNEL)] = "EMAIL";
  EXPECT_EQ(*dictionary->Encode("t", values), Codes{});
}

TEST_F(DictionaryTest, FindsWithoutAdding) {
  const auto dictionary = Make();
  EXPECT_EQ(*dictionary->Find("t", DIMENSION_AGENT, "ann"), std::nullopt);
  Encode(*dictionary, "t", "ann");
  EXPECT_THAT(*dictionary->Find("t", DIMENSION_AGENT, "ann"), Optional(kFirstValue));
  EXPECT_THAT(*dictionary->Find("t", DIMENSION_AGENT, ""), Optional(kNoValue));
  EXPECT_THAT(*dictionary->Find("t", DIMENSION_AGENT, kOtherName), Optional(kOtherValue));
  EXPECT_EQ(*dictionary->Find("t", DIMENSION_TEAM, "ann"), std::nullopt);
}

TEST_F(DictionaryTest, FindsWhatAnotherReplicaAdded) {
  const auto here = Make();
  const auto there = Make();
  Encode(*here, "t", "ann");
  Encode(*there, "t", "bob");
  EXPECT_THAT(*here->Find("t", DIMENSION_AGENT, "bob"), Optional(kFirstValue + 1));
  EXPECT_EQ(Encode(*here, "t", "bob")[kAgent], kFirstValue + 1);
}

TEST_F(DictionaryTest, ValuesPastTheBoundAreCountedTogether) {
  const auto dictionary = Make(3);
  for (int i = 0; i < 10; ++i) {
    const Code code = Encode(*dictionary, "t", absl::StrCat("agent", i))[kAgent];
    EXPECT_EQ(code, i < 3 ? kFirstValue + i : kOtherValue);
  }
  EXPECT_EQ(Encode(*dictionary, "t", "agent1")[kAgent], kFirstValue + 1);
  EXPECT_EQ(*dictionary->Find("t", DIMENSION_AGENT, "agent7"), std::nullopt);
  EXPECT_EQ(dictionary->Names("t", DIMENSION_AGENT)->size(), 5u);
  EXPECT_EQ(Encode(*dictionary, "t", "", "blue")[kTeam], kFirstValue) << "each dimension has its own bound";
}

TEST_F(DictionaryTest, AValueNamedLikeTheOthersTakesNoPlace) {
  const auto dictionary = Make(1);
  EXPECT_EQ(Encode(*dictionary, "t", "__other__")[kAgent], kOtherValue);
  EXPECT_EQ(Encode(*dictionary, "t", "ann")[kAgent], kFirstValue);
}

TEST_F(DictionaryTest, TenantsDoNotShareCodes) {
  const auto dictionary = Make(2);
  Encode(*dictionary, "one", "ann");
  Encode(*dictionary, "two", "bob");
  Encode(*dictionary, "two", "cy");
  EXPECT_EQ(Encode(*dictionary, "two", "ann")[kAgent], kOtherValue);
  EXPECT_THAT(*dictionary->Names("one", DIMENSION_AGENT), ElementsAre("", "__other__", "ann"));
  EXPECT_THAT(*dictionary->Names("two", DIMENSION_AGENT), ElementsAre("", "__other__", "bob", "cy"));
  EXPECT_EQ(*dictionary->Find("one", DIMENSION_AGENT, "bob"), std::nullopt);
}

TEST_F(DictionaryTest, CodesSurviveReopening) {
  Codes first;
  Codes second;
  {
    const auto dictionary = Make();
    first = Encode(*dictionary, "t", "ann", "blue");
    second = Encode(*dictionary, "t", "bob", "red");
  }
  Open();
  const auto dictionary = Make();
  EXPECT_EQ(Encode(*dictionary, "t", "bob", "red"), second);
  EXPECT_EQ(Encode(*dictionary, "t", "ann", "blue"), first);
  EXPECT_EQ(Encode(*dictionary, "t", "cy")[kAgent], kFirstValue + 2);
}

TEST_F(DictionaryTest, FullDictionaryKnowsItsValuesAfterReopening) {
  Encode(*Make(2), "t", "ann");
  Encode(*Make(2), "t", "bob");
  Open();
  const auto dictionary = Make(2);
  EXPECT_EQ(Encode(*dictionary, "t", "cy")[kAgent], kOtherValue);
  EXPECT_EQ(Encode(*dictionary, "t", "bob")[kAgent], kFirstValue + 1);
}

TEST_F(DictionaryTest, ConcurrentAddersAgree) {
  constexpr int kThreads = 6;
  constexpr int kValues = 40;
  // Two replicas with three threads each, every thread in its own order.
  const std::array<std::unique_ptr<Dictionary>, 2> replicas = {Make(), Make()};
  std::array<std::array<Codes, kValues>, kThreads> seen;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::vector<int> order(kValues);
      for (int i = 0; i < kValues; ++i) order[i] = i;
      std::shuffle(order.begin(), order.end(), std::mt19937_64(t));
      for (const int i : order) {
        seen[t][i] = Encode(*replicas[t % 2], "t", absl::StrCat("agent", i), absl::StrCat("team", i % 7));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<Code> distinct;
  for (int i = 0; i < kValues; ++i) {
    distinct.insert(seen[0][i][kAgent]);
    for (int t = 1; t < kThreads; ++t) EXPECT_EQ(seen[t][i], seen[0][i]) << i;
  }
  EXPECT_EQ(distinct.size(), static_cast<size_t>(kValues));
  const std::vector<std::string> names = *replicas[0]->Names("t", DIMENSION_AGENT);
  ASSERT_EQ(names.size(), kValues + 2u);
  for (int i = 0; i < kValues; ++i) EXPECT_EQ(names[seen[0][i][kAgent]], absl::StrCat("agent", i));
}

}  // namespace
}  // namespace rapport::rollup
