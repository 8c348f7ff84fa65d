#include "tests/response_times_figures/stored_world.h"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/store/open_store.h"
#include "common/time/interval.h"
#include "common/write/changes.h"
#include "common/write/partition.h"
#include "services/response_times/core/counting.h"
#include "services/response_times/core/record.h"
#include "services/response_times/service/recorder.h"

namespace rapport::response_times {
namespace {

constexpr int kAgent = 0;
constexpr int kTeam = 1;

}  // namespace

StoredWorld::StoredWorld(int conversations) {
  store::StoreOptions options;
  options.url = "rocksdb:" + dir_.path() + "/store";
  options.service = "test";
  options.partitions = 2;
  auto opened = store::OpenStore(options);
  EXPECT_TRUE(opened.ok()) << opened.status();
  store_ = *std::move(opened);
  dictionary_ = std::make_unique<rollup::Dictionary>(
      *store_, rollup::DictionaryOptions{{common::v1::DIMENSION_AGENT, common::v1::DIMENSION_TEAM}, 1000});
  reader_ = std::make_unique<Reader>(*store_, [] { return kNow; });
  policies_ = *Policies::Create({});
  for (int i = 0; i < conversations; ++i) analyses_.emplace(absl::StrCat("c", i), Generate(i));
  Commit();
}

int64_t StoredWorld::Moment() {
  return Whole(ToMillis(kBegin), ToMillis(kEnd) - 1);
}

// Minutes mostly, weeks at times; often exactly an hour.
int64_t StoredWorld::Duration() {
  if (Whole(0, 9) == 0) return 3'600'000;
  return std::llround(std::exp(std::normal_distribution<double>(14, 2)(random_)));
}

void StoredWorld::SetRandomCodes(google::protobuf::RepeatedField<uint32_t>& codes) {
  rollup::Values values;
  const int64_t agent = Whole(0, kAgentCount);
  if (agent > 0) values[kAgent] = absl::StrCat("agent", agent);
  if (Whole(0, 3) > 0) values[kTeam] = absl::StrCat("team", Whole(1, 2));
  const auto encoded = dictionary_->Encode(kTenant, values);
  EXPECT_TRUE(encoded.ok()) << encoded.status();
  SetCodes(*encoded, codes);
}

std::string StoredWorld::AgentOf(const google::protobuf::RepeatedField<uint32_t>& codes) const {
  return (*dictionary_->Names(kTenant, common::v1::DIMENSION_AGENT))[CodesOf(codes)[kAgent]];
}

std::string StoredWorld::TeamOf(const google::protobuf::RepeatedField<uint32_t>& codes) const {
  return (*dictionary_->Names(kTenant, common::v1::DIMENSION_TEAM))[CodesOf(codes)[kTeam]];
}

void StoredWorld::AddStretches(storage::v1::Analysis& analysis) {
  for (int64_t i = Whole(0, 4); i > 0; --i) {
    storage::v1::Stretch& stretch = *analysis.add_stretches();
    stretch.set_kind(static_cast<storage::v1::StretchKind>(Whole(1, 7)));
    stretch.set_start_ms(Moment());
    SetRandomCodes(*stretch.mutable_dimension_codes());
    if (Whole(0, 4) == 0) {
      stretch.set_open(true);
      stretch.set_running_since_ms(stretch.start_ms());
      analysis.mutable_waiting()->set_since_ms(stretch.start_ms());
    } else {
      stretch.set_calendar_ms(Duration());
      if (Whole(0, 1) == 0) stretch.set_business_ms(stretch.calendar_ms() / 3);
    }
  }
}

void StoredWorld::AddPromises(storage::v1::Analysis& analysis) {
  for (int i = 0; i < Whole(0, 2); ++i) {
    storage::v1::TargetPromise& promise = *analysis.add_promises();
    promise.set_policy_id("gold");
    promise.set_metric(v1::METRIC_FIRST_RESPONSE_TIME);
    promise.set_number(i);
    promise.set_made_ms(Moment());
    promise.set_due_ms(promise.made_ms() + Duration());
    SetRandomCodes(*promise.mutable_dimension_codes());
    switch (Whole(0, 4)) {
      case 0:
        promise.set_kept_ms(promise.made_ms());
        break;
      case 1:
        promise.set_kept_ms(promise.due_ms() + 1);
        break;
      case 2:
        promise.set_cancelled_ms(promise.made_ms());
        break;
      case 3:
        promise.set_remaining_ms(1000);
        break;
      default:
        break;
    }
  }
}

storage::v1::Analysis StoredWorld::Generate(int number) {
  storage::v1::Analysis analysis;
  analysis.set_customer_id(absl::StrCat("customer", number % 20));
  analysis.set_begun_ms(Moment());
  analysis.set_begun_channel(static_cast<common::v1::Channel>(Whole(0, 3)));
  analysis.set_state(Whole(0, 2) == 0 ? v1::CONVERSATION_STATE_WAITING : v1::CONVERSATION_STATE_RESOLVED);
  analysis.set_reopen_count(static_cast<int32_t>(Whole(0, 2)));
  analysis.set_reply_count(static_cast<int32_t>(Whole(0, 2)));
  SetRandomCodes(*analysis.mutable_dimension_codes());
  AddStretches(analysis);
  AddPromises(analysis);
  if (Whole(0, 3) == 0) {
    storage::v1::Escalation& escalation = *analysis.add_escalations();
    escalation.set_occurred_ms(Moment());
    escalation.set_reason(static_cast<v1::EscalationReason>(Whole(1, 3)));
    SetRandomCodes(*escalation.mutable_dimension_codes());
    if (Whole(0, 1) == 0) analysis.add_tried(v1::SELF_SERVICE_FORUM);
  }
  const int64_t day = UtcDay(absl::FromUnixMillis(analysis.begun_ms()));
  analysis.add_event_days(day);
  analysis.set_self_service_count(static_cast<int32_t>(Whole(0, 2)));
  storage::v1::CustomerMessages& messages = *analysis.add_messages();
  messages.set_day(day);
  messages.set_channel(analysis.begun_channel());
  messages.set_count(Whole(1, 3));
  return analysis;
}

void StoredWorld::Commit() {
  std::vector<store::Mutation> mutations(store_->partition_count());
  std::vector<write::Changes> changes(mutations.size());
  for (const auto& [id, analysis] : analyses_) {
    const uint32_t partition = write::PartitionOf(id, store_->partition_count());
    CountChange(id, {}, analysis, changes[partition]);
    storage::v1::ConversationRecord record;
    *record.mutable_counted() = analysis;
    mutations[partition].puts.push_back({ConversationKey(id), Pack(record)});
  }
  for (uint32_t p = 0; p < mutations.size(); ++p) {
    mutations[p].partition = {kTenant, p};
    std::move(changes[p]).MoveInto(mutations[p]);
  }
  for (const absl::Status& status : store_->Commit(mutations)) EXPECT_TRUE(status.ok()) << status;
}

}  // namespace rapport::response_times
