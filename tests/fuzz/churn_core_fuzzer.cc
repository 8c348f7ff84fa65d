// The activities of one customer: what is known depends on the set of them alone, taking one back undoes it, nothing
// that happens later changes what was known, and features are numbers.
#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/request/stable_bytes.h"
#include "services/churn/core/customer_row.h"
#include "services/churn/core/features.h"
#include "services/churn/core/health_score.h"
#include "services/churn/core/record.h"
#include "services/churn/core/score.h"
#include "tests/fuzz/fail.h"
#include "tests/fuzz/script.h"

namespace rapport::fuzz {
namespace {

using churn::storage::v1::CustomerRecord;
using churn::v1::Activity;
using google::protobuf::Message;

const absl::Time kNow = absl::FromUnixSeconds(1'782'907'200);
constexpr char kId[] = "c1";

bool IsValid(const Activity& activity) {
  const absl::Status status = churn::ValidateActivity(activity, kNow);
  if (status.ok()) return true;
  RequireClear(status, "an activity");
  Require(absl::StrContains(status.message(), ": "), absl::StrCat("an error names the field: ", status.message()));
  return false;
}

CustomerRecord RecordOf(const std::vector<Activity>& activities) {
  CustomerRecord record;
  for (const Activity& activity : activities) churn::AddActivity(activity, record);
  return record;
}

void CheckFeatures(const CustomerRecord& record) {
  churn::v1::CustomerFeatures features;
  churn::SetActivityFeatures(churn::RecordAsOf(record, kNow), kNow, features);
  for (const auto& [name, value] : features.values()) {
    Require(!value.has_number() || std::isfinite(value.number()), absl::StrCat("a feature is a number: ", name));
  }
}

void CheckRules(const churn::v1::HealthRules& rules) {
  const absl::Status valid = churn::ValidateHealthRules(rules);
  if (!valid.ok()) return RequireClear(valid, "health rules");
  churn::SignalValues values;
  double value = 0;
  for (const churn::v1::HealthSignal& signal : rules.signals()) values[signal.name()] = value += 7.5;
  const churn::v1::HealthScore score = churn::ScoreHealth(rules, values);
  Require(!score.has_score() || (score.score() >= 0 && score.score() <= 100), "a score lies between 0 and 100");
}

}  // namespace

const Message& EmptyScript() {
  static const Message& script =
      MakeScript({{"activity", Activity::descriptor()}, {"health_rules", churn::v1::HealthRules::descriptor()}});
  return script;
}

void Run(const Message& script) {
  std::map<std::string, Activity> by_id;
  ForEachStep(script, [&](const Message&, const std::string& kind, const std::vector<const Message*>& messages) {
    if (kind == "health_rules") return CheckRules(static_cast<const churn::v1::HealthRules&>(*messages.front()));
    auto activity = static_cast<const Activity&>(*messages.front());
    if (!IsValid(activity) || activity.deleted()) return;
    activity.set_customer_id(kId);
    by_id[activity.activity_id()] = activity;
  });
  std::vector<Activity> activities;
  activities.reserve(by_id.size());
  for (const auto& [id, activity] : by_id) activities.push_back(activity);

  const CustomerRecord record = RecordOf(activities);
  CustomerRecord less = record;
  for (const Activity& activity : activities) {
    churn::TakeBackActivity(activity, less);
    churn::AddActivity(activity, less);
  }
  Require(StableBytes(less) == StableBytes(record), "what is taken back and added again is as it was");
  for (const Activity& activity : activities) churn::TakeBackActivity(activity, less);
  Require(churn::IsEmpty(less), "nothing is left when all is taken back");
  std::reverse(activities.begin(), activities.end());
  Require(StableBytes(RecordOf(activities)) == StableBytes(record), "order changes nothing");

  CheckFeatures(record);
  for (const absl::Time moment : {kNow, kNow - absl::Hours(24 * 30)}) {
    const CustomerRecord known = churn::RecordAsOf(record, moment);
    Require(StableBytes(churn::RecordAsOf(known, moment)) == StableBytes(known), "what was known was known");
    churn::MakeCustomer(churn::RowOf(kId, known), known, moment);
  }
}

}  // namespace rapport::fuzz
