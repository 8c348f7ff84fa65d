#include "services/ratings/core/suppression.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/ratings/core/figures.h"
#include "tests/ratings_figures/counts.h"

namespace rapport::ratings {
namespace {

constexpr v1::Scale kScale = v1::SCALE_CSAT_5;
constexpr int64_t kMin = 5;

v1::RatingRow Row(int bucket, const std::string& group, const ScoreCounts& counts) {
  v1::RatingRow row;
  row.mutable_bucket()->mutable_start()->set_seconds(bucket);
  row.set_group(group);
  for (v1::RatingFigures& figures : MakeAllFigures(counts, v1::SCALE_UNSPECIFIED, 0.95)) {
    *row.add_scales() = std::move(figures);
  }
  return row;
}

ScoreCounts Csat(int64_t count, const std::string& value = "4") {
  ScoreCounts counts = {};
  counts[CodeNamed(kScale, value)] = count;
  return counts;
}

std::vector<v1::RatingRow*> Pointers(std::vector<v1::RatingRow>& rows) {
  std::vector<v1::RatingRow*> pointers;
  pointers.reserve(rows.size());
  for (v1::RatingRow& row : rows) pointers.push_back(&row);
  return pointers;
}

void SuppressBreakdown(std::vector<v1::RatingRow>& rows) {
  Suppress(kMin, true, Pointers(rows), {});
}

// The rows of one bucket whose groups, `a` onwards, have so many ratings.
std::vector<v1::RatingRow> Bucket(const std::vector<int64_t>& sizes) {
  std::vector<v1::RatingRow> rows;
  rows.reserve(sizes.size());
  for (int64_t size : sizes) rows.push_back(Row(0, std::string(1, static_cast<char>('a' + rows.size())), Csat(size)));
  return rows;
}

// The groups withheld of such a bucket.
std::string Withheld(const std::vector<int64_t>& sizes) {
  std::vector<v1::RatingRow> rows = Bucket(sizes);
  SuppressBreakdown(rows);
  std::string groups;
  for (const v1::RatingRow& row : rows) {
    if (row.scales_size() > 0 && row.scales(0).suppressed()) groups += row.group();
  }
  return groups;
}

TEST(SuppressionTest, LeavesNothingOfASmallGroup) {
  ScoreCounts few = Csat(4);
  few[SurveyCode(kScale, SurveyMeasure::kDelivered)] = 50;
  few[SurveyCode(kScale, SurveyMeasure::kAnswered)] = 4;
  std::vector<v1::RatingRow> rows = {Row(0, "a", few), Row(0, "b", Csat(3)), Row(0, "c", Csat(9))};
  const std::string shown = rows[2].SerializeAsString();
  SuppressBreakdown(rows);
  v1::RatingFigures nothing;
  nothing.set_scale(kScale);
  nothing.set_suppressed(true);
  EXPECT_EQ(rows[0].scales(0).SerializeAsString(), nothing.SerializeAsString());
  EXPECT_EQ(rows[1].scales(0).SerializeAsString(), nothing.SerializeAsString());
  EXPECT_EQ(rows[2].SerializeAsString(), shown);
}

TEST(SuppressionTest, WithholdsTheNextSmallestBesideASingleSmallGroup) {
  EXPECT_EQ(Withheld({3, 20, 8, 9}), "ac");
  EXPECT_EQ(Withheld({20, 9, 4}), "bc");
  EXPECT_EQ(Withheld({5, 5, 4}), "ac");
}

TEST(SuppressionTest, WithholdsMoreWhereSmallGroupsAreSmallTogether) {
  EXPECT_EQ(Withheld({1, 2, 30, 7}), "abd");
  EXPECT_EQ(Withheld({2, 3, 30, 7}), "ab");
}

TEST(SuppressionTest, WithholdsMoreWhereEachCouldOnlyHaveOneRating) {
  EXPECT_EQ(Withheld({1, 1, 1, 1, 1, 30}), "abcdef");
  EXPECT_EQ(Withheld({1, 1, 1, 1, 2, 30}), "abcde");
}

TEST(SuppressionTest, WithholdsNothingOfLargeGroups) {
  EXPECT_EQ(Withheld({5, 5, 100}), "");
  EXPECT_EQ(Withheld({}), "");
}

TEST(SuppressionTest, WithholdsAllWhereNothingElseHelps) {
  EXPECT_EQ(Withheld({3}), "a");
  EXPECT_EQ(Withheld({3, 100}), "ab");
  EXPECT_EQ(Withheld({1, 1}), "ab");
}

TEST(SuppressionTest, ShowsEverythingWithoutAMinimum) {
  std::vector<v1::RatingRow> rows = Bucket({1, 2, 3});
  for (int64_t min : {0, 1}) {
    Suppress(min, true, Pointers(rows), {});
    Suppress(min, false, Pointers(rows), {});
    for (const v1::RatingRow& row : rows) EXPECT_EQ(row.scales(0).distribution_size(), 5);
  }
}

TEST(SuppressionTest, ShowsResponseRatesOfGroupsThatNeverRated) {
  ScoreCounts unanswered = {};
  unanswered[SurveyCode(kScale, SurveyMeasure::kDelivered)] = 2;
  std::vector<v1::RatingRow> rows = {Row(0, "a", unanswered), Row(0, "b", Csat(9))};
  SuppressBreakdown(rows);
  EXPECT_FALSE(rows[0].scales(0).suppressed());
  EXPECT_EQ(rows[0].scales(0).response_rate().value(), 0);
  EXPECT_FALSE(rows[1].scales(0).suppressed());
}

TEST(SuppressionTest, JudgesEachScaleForItself) {
  ScoreCounts counts = Csat(50);
  counts[CodeNamed(v1::SCALE_THUMBS_2, "UP")] = 2;
  ScoreCounts others = Csat(60);
  others[CodeNamed(v1::SCALE_THUMBS_2, "UP")] = 3;
  std::vector<v1::RatingRow> rows = {Row(0, "a", counts), Row(0, "b", others)};
  SuppressBreakdown(rows);
  for (const v1::RatingRow& row : rows) {
    EXPECT_TRUE(row.scales(0).suppressed());
    EXPECT_FALSE(row.scales(1).suppressed());
  }
}

TEST(SuppressionTest, KeepsFiguresWithoutDistributionOfASmallWhole) {
  std::vector<v1::RatingRow> rows = {Row(0, "", Csat(4)), Row(1, "", Csat(5))};
  std::vector<v1::RatingRow> totals = {Row(0, "", Csat(2))};
  Suppress(kMin, false, Pointers(rows), Pointers(totals));
  EXPECT_EQ(rows[0].scales(0).csat().value(), 1);
  EXPECT_EQ(rows[0].scales(0).rating_count(), 4);
  EXPECT_EQ(rows[0].scales(0).distribution_size(), 0);
  EXPECT_TRUE(rows[0].scales(0).suppressed());
  EXPECT_EQ(rows[1].scales(0).distribution_size(), 5);
  EXPECT_FALSE(rows[1].scales(0).suppressed());
  EXPECT_EQ(totals[0].scales(0).distribution_size(), 0);
}

TEST(SuppressionTest, WithholdsASecondBucketThatWouldTellAGroupsSmallOne) {
  // `a` has 7, 2 and 9 ratings on three days, 18 in all; the others have plenty.
  std::vector<v1::RatingRow> rows = {Row(0, "a", Csat(7)),  Row(0, "b", Csat(50)), Row(1, "a", Csat(2)),
                                     Row(1, "b", Csat(50)), Row(2, "a", Csat(9)),  Row(2, "b", Csat(50))};
  std::vector<v1::RatingRow> totals = {Row(0, "a", Csat(18)), Row(0, "b", Csat(150))};
  Suppress(kMin, true, Pointers(rows), Pointers(totals));
  EXPECT_TRUE(rows[2].scales(0).suppressed());
  EXPECT_TRUE(rows[0].scales(0).suppressed());
  EXPECT_FALSE(rows[4].scales(0).suppressed());
  EXPECT_FALSE(totals[0].scales(0).suppressed());
}

// What follows is an attacker who knows all that is shown, and the figures of each bucket and of the period without
// groups.

// A group and a bucket; the bucket -1 is the whole period.
using CellName = std::pair<std::string, int>;
using Cells = std::map<CellName, int64_t>;
using Derivable = std::set<CellName>;

struct Answer {
  std::vector<v1::RatingRow> rows;
  std::vector<v1::RatingRow> totals;
};

Answer MakeAnswer(const Cells& cells, bool with_totals) {
  Answer answer;
  std::map<std::string, int64_t> totals;
  for (const auto& [key, count] : cells) {
    answer.rows.push_back(Row(key.second, key.first, Csat(count)));
    totals[key.first] += count;
  }
  if (!with_totals) return answer;
  for (const auto& [group, count] : totals) answer.totals.push_back(Row(0, group, Csat(count)));
  return answer;
}

bool IsWithheld(const v1::RatingRow& row) {
  return row.scales_size() > 0 && row.scales(0).suppressed();
}

// Knows sums of hidden cells, each as the coefficients of the cells, and solves for the cells.
class Attacker {
 public:
  explicit Attacker(const Answer& answer) {
    for (const v1::RatingRow& row : answer.rows) {
      const auto bucket = static_cast<int>(row.bucket().start().seconds());
      if (IsWithheld(row)) cells_.emplace_back(row.group(), bucket);
    }
    for (const v1::RatingRow& row : answer.totals) {
      if (IsWithheld(row)) cells_.emplace_back(row.group(), -1);
    }
    std::map<int, std::vector<double>> buckets;
    std::map<std::string, std::vector<double>> groups;
    for (size_t i = 0; i < cells_.size(); ++i) {
      const auto& [group, bucket] = cells_[i];
      buckets.try_emplace(bucket, cells_.size()).first->second[i] = 1;
      groups.try_emplace(group, cells_.size()).first->second[i] = bucket == -1 ? -1 : 1;
    }
    for (auto& [bucket, sum] : buckets) sums_.push_back(std::move(sum));
    if (answer.totals.empty()) return;
    for (auto& [group, sum] : groups) sums_.push_back(std::move(sum));
  }

  // The cells whose values follow from the sums.
  Derivable Derived() {
    Eliminate();
    Derivable derived;
    for (const std::vector<double>& sum : sums_) {
      if (std::count_if(sum.begin(), sum.end(), [](double x) { return std::abs(x) > 1e-9; }) != 1) continue;
      const auto known = std::find_if(sum.begin(), sum.end(), [](double x) { return std::abs(x) > 1e-9; });
      derived.insert(cells_[known - sum.begin()]);
    }
    return derived;
  }

 private:
  // Gauss-Jordan: in the reduced form, a cell that follows from the sums stands in a sum of its own.
  void Eliminate() {
    size_t next = 0;
    for (size_t column = 0; column < cells_.size() && next < sums_.size(); ++column) {
      const auto pivot =
          std::max_element(sums_.begin() + static_cast<int64_t>(next), sums_.end(),
                           [&](const auto& a, const auto& b) { return std::abs(a[column]) < std::abs(b[column]); });
      if (std::abs((*pivot)[column]) < 1e-9) continue;
      std::swap(*pivot, sums_[next]);
      const double scale = sums_[next][column];
      for (double& x : sums_[next]) x /= scale;
      for (size_t i = 0; i < sums_.size(); ++i) {
        const double factor = sums_[i][column];
        if (i == next || factor == 0) continue;
        for (size_t j = 0; j < cells_.size(); ++j) sums_[i][j] -= factor * sums_[next][j];
      }
      ++next;
    }
  }

  std::vector<CellName> cells_;
  std::vector<std::vector<double>> sums_;
};

Cells RandomCells(int groups, int buckets, int64_t most, std::mt19937_64& random) {
  Cells cells;
  for (int group = 0; group < groups; ++group) {
    for (int bucket = 0; bucket < buckets; ++bucket) {
      const auto count = static_cast<int64_t>(random() % (most + 1));
      if (count > 0) cells[{absl::StrCat("g", group), bucket}] = count;
    }
  }
  return cells;
}

// As if everything were withheld.
Answer Emptied(Answer answer) {
  for (std::vector<v1::RatingRow>* rows : {&answer.rows, &answer.totals}) {
    for (v1::RatingRow& row : *rows) row.mutable_scales(0)->set_suppressed(true);
  }
  return answer;
}

// Some cells follow whatever is withheld, such as that of the single group in a bucket.
void ExpectNothingNew(const Answer& answer, const Cells& cells) {
  const Derivable inevitable = Attacker(Emptied(answer)).Derived();
  for (const auto& cell : Attacker(answer).Derived()) {
    EXPECT_TRUE(inevitable.contains(cell))
        << cell.first << " in bucket " << cell.second << " of " << testing::PrintToString(cells);
  }
}

// What is withheld of a bucket: how many groups and ratings, and whether anything of it is shown.
struct Pool {
  int64_t groups = 0;
  int64_t ratings = 0;
  bool shows_some = false;
};

TEST(SuppressionTest, WithholdsWhateverFollowsFromTheRest) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2000; ++round) {
    const Cells cells = RandomCells(static_cast<int>(2 + random() % 7), static_cast<int>(1 + random() % 8),
                                    static_cast<int64_t>(1 + random() % 40), random);
    Answer answer = MakeAnswer(cells, random() % 3 > 0);
    Suppress(kMin, true, Pointers(answer.rows), Pointers(answer.totals));
    ExpectNothingNew(answer, cells);
  }
}

TEST(SuppressionTest, PoolsEnoughOfEachBucket) {
  std::mt19937_64 random(8);
  for (int round = 0; round < 500; ++round) {
    const Cells cells = RandomCells(6, 5, static_cast<int64_t>(1 + random() % 30), random);
    Answer answer = MakeAnswer(cells, random() % 2 == 0);
    Suppress(kMin, true, Pointers(answer.rows), Pointers(answer.totals));
    std::map<int, Pool> pools;
    for (const v1::RatingRow& row : answer.rows) {
      const auto bucket = static_cast<int>(row.bucket().start().seconds());
      const int64_t count = cells.at({row.group(), bucket});
      Pool& pool = pools[bucket];
      if (!IsWithheld(row)) {
        EXPECT_GE(count, kMin);
        EXPECT_EQ(row.scales(0).rating_count(), count);
        pool.shows_some = true;
        continue;
      }
      ++pool.groups;
      pool.ratings += count;
    }
    for (const auto& [bucket, pool] : pools) {
      if (pool.groups == 0 || !pool.shows_some) continue;
      EXPECT_GE(pool.groups, 2);
      EXPECT_GE(pool.ratings, kMin);
      EXPECT_GT(pool.ratings, pool.groups);
    }
  }
}

}  // namespace
}  // namespace rapport::ratings
