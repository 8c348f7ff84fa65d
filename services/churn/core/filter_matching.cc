#include "services/churn/core/filter_matching.h"

#include <algorithm>
#include <variant>

#include "absl/strings/string_view.h"
#include "services/churn/core/customer_row.h"

namespace rapport::churn {
namespace {

using storage::v1::CustomerRow;

template <class T>
bool Compare(Comparator comparator, const T& left, const T& right) {
  switch (comparator) {
    case Comparator::kEqual:
    case Comparator::kHas:
      return left == right;
    case Comparator::kNotEqual:
      return left != right;
    case Comparator::kLess:
      return left < right;
    case Comparator::kAtMost:
      return left <= right;
    case Comparator::kGreater:
      return left > right;
    case Comparator::kAtLeast:
      return left >= right;
  }
  return false;
}

bool TestText(const FilterTest& test, absl::string_view text) {
  const auto* pattern = std::get_if<TextPattern>(&test.value);
  if (pattern == nullptr) return !text.empty();
  return pattern->Matches(text) != (test.comparator == Comparator::kNotEqual);
}

bool TestNumber(const FilterTest& test, std::optional<double> number) {
  if (!number) return false;
  const auto* value = std::get_if<double>(&test.value);
  return value == nullptr || Compare(test.comparator, *number, *value);
}

bool TestMoment(const FilterTest& test, std::optional<int64_t> moment_ms, int64_t now_ms) {
  if (!moment_ms) return false;
  if (const auto* moment = std::get_if<PointInTime>(&test.value))
    return Compare(test.comparator, *moment_ms, moment->ms);
  if (const auto* age = std::get_if<Age>(&test.value)) return Compare(test.comparator, now_ms - *moment_ms, age->ms);
  return true;
}

bool TestBand(const FilterTest& test, v1::HealthBand band) {
  const auto* value = std::get_if<v1::HealthBand>(&test.value);
  if (value == nullptr) return band != v1::HEALTH_BAND_UNSPECIFIED;
  return Compare(test.comparator, band, *value);
}

std::optional<int64_t> BeforeNow(bool present, int64_t ms, int64_t now_ms) {
  if (!present || ms > now_ms) return std::nullopt;
  return ms;
}

// Since when a customer who is active has been.
std::optional<int64_t> ActiveSince(const CustomerRow& row, int64_t now_ms) {
  for (const storage::v1::TenureSpan& tenure : row.tenures()) {
    if (tenure.start_ms() <= now_ms && (!tenure.has_end_ms() || now_ms < tenure.end_ms())) return tenure.start_ms();
  }
  return std::nullopt;
}

// Since when a customer who is not active any more has not been.
std::optional<int64_t> LostSince(const CustomerRow& row, int64_t now_ms) {
  std::optional<int64_t> lost;
  for (const storage::v1::TenureSpan& tenure : row.tenures()) {
    if (tenure.start_ms() > now_ms) break;
    if (!tenure.has_end_ms() || now_ms < tenure.end_ms()) return std::nullopt;
    lost = tenure.end_ms();
  }
  return lost;
}

std::optional<double> TenureDays(const CustomerRow& row, int64_t now_ms) {
  constexpr int64_t kDayMs = 86'400'000;
  const std::optional<int64_t> since = ActiveSince(row, now_ms);
  if (!since) return std::nullopt;
  const int64_t days = (now_ms - *since) / kDayMs;
  return static_cast<double>(days);
}

std::optional<double> ScoreOf(const FilteredCustomer& customer, v1::ScoreKind kind) {
  if (customer.score.kind != kind) return std::nullopt;
  return customer.score.value;
}

bool TestRevenue(const FilterTest& test, const CustomerRow& row, int64_t now_ms) {
  const storage::v1::RevenueStep* step = RevenueAt(row, now_ms);
  const int64_t minor = step == nullptr ? 0 : step->monthly_recurring_minor();
  if (std::holds_alternative<Presence>(test.value)) return minor > 0;
  return TestNumber(test, static_cast<double>(minor));
}

absl::string_view CurrencyAt(const CustomerRow& row, int64_t moment_ms) {
  const storage::v1::RevenueStep* step = RevenueAt(row, moment_ms);
  return step == nullptr ? absl::string_view() : step->currency();
}

bool IsMentioned(const FilterTest& test, const storage::v1::Topic& topic, int64_t now_ms) {
  const auto after = std::upper_bound(topic.at_ms().begin(), topic.at_ms().end(), now_ms);
  if (after == topic.at_ms().begin()) return false;
  if (test.within_ms && now_ms - *(after - 1) > *test.within_ms) return false;
  return TestText(test, topic.topic());
}

bool TestTopics(const FilterTest& test, const CustomerRow& row, int64_t now_ms) {
  const bool concern = test.field == FilterField::kConcern;
  return std::any_of(row.topics().begin(), row.topics().end(), [&](const storage::v1::Topic& topic) {
    return topic.concern() == concern && IsMentioned(test, topic, now_ms);
  });
}

// Whether any text of the customer is it.
bool TestAnything(const FilterTest& test, const CustomerRow& row, int64_t now_ms) {
  return TestText(test, row.customer_id()) || TestText(test, AttributeAt(row, "plan", now_ms)) ||
         std::any_of(row.attributes().begin(), row.attributes().end(),
                     [&](const storage::v1::AttributeStep& step) {
                       return TestText(test, AttributeAt(row, step.key(), now_ms));
                     }) ||
         std::any_of(row.topics().begin(), row.topics().end(),
                     [&](const storage::v1::Topic& topic) { return IsMentioned(test, topic, now_ms); });
}

// All but what has to be looked up.
bool TestRow(const FilterTest& test, const FilteredCustomer& customer) {
  const CustomerRow& row = customer.row;
  const int64_t now_ms = customer.moment_ms;
  switch (test.field) {
    case FilterField::kAnything:
      return TestAnything(test, row, now_ms);
    case FilterField::kCustomerId:
      return TestText(test, row.customer_id());
    case FilterField::kActive: {
      const auto* value = std::get_if<bool>(&test.value);
      const bool active = ActiveAt(row, now_ms);
      return value == nullptr ? active : Compare(test.comparator, active, *value);
    }
    case FilterField::kPlan:
      return TestText(test, AttributeAt(row, "plan", now_ms));
    case FilterField::kOwner:
      return TestText(test, AttributeAt(row, "owner", now_ms));
    case FilterField::kBand:
      return TestBand(test, customer.band);
    case FilterField::kProbability:
      return TestNumber(test, ScoreOf(customer, v1::SCORE_KIND_PROBABILITY));
    case FilterField::kHealth:
      return TestNumber(test, ScoreOf(customer, v1::SCORE_KIND_HEALTH_SCORE));
    case FilterField::kRevenue:
      return TestRevenue(test, row, now_ms);
    case FilterField::kCurrency:
      return TestText(test, CurrencyAt(row, now_ms));
    case FilterField::kTenureDays:
      return TestNumber(test, TenureDays(row, now_ms));
    case FilterField::kSignedUp:
      return TestMoment(test, BeforeNow(row.has_signed_up_ms(), row.signed_up_ms(), now_ms), now_ms);
    case FilterField::kConverted:
      return TestMoment(test, BeforeNow(row.has_converted_ms(), row.converted_ms(), now_ms), now_ms);
    case FilterField::kLost:
      return TestMoment(test, LostSince(row, now_ms), now_ms);
    case FilterField::kAttribute:
      return TestText(test, AttributeAt(row, test.key, now_ms));
    case FilterField::kInterest:
    case FilterField::kConcern:
      return TestTopics(test, row, now_ms);
    case FilterField::kLastActive:
      break;
  }
  return false;
}

Match MatchTest(const FilterTest& test, const FilteredCustomer& customer) {
  if (test.field != FilterField::kLastActive) return TestRow(test, customer) ? Match::kYes : Match::kNo;
  if (customer.last_active_ms == nullptr) return Match::kUnknown;
  return TestMoment(test, *customer.last_active_ms, customer.moment_ms) ? Match::kYes : Match::kNo;
}

Match Inverse(Match match) {
  if (match == Match::kUnknown) return match;
  return match == Match::kYes ? Match::kNo : Match::kYes;
}

}  // namespace

Match MatchFilter(const FilterNode& filter, const FilteredCustomer& customer) {
  switch (filter.kind) {
    case FilterNode::Kind::kTest:
      return MatchTest(filter.test, customer);
    case FilterNode::Kind::kNot:
      return Inverse(MatchFilter(filter.children.front(), customer));
    case FilterNode::Kind::kAll:
    case FilterNode::Kind::kAny:
      break;
  }
  const Match decisive = filter.kind == FilterNode::Kind::kAll ? Match::kNo : Match::kYes;
  Match match = Inverse(decisive);
  for (const FilterNode& child : filter.children) {
    const Match each = MatchFilter(child, customer);
    if (each == decisive) return decisive;
    if (each == Match::kUnknown) match = each;
  }
  return match;
}

}  // namespace rapport::churn
