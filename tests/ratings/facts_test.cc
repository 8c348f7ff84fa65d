#include "services/ratings/core/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "absl/strings/str_cat.h"

namespace rapport::ratings {
namespace {

std::string RandomId(std::mt19937_64& random, size_t size) {
  std::string id(size, '\0');
  for (char& c : id) c = static_cast<char>(random());
  return id;
}

TEST(FactTest, SurvivesTheRoundTrip) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 2000; ++round) {
    const std::string customer = RandomId(random, round % 3 == 0 ? 128 : 1 + random() % 128);
    const std::string rating = RandomId(random, round % 5 == 0 ? 128 : 1 + random() % 128);
    Fact fact;
    fact.millis = static_cast<uint32_t>(random() % 86'400'000);
    fact.code = static_cast<ScoreCode>(round % 2 == 0 ? random() % 128 : kMention);
    fact.has_comment = random() % 2 == 0;
    for (rollup::Code& code : fact.codes) code = static_cast<rollup::Code>(random() >> (random() % 64));
    fact.customer_id = customer;
    fact.rating_id = rating;
    const std::string bytes = EncodeFact(fact);
    const std::optional<Fact> decoded = DecodeFact(bytes);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(decoded->millis, fact.millis);
    EXPECT_EQ(decoded->code, fact.code);
    EXPECT_EQ(decoded->has_comment, fact.has_comment);
    EXPECT_EQ(decoded->codes, fact.codes);
    EXPECT_EQ(decoded->customer_id, customer);
    EXPECT_EQ(decoded->rating_id, rating);
  }
}

TEST(FactTest, BytesSortByTime) {
  const auto encoded = [](uint32_t millis) {
    return EncodeFact({.millis = millis, .code = 7, .codes = {}, .customer_id = "c", .rating_id = "r"});
  };
  EXPECT_LT(encoded(0), encoded(255));
  EXPECT_LT(encoded(255), encoded(256));
  EXPECT_LT(encoded(65'536), encoded(86'399'999));
}

TEST(FactTest, RefusesWhatIsNoFact) {
  const std::string good =
      EncodeFact({.millis = 1, .code = 7, .codes = {300, 0, 2, 70, 65'535, 1}, .customer_id = "cust", .rating_id = ""});
  for (size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(DecodeFact(good.substr(0, size))) << size;
  EXPECT_FALSE(DecodeFact(std::string("\0\0\0\1\7\x80\x80\x04\0\0\0\0\0\0", 14))) << "the code 65536";
  EXPECT_FALSE(DecodeFact(std::string(40, '\xff')));
}

TEST(FactTest, DecodingOfAnyBytesIsSafe) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 20'000; ++round) {
    const std::string bytes = RandomId(random, random() % 40);
    const std::optional<Fact> fact = DecodeFact(bytes);
    if (!fact) continue;
    EXPECT_LE(fact->customer_id.size() + fact->rating_id.size(), bytes.size());
  }
}

TEST(CustomerDayTest, SurvivesTheRoundTrip) {
  std::mt19937_64 random(3);
  for (const int64_t day : {0, 1, 255, 256, 20'000, 2'932'896}) {
    for (const int code : {1, 64, 127}) {
      const std::string customer = RandomId(random, 1 + random() % 128);
      const std::string bytes = EncodeCustomerDay({customer, day, static_cast<ScoreCode>(code)});
      const std::optional<CustomerDay> decoded = DecodeCustomerDay(bytes);
      ASSERT_TRUE(decoded.has_value());
      EXPECT_EQ(decoded->customer_id, customer);
      EXPECT_EQ(decoded->day, day);
      EXPECT_EQ(decoded->code, code);
    }
  }
  EXPECT_FALSE(DecodeCustomerDay("abc"));
}

TEST(CustomerDayTest, CustomersAreSpreadOverTables) {
  std::set<std::string> tables;
  for (int i = 0; i < 5000; ++i) tables.insert(CustomerDayTable(absl::StrCat("customer-", i)));
  EXPECT_GE(tables.size(), 60u);
  EXPECT_EQ(CustomerDayTable("a"), CustomerDayTable("a"));
}

TEST(FactTest, DaysHaveTheirOwnTables) {
  EXPECT_EQ(FactTable(20'000), "f20000");
  EXPECT_NE(FactTable(1), CustomerDayTable("a"));
}

}  // namespace
}  // namespace rapport::ratings
