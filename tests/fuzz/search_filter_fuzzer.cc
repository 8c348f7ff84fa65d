// Filters over customers: those that parse can be applied, and negation negates.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/churn/core/filter_matching.h"
#include "services/churn/core/search_filter.h"
#include "tests/fuzz/fail.h"

namespace rapport::fuzz {
namespace {

using churn::FilterScope;
using churn::Match;

constexpr int64_t kDayMs = 86'400'000;
constexpr int64_t kNowMs = 1'782'907'200'000;

churn::storage::v1::CustomerRow Customer() {
  churn::storage::v1::CustomerRow row;
  row.set_customer_id("c1");
  row.set_signed_up_ms(kNowMs - 300 * kDayMs);
  row.set_converted_ms(kNowMs - 200 * kDayMs);
  row.add_tenures()->set_start_ms(kNowMs - 200 * kDayMs);
  auto& revenue = *row.add_revenue();
  revenue.set_from_ms(kNowMs - 200 * kDayMs);
  revenue.set_monthly_recurring_minor(4'900);
  revenue.set_currency("EUR");
  revenue.set_plan("pro");
  auto& attribute = *row.add_attributes();
  attribute.set_from_ms(kNowMs - 200 * kDayMs);
  attribute.set_key("size");
  attribute.set_value("small*\"");
  auto& topic = *row.add_topics();
  topic.set_topic("churn rate");
  topic.set_concern(true);
  topic.add_at_ms(kNowMs - kDayMs);
  topic.set_count(1);
  return row;
}

Match Opposite(Match match) {
  return match == Match::kYes ? Match::kNo : match == Match::kNo ? Match::kYes : Match::kUnknown;
}

void Test(const std::string& text, FilterScope scope) {
  static const churn::storage::v1::CustomerRow row = Customer();
  const auto filter = churn::ParseSearchFilter(text, scope, "filter");
  if (!filter.ok()) {
    RequireClear(filter.status(), "a filter");
    Require(absl::IsInvalidArgument(filter.status()) && absl::StartsWith(filter.status().message(), "filter"),
            absl::StrCat("an error names the field: ", filter.status().message()));
    Require(filter.status().message().size() < 1024, "an error is short");
    return;
  }
  const std::optional<int64_t> last_active = kNowMs - 2 * kDayMs;
  for (const std::optional<int64_t>* const looked_up :
       {static_cast<const std::optional<int64_t>*>(nullptr), &last_active}) {
    const churn::FilteredCustomer customer{
        row, kNowMs, {churn::v1::SCORE_KIND_PROBABILITY, 0.3}, churn::v1::HEALTH_BAND_YELLOW, looked_up};
    churn::FilterNode negated;
    negated.kind = churn::FilterNode::Kind::kNot;
    negated.children.push_back(*filter);
    Require(churn::MatchFilter(negated, customer) == Opposite(churn::MatchFilter(*filter, customer)),
            "who matches a filter does not match its negation");
  }
}

}  // namespace
}  // namespace rapport::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  rapport::fuzz::Test(text, rapport::churn::FilterScope::kSearch);
  rapport::fuzz::Test(text, rapport::churn::FilterScope::kGrouping);
  return 0;
}
