#include "services/churn/core/search_filter.h"

#include <functional>
#include <map>
#include <random>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/churn/core/filter_matching.h"
#include "tests/churn_queries/lives.h"

namespace rapport::churn {
namespace {

using storage::v1::CustomerRow;

constexpr int64_t kNow = 400 * kDayMs;

FilterNode Parse(const std::string& text) {
  const auto filter = ParseSearchFilter(text, FilterScope::kSearch, "filter");
  EXPECT_TRUE(filter.ok()) << filter.status();
  return filter.value_or(FilterNode());
}

std::string ErrorOf(const std::string& text, FilterScope scope = FilterScope::kSearch) {
  const auto filter = ParseSearchFilter(text, scope, "filter");
  EXPECT_EQ(filter.status().code(), absl::StatusCode::kInvalidArgument) << text;
  return std::string(filter.status().message());
}

// The shape of a filter: fields, with all, any and not around them.
std::string Shape(const FilterNode& node) {
  if (node.kind == FilterNode::Kind::kTest) {
    const auto* pattern = std::get_if<TextPattern>(&node.test.value);
    return pattern == nullptr ? "?" : pattern->parts.front();
  }
  std::string shape = node.kind == FilterNode::Kind::kAll   ? "all("
                      : node.kind == FilterNode::Kind::kAny ? "any("
                                                            : "not(";
  for (size_t i = 0; i < node.children.size(); ++i) absl::StrAppend(&shape, i > 0 ? " " : "", Shape(node.children[i]));
  return shape + ")";
}

TEST(FilterParserTest, OrBindsTighterThanAndAndThanSequences) {
  const std::pair<const char*, const char*> kCases[] = {
      {"", "all()"},
      {"  ", "all()"},
      {"a", "a"},
      {"a b", "all(a b)"},
      {"a AND b", "all(a b)"},
      {"a AND b OR c", "all(a any(b c))"},
      {"a OR b AND c", "all(any(a b) c)"},
      {"a b OR c d", "all(a any(b c) d)"},
      {"(a AND b) OR c", "any(all(a b) c)"},
      {"a OR b OR c", "any(a b c)"},
      {"NOT a OR b", "any(not(a) b)"},
      {"NOT (a OR b)", "not(any(a b))"},
      {"-a b", "all(not(a) b)"},
      {"-(a b)", "not(all(a b))"},
      {"( ( a ) )", "a"},
      {"ANDy ORe NOTe", "all(ANDy ORe NOTe)"},
      {"\"AND\" 'OR'", "all(AND OR)"},
      {"plan=a owner = b", "all(a b)"},
      {"plan=\"x y\"AND owner:b", "all(x y b)"},
      {"white-papers", "white-papers"},
      {"\ta\nAND\r\nb", "all(a b)"},
  };
  for (const auto& [text, shape] : kCases) EXPECT_EQ(Shape(Parse(text)), shape) << text;
}

TEST(FilterParserTest, ErrorsSayWhereWhatWasMetAndWhatIsExpected) {
  const std::string term = "a comparison such as plan = pro, a value, NOT, \"-\" or \"(\"";
  const std::string fields =
      "customer_id, active, plan, owner, band, probability, health, revenue, currency, tenure_days, last_active, "
      "signed_up, converted, lost, attribute.KEY, interest or concern";
  const std::string moment = "a moment such as 2026-01-31T00:00:00Z, or an age such as 30d";
  const std::pair<std::string, std::string> kCases[] = {
      {"plan = pro AND", "at position 15 the filter ends; expected " + term},
      {"AND a", "at position 1 stands \"AND\"; expected " + term},
      {"a OR OR b", "at position 6 stands \"OR\"; expected " + term},
      {"a AND )", "at position 7 stands \")\"; expected " + term},
      {"a)", "at position 2 stands \")\"; expected AND, OR or the end"},
      {"(a", "at position 3 the filter ends; expected AND, OR or \")\""},
      {"()", "at position 2 stands \")\"; expected " + term},
      {"NOT NOT a", "at position 5 stands \"NOT\"; expected " + term},
      {"--a", "at position 2 stands \"-\"; expected " + term},
      {"plan =", "at position 7 the filter ends; expected a value"},
      {"plan = AND", "at position 8 stands \"AND\"; expected a value; quote it to mean the text"},
      {"plan == pro", "at position 7 stands \"=\"; expected a value"},
      {"plan = (pro)", "at position 8 stands \"(\"; expected a value"},
      {"plan ! pro", "at position 6 stands \"!\"; expected =, !=, <, <=, >, >= or \":\""},
      {"= pro", "at position 1 stands \"=\"; expected " + term},
      {"plam = pro", "at position 1 stands \"plam\"; expected " + fields},
      {"attribute = 3", "at position 1 stands \"attribute\"; expected " + fields},
      {"attribute.Key = 3",
       "at position 1 stands \"attribute.Key\"; expected attribute.KEY with a key of 1 to 64 bytes "
       "of [a-z0-9_]"},
      {"plan", "at position 1 stands \"plan\"; expected a comparison of it, such as plan:*; quote it to mean the text"},
      {"f(a)", "at position 2 stands \"(\"; expected AND or OR; there are no functions"},
      {"plan < pro", "at position 6 stands \"<\"; expected =, != or \":\", as plan has no order"},
      {"interest = churn", "at position 10 stands \"=\"; expected \":\", as interest is a list: interest:TOPIC"},
      {"band = PINK", "at position 8 stands \"PINK\"; expected RED, YELLOW, GREEN or UNKNOWN"},
      {"active = yes", "at position 10 stands \"yes\"; expected true or false"},
      {"revenue > much", "at position 11 stands \"much\"; expected a number"},
      {"revenue > nan", "at position 11 stands \"nan\"; expected a number"},
      {"lost < 30", "at position 8 stands \"30\"; expected " + moment},
      {"lost < 30y", "at position 8 stands \"30y\"; expected " + moment},
      {"lost < 99999999d", "at position 8 stands \"99999999d\"; expected " + moment},
      {"lost < 2026-13-01", "at position 8 stands \"2026-13-01\"; expected " + moment},
      {"interest:a within", "at position 18 the filter ends; expected an age such as 30d, in s, m, h, d or w"},
      {"interest:a within soon", "at position 19 stands \"soon\"; expected an age such as 30d, in s, m, h, d or w"},
      {"plan = a within 3d",
       "at position 10 stands \"within\"; expected it behind interest:TOPIC or concern:TOPIC "
       "alone; quote it to mean the text"},
      {"plan = \"pro", "at position 8 a quotation has no end; close it with \""},
      {"plan = \"pro\\", "at position 8 a quotation has no end; close it with \""},
      {"a\x01"
       "b",
       "at position 2 stands \"\\x01\"; expected " + term},
  };
  for (const auto& [text, error] : kCases) EXPECT_EQ(ErrorOf(text), "filter: " + error) << text;
}

TEST(FilterParserTest, GroupingAsksForWhatGroupsAreMadeOf) {
  for (const char* text :
       {"plan = a", "owner:*", "currency != EUR", "attribute.country = DE", "NOT (plan = a OR owner = b)"}) {
    EXPECT_TRUE(ParseSearchFilter(text, FilterScope::kGrouping, "filter").ok()) << text;
  }
  for (const char* text : {"band = RED", "interest:a", "customer_id = c1", "revenue > 3"}) {
    EXPECT_THAT(ErrorOf(text, FilterScope::kGrouping), ::testing::HasSubstr("expected plan, owner, currency or"));
  }
  EXPECT_EQ(ErrorOf("plan = a pro", FilterScope::kGrouping),
            "filter: at position 10 stands \"pro\"; expected a comparison of plan, owner, currency or attribute.KEY");
}

TEST(FilterParserTest, BoundsLengthAndDepth) {
  EXPECT_TRUE(ParseSearchFilter(std::string(2'000, 'a'), FilterScope::kSearch, "filter").ok());
  EXPECT_EQ(ErrorOf(std::string(2'001, 'a')), "filter: has 2001 bytes; use at most 2000");
  const auto nested = [](size_t depth) { return std::string(depth, '(') + "a" + std::string(depth, ')'); };
  EXPECT_EQ(Shape(Parse(nested(kMostFilterDepth))), "a");
  EXPECT_EQ(ErrorOf(nested(kMostFilterDepth + 1)), "filter: at position 34 parentheses are deeper than 32; use fewer");
  EXPECT_THAT(ErrorOf(std::string(2'000, '(')), ::testing::HasSubstr("deeper than 32"));
}

TEST(FilterParserTest, AnyBytesAreAnsweredWithAFilterOrAnError) {
  Random random(11);
  const std::vector<std::string> kPieces = {"(",
                                            ")",
                                            "-",
                                            " ",
                                            "AND ",
                                            "OR ",
                                            "NOT ",
                                            "plan",
                                            "=",
                                            "!=",
                                            "<",
                                            ">=",
                                            ":",
                                            "*",
                                            "\"",
                                            "'",
                                            "\\",
                                            "30d",
                                            "within",
                                            "interest:",
                                            "owner",
                                            "band",
                                            "lost",
                                            "1e3",
                                            "\xff",
                                            "\n",
                                            ",",
                                            ".",
                                            "a",
                                            "active",
                                            "true",
                                            "!",
                                            std::string(1, '\0'),
                                            "attribute.x",
                                            "2026-01-01T00:00:00Z",
                                            "revenue"};
  const CustomerRow row = RandomLife(random, "c", kNow);
  int parsed = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text;
    const int64_t length = Below(random, 14);
    for (int64_t p = 0; p < length; ++p) {
      if (Below(random, 8) == 0) {
        text += static_cast<char>(Below(random, 256));
      } else {
        text += kPieces[static_cast<size_t>(Below(random, static_cast<int64_t>(kPieces.size())))];
      }
    }
    const auto filter = ParseSearchFilter(text, FilterScope::kSearch, "filter");
    if (!filter.ok()) {
      ASSERT_EQ(filter.status().code(), absl::StatusCode::kInvalidArgument);
      continue;
    }
    ++parsed;
    const std::optional<int64_t> never;
    ASSERT_NE(MatchFilter(*filter, {row, kNow, {}, {}, &never}), Match::kUnknown) << text;
  }
  EXPECT_GT(parsed, 5'000);
}

TEST(TextPatternTest, StarsStandForAnything) {
  const auto pattern = [](const std::string& text) {
    return std::get<TextPattern>(Parse("plan = " + text).test.value);
  };
  EXPECT_TRUE(pattern("pro").Matches("pro"));
  EXPECT_FALSE(pattern("pro").Matches("pros"));
  EXPECT_FALSE(pattern("pro").Matches("PRO"));
  EXPECT_TRUE(pattern("pro*").Matches("pro"));
  EXPECT_TRUE(pattern("*pro*").Matches("a pro b"));
  EXPECT_TRUE(pattern("p*o*s").Matches("plan of ours"));
  EXPECT_FALSE(pattern("p*o*s").Matches("plan of our"));
  EXPECT_FALSE(pattern("a*a").Matches("a"));
  EXPECT_TRUE(pattern("a*a").Matches("aa"));
  EXPECT_TRUE(pattern("a**a").Matches("aba"));
  EXPECT_TRUE(pattern("\"a\\*a\"").Matches("a*a"));
  EXPECT_FALSE(pattern("\"a\\*a\"").Matches("aba"));
  EXPECT_TRUE(pattern("\"say \\\"yes\\\"\"").Matches("say \"yes\""));
  EXPECT_TRUE(pattern("'it'").Matches("it"));
}

// A customer of whom much is known.
CustomerRow Ann() {
  CustomerRow row;
  row.set_customer_id("ann");
  row.set_signed_up_ms(kNow - 100 * kDayMs);
  row.set_converted_ms(kNow - 90 * kDayMs);
  auto& tenure = *row.add_tenures();
  tenure.set_start_ms(kNow - 90 * kDayMs - kHourMs);
  auto& step = *row.add_revenue();
  step.set_from_ms(tenure.start_ms());
  step.set_monthly_recurring_minor(4'900);
  step.set_currency("EUR");
  step.set_plan("pro");
  auto& owner = *row.add_attributes();
  owner.set_key("owner");
  owner.set_value("olga");
  auto& country = *row.add_attributes();
  country.set_key("country");
  country.set_value("DE");
  auto& topic = *row.add_topics();
  topic.set_topic("white-papers");
  topic.add_at_ms(kNow - 50 * kDayMs);
  topic.add_at_ms(kNow - 10 * kDayMs);
  auto& concern = *row.add_topics();
  concern.set_topic("churn");
  concern.set_concern(true);
  concern.add_at_ms(kNow - 31 * kDayMs);
  return row;
}

CustomerRow LostBob() {
  CustomerRow row;
  row.set_customer_id("bob");
  auto& tenure = *row.add_tenures();
  tenure.set_start_ms(kNow - 90 * kDayMs);
  tenure.set_end_ms(kNow - 20 * kDayMs);
  return row;
}

bool Finds(const std::string& text, const FilteredCustomer& customer) {
  return MatchFilter(Parse(text), customer) == Match::kYes;
}

TEST(FilterMatchingTest, LooksAtEveryField) {
  const CustomerRow ann = Ann();
  const std::optional<int64_t> last_active = kNow - 2 * kDayMs;
  const FilteredCustomer customer{ann, kNow, {v1::SCORE_KIND_PROBABILITY, 0.25}, v1::HEALTH_BAND_YELLOW, &last_active};
  for (const char* text : {"customer_id = ann",
                           "customer_id:a*",
                           "active = true",
                           "active:*",
                           "active != false",
                           "plan = pro",
                           "plan:*",
                           "plan != basic",
                           "owner = olga",
                           "band = YELLOW",
                           "band != GREEN",
                           "band:*",
                           "probability >= 0.25",
                           "probability < 0.3",
                           "probability:*",
                           "revenue = 4900",
                           "revenue > 4899.5",
                           "revenue:*",
                           "currency = EUR",
                           "tenure_days = 90",
                           "tenure_days >= 30",
                           "last_active < 3d",
                           "last_active:*",
                           "signed_up > 99d",
                           "signed_up <= 100d",
                           "signed_up <= 2400h",
                           "NOT signed_up < 100d",
                           "converted = 90d",
                           "NOT lost:*",
                           "attribute.country = DE",
                           "attribute.country:D*",
                           "attribute.size = \"\"",
                           "attribute.size != L",
                           "NOT attribute.size:*",
                           "interest:white-papers",
                           "interest:white*",
                           "interest:*",
                           "concern:*",
                           "interest:white-papers within 10d",
                           "NOT concern:churn within 30d",
                           "concern:churn within 31d",
                           "concern:churn within 5w",
                           "pro",
                           "DE",
                           "olga",
                           "white-papers",
                           "ann pro",
                           "signed_up > 1970-10-01",
                           "signed_up < 1971-01-01T00:00:00+02:00",
                           "health < 0 OR probability > 0"}) {
    EXPECT_TRUE(Finds(text, customer)) << text;
    EXPECT_FALSE(Finds(absl::StrCat("NOT (", text, ")"), customer)) << text;
  }
  for (const char* text : {"health < 100", "health != 3", "health:*", "lost < 30d", "lost > 30d", "lost != 30d",
                           "concern:white-papers", "interest:churn", "interest:white-papers within 9d", "p", "EU"}) {
    EXPECT_FALSE(Finds(text, customer)) << text;
  }
}

TEST(FilterMatchingTest, FindsWhoWasLostByAge) {
  const CustomerRow bob = LostBob();
  const FilteredCustomer customer{bob, kNow};
  for (const char* text :
       {"lost < 30d", "lost >= 20d", "active = false", "NOT active:*", "revenue = 0", "NOT revenue:*",
        "NOT tenure_days >= 0", "band = UNKNOWN", "owner = \"\"", "NOT owner:*", "currency != EUR"}) {
    EXPECT_TRUE(Finds(text, customer)) << text;
  }
  EXPECT_FALSE(Finds("lost < 20d", customer));
  EXPECT_FALSE(Finds("lost:*", {bob, kNow - 21 * kDayMs}));
}

TEST(FilterMatchingTest, WhatWasNotLookedUpIsUnknownOnlyWhereItDecides) {
  const CustomerRow ann = Ann();
  const FilteredCustomer customer{ann, kNow};
  const std::pair<const char*, Match> kCases[] = {
      {"last_active < 3d", Match::kUnknown},
      {"NOT last_active < 3d", Match::kUnknown},
      {"last_active < 3d AND plan = pro", Match::kUnknown},
      {"last_active < 3d AND plan = basic", Match::kNo},
      {"last_active < 3d OR plan = pro", Match::kYes},
      {"NOT (last_active < 3d OR plan = pro)", Match::kNo},
      {"last_active < 3d OR plan = basic", Match::kUnknown},
  };
  for (const auto& [text, match] : kCases) EXPECT_EQ(MatchFilter(Parse(text), customer), match) << text;
}

// Filters made up together with what they mean.
struct Meant {
  std::string text;
  std::function<bool(const CustomerRow&)> matches;
};

Meant RandomTest(Random& random) {
  const int64_t minor = Below(random, 4) * 1'000;
  const int64_t days = Below(random, 400);
  const char* const kValues[] = {"a", "b", "ab", "pro", "basic"};
  const std::string value = kValues[Below(random, 5)];
  switch (Below(random, 8)) {
    case 0:
      return {absl::StrCat("revenue >= ", minor),
              [=](const CustomerRow& row) { return SnapshotAt(row, kNow).minor >= minor; }};
    case 1:
      return {absl::StrCat("revenue != ", minor),
              [=](const CustomerRow& row) { return SnapshotAt(row, kNow).minor != minor; }};
    case 2:
      return {absl::StrCat("attribute.country=", value),
              [=](const CustomerRow& row) { return ValueAt(row, "country", kNow) == value; }};
    case 3:
      return {absl::StrCat("owner != \"", value, "\""),
              [=](const CustomerRow& row) { return ValueAt(row, "owner", kNow) != value; }};
    case 4:
      return {absl::StrCat("plan:", value.substr(0, 1), "*"),
              [=](const CustomerRow& row) { return ValueAt(row, "plan", kNow).substr(0, 1) == value.substr(0, 1); }};
    case 5:
      return {absl::StrCat("signed_up < ", days, "d"), [=](const CustomerRow& row) {
                return row.has_signed_up_ms() && kNow - row.signed_up_ms() < days * kDayMs;
              }};
    case 6:
      return {absl::StrCat("concern:churn within ", days, "d"), [=](const CustomerRow& row) {
                for (const auto& topic : row.topics()) {
                  for (const int64_t at : topic.at_ms()) {
                    if (topic.concern() && topic.topic() == "churn" && kNow - at <= days * kDayMs) return true;
                  }
                }
                return false;
              }};
    default:
      return {"active = true", [](const CustomerRow& row) { return SnapshotAt(row, kNow).active_since.has_value(); }};
  }
}

Meant RandomFilter(Random& random, int depth) {
  if (depth == 0 || Below(random, 4) == 0) return RandomTest(random);
  if (Below(random, 4) == 0) {
    const Meant inner = RandomFilter(random, depth - 1);
    return {absl::StrCat(Below(random, 2) == 0 ? "NOT (" : "-(", inner.text, ")"),
            [inner](const CustomerRow& row) { return !inner.matches(row); }};
  }
  const bool any = Below(random, 2) == 0;
  Meant all = RandomFilter(random, depth - 1);
  // Alternatives need no parentheses among factors, but sequences do among alternatives.
  if (any) all.text = absl::StrCat("(", all.text, ")");
  for (int64_t more = 1 + Below(random, 2); more > 0; --more) {
    const Meant next = RandomFilter(random, depth - 1);
    const Meant so_far = all;
    all.text = any ? absl::StrCat(all.text, " OR (", next.text, ")")
                   : absl::StrCat(all.text, Below(random, 2) == 0 ? " AND " : " ", next.text);
    all.matches = [so_far, next, any](const CustomerRow& row) {
      return any ? so_far.matches(row) || next.matches(row) : so_far.matches(row) && next.matches(row);
    };
  }
  return all;
}

TEST(FilterMatchingTest, MeansWhatItSays) {
  Random random(3);
  const std::vector<CustomerRow> rows = RandomLives(8, 40, kNow);
  int found = 0;
  for (int i = 0; i < 2'000; ++i) {
    const Meant meant = RandomFilter(random, 3);
    if (meant.text.size() > kMostFilterBytes) continue;
    const FilterNode filter = Parse(meant.text);
    for (const CustomerRow& row : rows) {
      const bool matches = MatchFilter(filter, {row, kNow}) == Match::kYes;
      ASSERT_EQ(matches, meant.matches(row)) << meant.text << "\n" << row.DebugString();
      found += matches ? 1 : 0;
    }
  }
  EXPECT_GT(found, 10'000);
}

}  // namespace
}  // namespace rapport::churn
