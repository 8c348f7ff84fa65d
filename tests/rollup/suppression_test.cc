#include "common/rollup/suppression.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rapport::rollup {
namespace {

using ::testing::ElementsAre;

constexpr int64_t kMin = 5;

// One bucket whose groups have these counts.
std::vector<GroupCount> Bucket(const std::vector<int64_t>& counts) {
  std::vector<GroupCount> cells;
  for (int64_t count : counts) cells.push_back({std::to_string(cells.size()), absl::UnixEpoch(), count});
  return cells;
}

TEST(WithholdTest, HidesASmallGroupAndTheNextSmallest) {
  EXPECT_THAT(Withhold(kMin, Bucket({3, 20, 8, 9})), ElementsAre(true, false, true, false));
}

TEST(WithholdTest, HidesNothingOfLargeGroupsAndOfEmptyOnes) {
  EXPECT_THAT(Withhold(kMin, Bucket({5, 0, 70})), ElementsAre(false, false, false));
  EXPECT_THAT(Withhold(kMin, {}), ElementsAre());
}

TEST(WithholdTest, HidesASecondBucketOfOneGroupWhoseTotalIsShown) {
  const std::vector<GroupCount> cells = {{"", absl::FromUnixSeconds(0), 50},
                                         {"", absl::FromUnixSeconds(1), 2},
                                         {"", absl::FromUnixSeconds(2), 30},
                                         {"", std::nullopt, 82}};
  EXPECT_THAT(Withhold(kMin, cells), ElementsAre(false, true, true, false));
}

// Two groups in two buckets: to hide one count, none of the sums of its bucket and of its group may give it away.
TEST(WithholdTest, HidesWhatRowsAndColumnsTogetherWouldTell) {
  const std::vector<GroupCount> cells = {{"a", absl::FromUnixSeconds(0), 2},
                                         {"b", absl::FromUnixSeconds(0), 40},
                                         {"a", absl::FromUnixSeconds(1), 30},
                                         {"b", absl::FromUnixSeconds(1), 50},
                                         {"a", std::nullopt, 32},
                                         {"b", std::nullopt, 90}};
  EXPECT_THAT(Withhold(kMin, cells), ElementsAre(true, true, true, true, false, false));
}

}  // namespace
}  // namespace rapport::rollup
