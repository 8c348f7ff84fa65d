// Calendars of opening hours. Those that are accepted can be counted by, and business time is a measure: never
// negative, never more than the time that passed, the sum of its parts, and a due time is where the allowance is used
// up.
#include <algorithm>
#include <vector>

#include "common/time/interval.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "services/response_times/core/business_time.h"
#include "services/response_times/core/policies.h"
#include "services/response_times/core/resource_versions.h"
#include "tests/fuzz/fail.h"
#include "tests/fuzz/script.h"

namespace rapport::fuzz {
namespace {

using google::protobuf::Message;
using response_times::BusinessTime;

const absl::Time kNow = absl::FromUnixSeconds(1'782'907'200);
constexpr size_t kMostMoments = 8;

template <typename Resource>
void Put(const Resource& resource, response_times::storage::v1::Resources& resources) {
  const auto created = response_times::Create(resource, resources);
  if (created.ok()) return;
  RequireClear(created.status(), "a resource");
  const auto updated = response_times::Update(resource, kNow, resources);
  if (!updated.ok()) RequireClear(updated.status(), "a version of a resource");
}

void TestMeasure(const BusinessTime& time, absl::Time a, absl::Time b, absl::Time c) {
  const absl::Duration whole = time.Between(a, c);
  Require(whole >= absl::ZeroDuration() && whole <= c - a, "no more time is open than passes");
  Require(time.Between(a, b) + time.Between(b, c) == whole, "business time is the sum of its parts");
  Require(time.Between(b, a) == absl::ZeroDuration() || a == b, "nothing is open backwards");
}

void TestDue(const BusinessTime& time, absl::Time start, absl::Duration allowance) {
  const absl::Time due = time.Due(start, allowance);
  Require(due >= start, "nothing is due before it begins");
  if (due == absl::InfiniteFuture() || allowance <= absl::ZeroDuration()) return;
  Require(time.Between(start, due) == allowance, "what is due has used up its allowance");
  Require(time.Between(start, due - absl::Milliseconds(1)) < allowance, "it is due at the earliest moment");
}

// A moment that an event can have.
std::vector<absl::Time> Moments(const std::vector<google::protobuf::Timestamp>& timestamps) {
  std::vector<absl::Time> moments = {kNow};
  for (const google::protobuf::Timestamp& timestamp : timestamps) {
    if (moments.size() == kMostMoments) break;
    if (timestamp.seconds() < 0 || timestamp.seconds() > 4'102'444'800) continue;  // up to 2100
    moments.push_back(absl::FromUnixMillis(ToMillis(timestamp)));
  }
  std::sort(moments.begin(), moments.end());
  return moments;
}

}  // namespace

const Message& EmptyScript() {
  static const Message& script = MakeScript({{"calendar", response_times::v1::BusinessCalendar::descriptor()},
                                             {"policy", response_times::v1::SlaPolicy::descriptor()},
                                             {"moment", google::protobuf::Timestamp::descriptor()},
                                             {"allowance", google::protobuf::Duration::descriptor()}});
  return script;
}

void Run(const Message& script) {
  response_times::storage::v1::Resources resources;
  std::vector<google::protobuf::Timestamp> timestamps;
  std::vector<absl::Duration> allowances;
  ForEachStep(script, [&](const Message&, const std::string& kind, const std::vector<const Message*>& messages) {
    const Message& message = *messages.front();
    if (kind == "calendar") Put(static_cast<const response_times::v1::BusinessCalendar&>(message), resources);
    if (kind == "policy") Put(static_cast<const response_times::v1::SlaPolicy&>(message), resources);
    if (kind == "moment") timestamps.push_back(static_cast<const google::protobuf::Timestamp&>(message));
    if (kind == "allowance") {
      const auto& allowance = static_cast<const google::protobuf::Duration&>(message);
      if (allowance.seconds() < 0 || allowance.seconds() > int64_t{365} * 86'400) return;
      allowances.push_back(absl::Seconds(allowance.seconds()) + absl::Milliseconds(allowance.nanos() / 1'000'000));
    }
  });
  const auto policies = response_times::Policies::Create(resources);
  Require(policies.ok(), "resources that were accepted hold");
  const std::vector<absl::Time> moments = Moments(timestamps);
  for (const response_times::v1::BusinessCalendar& calendar : resources.calendars()) {
    const BusinessTime* const time = (*policies)->Calendar(calendar.calendar_id());
    Require(time != nullptr, "a calendar that was accepted is known");
    for (size_t i = 0; i + 1 < moments.size(); ++i) TestMeasure(*time, moments[0], moments[i], moments.back());
    for (const absl::Duration allowance : allowances) TestDue(*time, moments[0], allowance);
  }
  for (const absl::Time moment : moments) {
    const auto* const policy =
        (*policies)->PolicyAt(moment, response_times::v1::PRIORITY_NORMAL, "", common::v1::CHANNEL_EMAIL);
    (*policies)->CalendarAt(moment, policy);
  }
}

}  // namespace rapport::fuzz
