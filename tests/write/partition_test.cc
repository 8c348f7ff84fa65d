#include "common/write/partition.h"

#include <gtest/gtest.h>

#include <array>

#include "absl/strings/str_cat.h"

namespace rapport::write {
namespace {

// Data is placed by these: another value would lose what is stored.
TEST(PartitionTest, PlacesOfIdsNeverChange) {
  static_assert(StableHash("") == StableHash(absl::string_view()));
  EXPECT_EQ(StableHash(""), 0xfdbdf6ac4fc52e7fu);
  EXPECT_EQ(StableHash("r1"), 0x8049dbfc60c6b38du);
  EXPECT_EQ(StableHash("\xc3\xa4"), 0x1a4b3e760296fc29u);
}

TEST(PartitionTest, SpreadsIdsEvenly) {
  constexpr int kIds = 80'000;
  for (const uint32_t partitions : {1u, 3u, 8u, 64u}) {
    std::array<int, 64> ids{};
    for (int i = 0; i < kIds; ++i) {
      const uint32_t partition = PartitionOf(absl::StrCat("rating-", i), partitions);
      ASSERT_LT(partition, partitions);
      ++ids[partition];
    }
    const double even = static_cast<double>(kIds) / partitions;
    for (uint32_t p = 0; p < partitions; ++p) EXPECT_NEAR(ids[p], even, even / 5) << partitions;
  }
}

}  // namespace
}  // namespace rapport::write
