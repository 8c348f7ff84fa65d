// The events of one conversation, under calendars and policies: what is counted depends on the set of events alone,
// survives being stored, and can be explained.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/request/stable_bytes.h"
#include "services/response_times/core/analysis.h"
#include "services/response_times/core/counting.h"
#include "services/response_times/core/explanation.h"
#include "services/response_times/core/policies.h"
#include "services/response_times/core/record.h"
#include "services/response_times/core/resource_versions.h"
#include "services/response_times/core/validation.h"
#include "services/response_times/core/walk.h"
#include "tests/fuzz/fail.h"
#include "tests/fuzz/script.h"

namespace rapport::fuzz {
namespace {

using google::protobuf::Message;
using response_times::storage::v1::Analysis;
using response_times::storage::v1::ConversationRecord;
using response_times::v1::ConversationEvent;

const absl::Time kNow = absl::FromUnixSeconds(1'782'907'200);
constexpr char kId[] = "v1";

template <typename Resource>
void Put(const Resource& resource, response_times::storage::v1::Resources& resources) {
  if (!response_times::Create(resource, resources).ok())
    response_times::Update(resource, kNow, resources).IgnoreError();
}

bool IsValid(const ConversationEvent& event) {
  const absl::Status status = response_times::Validate(event, kNow);
  if (status.ok()) return true;
  RequireClear(status, "an event");
  Require(absl::StrContains(status.message(), ": "), absl::StrCat("an error names the field: ", status.message()));
  return false;
}

ConversationRecord RecordOf(const std::vector<ConversationEvent>& events) {
  ConversationRecord record;
  for (const ConversationEvent& event : events) response_times::AddEvent(event, {}, kNow, record);
  return record;
}

void CheckStretches(const Analysis& analysis) {
  for (const response_times::storage::v1::Stretch& stretch : analysis.stretches()) {
    Require(stretch.calendar_ms() >= 0, absl::StrCat("no time is negative: ", stretch.DebugString()));
    Require(
        !stretch.has_business_ms() || (stretch.business_ms() >= 0 && stretch.business_ms() <= stretch.calendar_ms()),
        absl::StrCat("business time is a part of the time: ", stretch.DebugString()));
  }
}

}  // namespace

const Message& EmptyScript() {
  static const Message& script = MakeScript({{"event", ConversationEvent::descriptor()},
                                             {"calendar", response_times::v1::BusinessCalendar::descriptor()},
                                             {"policy", response_times::v1::SlaPolicy::descriptor()}});
  return script;
}

void Run(const Message& script) {
  response_times::storage::v1::Resources resources;
  std::vector<ConversationEvent> events;
  ForEachStep(script, [&](const Message&, const std::string& kind, const std::vector<const Message*>& messages) {
    const Message& message = *messages.front();
    if (kind == "calendar") Put(static_cast<const response_times::v1::BusinessCalendar&>(message), resources);
    if (kind == "policy") Put(static_cast<const response_times::v1::SlaPolicy&>(message), resources);
    if (kind != "event") return;
    auto event = static_cast<const ConversationEvent&>(message);
    if (!IsValid(event)) return;
    event.set_conversation_id(kId);
    events.push_back(event);
  });
  const auto policies = response_times::Policies::Create(resources);
  Require(policies.ok(), "resources that were accepted hold");

  const ConversationRecord record = RecordOf(events);
  std::vector<ConversationEvent> reversed(events.rbegin(), events.rend());
  reversed.insert(reversed.end(), events.begin(), events.end());
  const Analysis analysis = response_times::Analyze(kId, record, **policies);
  Require(StableBytes(response_times::Analyze(kId, RecordOf(reversed), **policies)) == StableBytes(analysis),
          "order and repetition change nothing");
  CheckStretches(analysis);

  const auto unpacked = response_times::Unpack(kId, response_times::Pack(record));
  Require(unpacked.ok() && StableBytes(*unpacked) == StableBytes(record), "a record survives being stored");
  response_times::Explain(kId, record, **policies, kNow);

  write::Changes changes;
  response_times::CountChange(kId, Analysis(), analysis, changes);
  response_times::CountChange(kId, analysis, Analysis(), changes);

  const std::string customer = response_times::CustomerOf(record);
  ConversationRecord erased = record;
  if (!customer.empty()) Require(response_times::EraseCustomer(customer, erased), "there is somebody to erase");
}

}  // namespace rapport::fuzz
