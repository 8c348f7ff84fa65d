#include "services/churn/core/churn_counting.h"

#include <map>
#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/churn_queries/lives.h"

namespace rapport::churn {
namespace {

using storage::v1::CustomerRow;
using ::testing::ElementsAre;

constexpr int64_t kSpan = 200 * kDayMs;

Grouping By(const std::string& key, const std::string& filter = "", int most = 0) {
  v1::CustomerGrouping grouping;
  grouping.set_group_by(key);
  grouping.set_filter(filter);
  grouping.set_max_groups(most);
  const auto parsed = ParseGrouping(grouping);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return parsed.value_or(Grouping());
}

// Every cell in words, by group and bucket; empty ones are left out.
using Words = std::map<std::string, std::string>;

std::string Describe(const ChurnCell& cell) {
  std::string words = absl::StrCat(cell.counts.customers.active_at_start, " active, ", cell.counts.customers.lost,
                                   " lost, ", cell.won, " won, ", cell.returned, " returned");
  for (const auto& [currency, c] : cell.counts.revenue) {
    absl::StrAppend(&words, "; ", currency, " ", c.customers, " ", c.start, " ", c.lost, " ", c.contraction, " ",
                    c.expansion, " ", static_cast<int64_t>(c.start_squared), " ", static_cast<int64_t>(c.gross_squared),
                    " ", static_cast<int64_t>(c.gross_by_start), " ", static_cast<int64_t>(c.net_squared), " ",
                    static_cast<int64_t>(c.net_by_start));
  }
  return words;
}

Words Count(const std::vector<CustomerRow>& rows, const Edges& edges, const Grouping& grouping) {
  GroupSizes sizes;
  for (const CustomerRow& row : rows) AddGroupSizes(row, edges, grouping, sizes);
  ChurnTable table(edges, grouping, Groups(sizes, grouping.most_groups));
  for (const CustomerRow& row : rows) table.Add(row);
  Words words;
  const auto cells = table.Cells();
  for (size_t group = 0; group < cells.size(); ++group) {
    for (size_t bucket = 0; bucket < cells[group].size(); ++bucket) {
      if (cells[group][bucket].IsEmpty()) continue;
      words[absl::StrCat(table.groups().NameOf(group), "@", bucket)] = Describe(cells[group][bucket]);
    }
  }
  return words;
}

// Bucket by bucket and customer by customer. `passes` is the filter.
template <class Passes>
Words CountPlainly(const std::vector<CustomerRow>& rows, const Edges& edges, const std::string& key, Passes passes) {
  std::map<std::string, ChurnCell> cells;
  for (size_t b = 0; b + 1 < edges.size(); ++b) {
    for (const CustomerRow& row : rows) {
      const Snapshot start = SnapshotAt(row, edges[b]);
      const Snapshot end = SnapshotAt(row, edges[b + 1]);
      if (!start.active_since && !end.active_since) continue;
      const int64_t moment = start.active_since ? edges[b] : *end.active_since;
      if (!passes(row, moment)) continue;
      ChurnCell& cell = cells[absl::StrCat(key.empty() ? "" : ValueAt(row, key, moment), "@", b)];
      if (!start.active_since) {
        ++cell.won;
        bool before = false;
        for (const auto& tenure : row.tenures()) before = before || tenure.start_ms() < edges[b];
        cell.returned += before ? 1 : 0;
        continue;
      }
      ++cell.counts.customers.active_at_start;
      cell.counts.customers.lost += end.active_since ? 0 : 1;
      if (start.minor == 0) continue;
      cell.counts.revenue[start.currency].AddCustomer(start.minor, end.currency == start.currency ? end.minor : 0);
    }
  }
  Words words;
  for (const auto& [place, cell] : cells) words[place] = Describe(cell);
  return words;
}

TEST(ChurnCountingTest, EqualsCountingEveryBucketByItself) {
  Random random(5);
  for (uint32_t seed = 0; seed < 30; ++seed) {
    const std::vector<CustomerRow> rows = RandomLives(seed, 60, kSpan);
    Edges edges = {Below(random, 100) * kHourMs};
    // Some edges fall on moments at which something changes.
    while (edges.back() < kSpan && edges.size() < 80)
      edges.push_back(edges.back() + (1 + Below(random, 400)) * kHourMs);
    if (edges.size() < 2) continue;
    for (const std::string key : {"", "plan", "owner", "currency", "country"}) {
      EXPECT_EQ(Count(rows, edges, By(key)), CountPlainly(rows, edges, key, [](const auto&, int64_t) { return true; }));
      EXPECT_EQ(Count(rows, edges, By(key, "plan = pro OR attribute.country = a*")),
                CountPlainly(rows, edges, key, [](const CustomerRow& row, int64_t moment) {
                  return ValueAt(row, "plan", moment) == "pro" || ValueAt(row, "country", moment).substr(0, 1) == "a";
                }));
    }
  }
}

CustomerRow Life(const std::string& id, const std::vector<std::pair<int64_t, int64_t>>& tenures) {
  CustomerRow row;
  row.set_customer_id(id);
  for (const auto& [start, end] : tenures) {
    auto& tenure = *row.add_tenures();
    tenure.set_start_ms(start);
    if (end > 0) tenure.set_end_ms(end);
  }
  return row;
}

void Pay(CustomerRow& row, int64_t from, int64_t minor, const std::string& currency, const std::string& plan = "") {
  auto& step = *row.add_revenue();
  step.set_from_ms(from);
  step.set_monthly_recurring_minor(minor);
  step.set_currency(currency);
  step.set_plan(plan);
}

ChurnCell CountOne(const CustomerRow& row, int64_t start, int64_t end) {
  const Grouping everyone;
  ChurnTable table({start, end}, everyone, Groups({{"", 1}}, 1));
  table.Add(row);
  return table.Cells()[table.groups().IndexOf("")].front();
}

TEST(ChurnCountingTest, WhoIsLostAtTheVeryEndIsLostInTheBucket) {
  const CustomerRow row = Life("a", {{5, 20}});
  EXPECT_EQ(CountOne(row, 10, 20).counts.customers.lost, 1);
  EXPECT_EQ(CountOne(row, 20, 30).counts.customers.active_at_start, 0);
  EXPECT_EQ(CountOne(row, 10, 19).counts.customers.lost, 0);
}

TEST(ChurnCountingTest, WhoBeginsAtAnEdgeIsActiveAtTheStartOfTheNextBucket) {
  const CustomerRow row = Life("a", {{20, 0}});
  EXPECT_EQ(CountOne(row, 10, 20).won, 1);
  EXPECT_EQ(CountOne(row, 20, 30).counts.customers.active_at_start, 1);
  EXPECT_EQ(CountOne(row, 20, 30).won, 0);
}

TEST(ChurnCountingTest, WhoLeavesAndReturnsWithinABucketIsNotLost) {
  const ChurnCell cell = CountOne(Life("a", {{5, 12}, {15, 0}}), 10, 20);
  EXPECT_EQ(cell.counts.customers.active_at_start, 1);
  EXPECT_EQ(cell.counts.customers.lost, 0);
  EXPECT_EQ(cell.won, 0);
}

TEST(ChurnCountingTest, WhoComesAndGoesWithinABucketIsInNoNumber) {
  EXPECT_TRUE(CountOne(Life("a", {{12, 15}}), 10, 20).IsEmpty());
}

TEST(ChurnCountingTest, ReturnedAreThoseWhoHadBeenCustomersBeforeTheStart) {
  EXPECT_EQ(CountOne(Life("a", {{5, 8}, {15, 0}}), 10, 20).returned, 1);
  EXPECT_EQ(CountOne(Life("a", {{12, 13}, {15, 0}}), 10, 20).returned, 0);
  EXPECT_EQ(CountOne(Life("a", {{12, 13}, {15, 0}}), 10, 20).won, 1);
}

TEST(ChurnCountingTest, AChangedCurrencyIsLostInOneAndNoExpansionInTheOther) {
  CustomerRow row = Life("a", {{5, 0}});
  Pay(row, 5, 1000, "EUR");
  Pay(row, 15, 1200, "USD");
  const ChurnCell cell = CountOne(row, 10, 20);
  EXPECT_EQ(cell.counts.customers.lost, 0);
  ASSERT_EQ(cell.counts.revenue.size(), 1u);
  EXPECT_EQ(cell.counts.revenue.at("EUR").lost, 1000);
}

TEST(ChurnCountingTest, APlanForNothingLosesTheRevenueAndKeepsTheCustomer) {
  CustomerRow row = Life("a", {{5, 0}});
  Pay(row, 5, 1000, "EUR", "pro");
  Pay(row, 15, 0, "EUR", "free");
  const ChurnCell cell = CountOne(row, 10, 20);
  EXPECT_EQ(cell.counts.customers.lost, 0);
  EXPECT_EQ(cell.counts.revenue.at("EUR").lost, 1000);
  EXPECT_EQ(cell.counts.revenue.at("EUR").contraction, 0);
}

TEST(ChurnCountingTest, GroupsAreThoseOfTheStart) {
  CustomerRow changed = Life("a", {{5, 0}});
  Pay(changed, 5, 1000, "EUR", "basic");
  Pay(changed, 15, 3000, "EUR", "pro");
  CustomerRow won = Life("b", {{12, 0}});
  Pay(won, 12, 500, "EUR", "basic");
  Pay(won, 18, 500, "EUR", "pro");
  const Words words = Count({changed, won}, {10, 20, 30}, By("plan"));
  EXPECT_EQ(words.at("basic@0").substr(0, 37), "1 active, 0 lost, 1 won, 0 returned; ");
  EXPECT_EQ(words.at("pro@1").substr(0, 37), "2 active, 0 lost, 0 won, 0 returned; ");
  EXPECT_EQ(words.size(), 2u);
}

TEST(GroupsTest, AreTheLargestAndTheOthers) {
  const Groups groups({{"a", 5}, {"b", 9}, {"c", 5}, {"__other__", 100}, {"d", 1}}, 2);
  std::vector<std::string> names;
  for (size_t i = 0; i < groups.size(); ++i) names.push_back(groups.NameOf(i));
  EXPECT_THAT(names, ElementsAre("__other__", "a", "b"));
  EXPECT_EQ(groups.NameOf(groups.IndexOf("c")), "__other__");
  EXPECT_EQ(groups.NameOf(groups.IndexOf("never met")), "__other__");
}

TEST(GroupsTest, OthersAreCountedTogether) {
  std::vector<CustomerRow> rows;
  for (int i = 0; i < 10; ++i) {
    rows.push_back(Life(absl::StrCat("c", i), {{5, 0}}));
    Pay(rows.back(), 5, 100, "EUR", absl::StrCat("plan", std::min(i, 7)));
  }
  const Words words = Count(rows, {10, 20}, By("plan", "", 1));
  EXPECT_EQ(words.at("plan7@0").substr(0, 8), "3 active");
  EXPECT_EQ(words.at("__other__@0").substr(0, 8), "7 active");
}

TEST(GroupingTest, RejectsWhatIsNoKeyAndTooManyGroups) {
  v1::CustomerGrouping grouping;
  grouping.set_group_by("Country Code");
  EXPECT_THAT(std::string(ParseGrouping(grouping).status().message()),
              ::testing::StartsWith("grouping.group_by: \"Country Code\" is no key"));
  grouping.set_group_by("country");
  grouping.set_max_groups(501);
  EXPECT_THAT(std::string(ParseGrouping(grouping).status().message()),
              ::testing::StartsWith("grouping.max_groups: 501 is not within 1 and 500"));
  grouping.set_max_groups(0);
  grouping.set_filter("band = RED");
  EXPECT_EQ(std::string(ParseGrouping(grouping).status().message()),
            "grouping.filter: at position 1 stands \"band\"; expected plan, owner, currency or attribute.KEY");
}

}  // namespace
}  // namespace rapport::churn
