#include "common/write/queue_shares.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace rapport::write {
namespace {

constexpr QueueAmount kCapacity = {.events = 9'000, .bytes = 90'000};
constexpr QueueAmount kOne = {.events = 1, .bytes = 1};

QueueClaim Claim(const std::string& tenant, uint32_t group = 0, QueueAmount amount = kOne) {
  return {.tenant = tenant, .group = group, .amount = amount};
}

// Takes until it is refused; how often it was not.
int Flood(QueueShares& shares, const QueueClaim& claim) {
  int taken = 0;
  while (shares.Take({&claim, 1})) ++taken;
  return taken;
}

TEST(QueueSharesTest, ATenantAloneGetsEightNinths) {
  QueueShares shares(kCapacity);
  EXPECT_EQ(Flood(shares, Claim("a")), 8'000);
}

TEST(QueueSharesTest, TellsWhetherThereIsRoom) {
  QueueShares shares(kCapacity);
  const QueueClaim batch = Claim("a", 0, {.events = 300, .bytes = 300});
  while (shares.HasRoomFor(batch)) ASSERT_TRUE(shares.Take({&batch, 1}));
  EXPECT_FALSE(shares.Take({&batch, 1}));
  EXPECT_TRUE(shares.HasRoomFor(Claim("b")));
}

TEST(QueueSharesTest, BytesCountLikeEvents) {
  QueueShares shares(kCapacity);
  EXPECT_EQ(Flood(shares, Claim("a", 0, {.events = 1, .bytes = 100})), 800);
  EXPECT_EQ(shares.total(), (QueueAmount{.events = 800, .bytes = 80'000}));
}

TEST(QueueSharesTest, HoweverManyFloodSomethingStaysFreeForOthers) {
  for (const int floods : {1, 2, 5, 10}) {
    QueueShares shares(kCapacity);
    // In turns, until none gets any more.
    for (bool taken = true; taken;) {
      taken = false;
      for (int i = 0; i < floods; ++i) {
        const QueueClaim claim = Claim(absl::StrCat(i));
        taken = shares.Take({&claim, 1}) || taken;
      }
    }
    const int64_t free = kCapacity.events - shares.total().events;
    EXPECT_GE(free, kCapacity.events / (8 * floods + 1));
    const QueueClaim claim = Claim("other", 0, {.events = free / 2, .bytes = 1});
    EXPECT_TRUE(shares.Take({&claim, 1})) << floods;
  }
}

TEST(QueueSharesTest, WhoHasLessIsTakenWhileWhoHasMostIsRefused) {
  QueueShares shares(kCapacity);
  Flood(shares, Claim("most"));
  const QueueClaim less = Claim("less");
  const QueueClaim most = Claim("most");
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(shares.Take({&less, 1}));
    EXPECT_FALSE(shares.Take({&most, 1}));
  }
}

TEST(QueueSharesTest, GroupsOfATenantHaveSharesOfTheirOwn) {
  QueueShares shares(kCapacity);
  Flood(shares, Claim("a", 0));
  const QueueClaim both[] = {Claim("a", 0), Claim("a", 1)};
  EXPECT_FALSE(shares.Take(both)) << "all or nothing";
  EXPECT_EQ(shares.total().events, 8'000);
  EXPECT_TRUE(shares.Take({&both[1], 1}));
}

TEST(QueueSharesTest, AnEmptyQueueTakesWhatFits) {
  QueueShares shares(kCapacity);
  const QueueClaim all = Claim("a", 0, kCapacity);
  const QueueClaim more = Claim("a", 0, {.events = 1, .bytes = kCapacity.bytes + 1});
  EXPECT_FALSE(shares.Take({&more, 1}));
  EXPECT_FALSE(shares.CanHold(more.amount));
  EXPECT_TRUE(shares.Take({&all, 1}));
  EXPECT_EQ(Flood(shares, Claim("b")), 0);
  shares.Return(all);
  EXPECT_EQ(shares.total(), QueueAmount());
}

TEST(QueueSharesTest, WhatIsReturnedCanBeTakenAgain) {
  std::mt19937_64 random(1);
  QueueShares shares(kCapacity);
  std::vector<QueueClaim> taken;
  std::map<std::pair<std::string, uint32_t>, QueueAmount> held;
  for (int i = 0; i < 20'000; ++i) {
    QueueClaim claim = Claim(absl::StrCat(random() % 5), random() % 3);
    claim.amount = {.events = static_cast<int64_t>(1 + random() % 100),
                    .bytes = static_cast<int64_t>(random() % 1'000)};
    QueueAmount& own = held[{claim.tenant, claim.group}];
    QueueAmount before = own;
    before += claim.amount;
    if (shares.Take({&claim, 1})) {
      own = before;
      taken.push_back(claim);
      ASSERT_LE(shares.total().events, kCapacity.events);
      ASSERT_LE(shares.total().bytes, kCapacity.bytes);
    }
    if (taken.empty() || random() % 3 == 0) continue;
    std::swap(taken[random() % taken.size()], taken.back());
    shares.Return(taken.back());
    held[{taken.back().tenant, taken.back().group}] -= taken.back().amount;
    taken.pop_back();
    QueueAmount sum;
    for (const auto& [name, amount] : held) sum += amount;
    ASSERT_EQ(shares.total(), sum);
  }
  for (const QueueClaim& claim : taken) shares.Return(claim);
  EXPECT_EQ(shares.total(), QueueAmount());
  EXPECT_EQ(Flood(shares, Claim("a")), 8'000);
}

}  // namespace
}  // namespace rapport::write
