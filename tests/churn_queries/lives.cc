#include "tests/churn_queries/lives.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"

namespace rapport::churn {
namespace {

using storage::v1::CustomerRow;

const char* Pick(Random& random, const std::vector<const char*>& values) {
  return values[static_cast<size_t>(Below(random, static_cast<int64_t>(values.size())))];
}

std::vector<int64_t> Moments(Random& random, int64_t most, int64_t span_ms) {
  std::vector<int64_t> moments(static_cast<size_t>(Below(random, most + 1)));
  for (int64_t& each : moments) each = Below(random, span_ms / kHourMs) * kHourMs;
  std::sort(moments.begin(), moments.end());
  return moments;
}

void AddTopics(Random& random, int64_t span_ms, CustomerRow& row) {
  for (const char* topic : {"churn", "white-papers", "prices"}) {
    for (const bool concern : {false, true}) {
      const std::vector<int64_t> moments = Moments(random, 2, span_ms);
      if (moments.empty()) continue;
      storage::v1::Topic& added = *row.add_topics();
      added.set_topic(topic);
      added.set_concern(concern);
      added.set_count(static_cast<int64_t>(moments.size()));
      for (const int64_t at : moments) added.add_at_ms(at);
    }
  }
}

}  // namespace

int64_t Below(Random& random, int64_t n) {
  return std::uniform_int_distribution<int64_t>(0, n - 1)(random);
}

CustomerRow RandomLife(Random& random, const std::string& customer_id, int64_t span_ms) {
  CustomerRow row;
  row.set_customer_id(customer_id);
  const std::vector<int64_t> edges = Moments(random, 6, span_ms);
  for (size_t i = 0; i < edges.size(); i += 2) {
    storage::v1::TenureSpan& tenure = *row.add_tenures();
    tenure.set_start_ms(edges[i]);
    if (i + 1 < edges.size()) tenure.set_end_ms(edges[i + 1]);
  }
  for (const int64_t at : Moments(random, 5, span_ms)) {
    storage::v1::RevenueStep& step = *row.add_revenue();
    step.set_from_ms(at);
    step.set_plan(Pick(random, {"", "basic", "pro"}));
    step.set_monthly_recurring_minor(Below(random, 4) * 1'000);
    if (step.monthly_recurring_minor() > 0) step.set_currency(Pick(random, {"EUR", "USD"}));
  }
  for (const int64_t at : Moments(random, 5, span_ms)) {
    storage::v1::AttributeStep& step = *row.add_attributes();
    step.set_from_ms(at);
    step.set_key(Pick(random, {"owner", "country", "size"}));
    step.set_value(Pick(random, {"", "a", "b", "c", "ab"}));
  }
  AddTopics(random, span_ms, row);
  const std::vector<int64_t> signups = Moments(random, 2, span_ms);
  if (!signups.empty()) row.set_signed_up_ms(signups.front());
  if (signups.size() == 2) row.set_converted_ms(signups.back());
  return row;
}

std::vector<CustomerRow> RandomLives(uint32_t seed, int count, int64_t span_ms) {
  Random random(seed);
  std::vector<CustomerRow> rows;
  for (int i = 0; i < count; ++i) rows.push_back(RandomLife(random, absl::StrCat("c", i), span_ms));
  return rows;
}

Snapshot SnapshotAt(const CustomerRow& row, int64_t moment_ms) {
  Snapshot snapshot;
  for (const auto& tenure : row.tenures()) {
    const bool began = tenure.start_ms() <= moment_ms;
    const bool ended = tenure.has_end_ms() && tenure.end_ms() <= moment_ms;
    if (began && !ended) snapshot.active_since = tenure.start_ms();
  }
  for (const auto& step : row.revenue()) {
    if (step.from_ms() > moment_ms) continue;
    snapshot.plan = step.plan();
    snapshot.minor = snapshot.active_since ? step.monthly_recurring_minor() : 0;
    snapshot.currency = snapshot.minor > 0 ? step.currency() : "";
  }
  return snapshot;
}

std::string ValueAt(const CustomerRow& row, absl::string_view key, int64_t moment_ms) {
  if (key == "plan") return SnapshotAt(row, moment_ms).plan;
  if (key == "currency") return SnapshotAt(row, moment_ms).currency;
  std::map<std::string, std::string> values;
  for (const auto& step : row.attributes()) {
    if (step.from_ms() <= moment_ms) values[step.key()] = step.value();
  }
  return values[std::string(key)];
}

}  // namespace rapport::churn
