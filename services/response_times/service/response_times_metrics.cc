#include "services/response_times/service/response_times_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/rollup/dimensions.h"
#include "common/time/interval.h"
#include "services/response_times/core/promise.h"

namespace rapport::response_times {
namespace {

using storage::v1::Analysis;
using storage::v1::Stretch;
using storage::v1::TargetPromise;

template <typename Name>
absl::string_view WithoutPrefix(const Name& name, absl::string_view prefix) {
  return absl::string_view(name).substr(prefix.size());
}

absl::string_view NameOf(common::v1::Channel channel) {
  return channel == common::v1::CHANNEL_UNSPECIFIED ? "none" : rollup::NameOf(channel);
}

// The name of a kind of event, such as `MESSAGE`, by its position in the oneof, from 1.
std::string KindName(int position) {
  const auto* kinds = v1::ConversationEvent::descriptor()->FindOneofByName("kind");
  return absl::AsciiStrToUpper(kinds->field(position - 1)->name());
}

size_t KindPosition(const v1::ConversationEvent& event) {
  return event.kind_case() == v1::ConversationEvent::KIND_NOT_SET
             ? 0
             : event.kind_case() - v1::ConversationEvent::kMessage + 1;
}

std::optional<v1::Metric> MetricOf(storage::v1::StretchKind kind) {
  switch (kind) {
    case storage::v1::STRETCH_KIND_FIRST_RESPONSE:
      return v1::METRIC_FIRST_RESPONSE_TIME;
    case storage::v1::STRETCH_KIND_LATER_RESPONSE:
      return v1::METRIC_NEXT_RESPONSE_TIME;
    case storage::v1::STRETCH_KIND_FIRST_RESOLUTION:
      return v1::METRIC_FIRST_RESOLUTION_TIME;
    case storage::v1::STRETCH_KIND_FULL_RESOLUTION:
      return v1::METRIC_FULL_RESOLUTION_TIME;
    default:
      return std::nullopt;
  }
}

}  // namespace

TenantMetrics::TenantMetrics(metrics::Registry& registry, absl::string_view tenant)
    : pending_(&registry.GetGauge(kPromisesOpen, {tenant, "PENDING"})),
      about_to_break_(&registry.GetGauge(kPromisesOpen, {tenant, "ABOUT_TO_BREAK"})),
      broken_(&registry.GetGauge(kPromisesOpen, {tenant, "BROKEN"})),
      rejected_(&registry.GetCounter(kEventsTotal, {tenant, "any", "REJECTED"})),
      lag_(&registry.GetHistogram(kEventLag, {tenant})) {
  for (size_t k = 0; k < kKinds; ++k) {
    const std::string kind = k == 0 ? "none" : KindName(static_cast<int>(k));
    for (size_t o = 1; o < kOutcomes; ++o) {
      const absl::string_view outcome = WithoutPrefix(v1::Outcome_Name(static_cast<v1::Outcome>(o)), "OUTCOME_");
      events_[k][o] = &registry.GetCounter(kEventsTotal, {tenant, kind, outcome});
    }
  }
  for (size_t c = 0; c < kChannels; ++c) {
    const absl::string_view channel = NameOf(static_cast<common::v1::Channel>(c));
    backlog_[c] = &registry.GetGauge(kBacklog, {tenant, channel});
    oldest_[c] = &registry.GetGauge(kBacklogAge, {tenant, channel});
    for (size_t m = 1; m < kMetrics; ++m) {
      const absl::string_view metric = WithoutPrefix(v1::Metric_Name(static_cast<v1::Metric>(m)), "METRIC_");
      times_[m][0][c] = &registry.GetHistogram(kResponseTime, {tenant, metric, "CALENDAR", channel});
      times_[m][1][c] = &registry.GetHistogram(kResponseTime, {tenant, metric, "BUSINESS", channel});
    }
  }
  for (const v1::PromiseOrigin origin : {v1::PROMISE_ORIGIN_POLICY, v1::PROMISE_ORIGIN_PERSON}) {
    for (const v1::PromiseState state :
         {v1::PROMISE_STATE_KEPT, v1::PROMISE_STATE_KEPT_LATE, v1::PROMISE_STATE_CANCELLED}) {
      promises_[origin][state] = &registry.GetCounter(
          kPromisesTotal, {tenant, WithoutPrefix(v1::PromiseOrigin_Name(origin), "PROMISE_ORIGIN_"),
                           WithoutPrefix(v1::PromiseState_Name(state), "PROMISE_STATE_")});
    }
  }
  for (size_t r = 1; r < kReasons; ++r) {
    escalations_[r] = &registry.GetCounter(
        kEscalationsTotal,
        {tenant, WithoutPrefix(v1::EscalationReason_Name(static_cast<v1::EscalationReason>(r)), "ESCALATION_REASON_")});
  }
}

void TenantMetrics::OnRecorded(const v1::ConversationEvent& event, v1::Outcome outcome, absl::Time received_at) {
  events_[KindPosition(event)][outcome]->Increment();
  if (outcome != v1::OUTCOME_CREATED) return;
  if (event.has_escalated()) escalations_[event.escalated().reason()]->Increment();
  lag_->Observe(std::max(0.0, absl::ToDoubleSeconds(received_at - rapport::FromProto(event.occurred_at()))));
}

void TenantMetrics::OnRejected() {
  rejected_->Increment();
}

void TenantMetrics::OnMeasured(const Analysis& before, const Analysis& after) {
  std::set<std::pair<int64_t, int>> known;
  for (const Stretch& stretch : before.stretches()) {
    if (!stretch.open()) known.emplace(stretch.start_ms(), stretch.kind());
  }
  for (const Stretch& stretch : after.stretches()) {
    const std::optional<v1::Metric> metric = MetricOf(stretch.kind());
    if (!metric || stretch.open() || known.count({stretch.start_ms(), stretch.kind()}) > 0) continue;
    Observe(*metric, stretch);
    if (stretch.kind() == storage::v1::STRETCH_KIND_FIRST_RESPONSE) Observe(v1::METRIC_NEXT_RESPONSE_TIME, stretch);
  }
  std::set<std::tuple<absl::string_view, int, int>> final_before;
  for (const TargetPromise& promise : before.promises()) {
    if (FinalState(MomentsOf(promise))) final_before.emplace(promise.policy_id(), promise.metric(), promise.number());
  }
  for (const TargetPromise& promise : after.promises()) {
    const std::optional<v1::PromiseState> state = FinalState(MomentsOf(promise));
    if (!state || final_before.count({promise.policy_id(), promise.metric(), promise.number()}) > 0) continue;
    OnPromise(v1::PROMISE_ORIGIN_POLICY, *state);
  }
}

void TenantMetrics::Observe(v1::Metric metric, const Stretch& stretch) {
  times_[metric][0][stretch.channel()]->Observe(static_cast<double>(stretch.calendar_ms()) / 1000);
  if (stretch.has_business_ms()) {
    times_[metric][1][stretch.channel()]->Observe(static_cast<double>(stretch.business_ms()) / 1000);
  }
}

void TenantMetrics::OnPromise(v1::PromiseOrigin origin, v1::PromiseState state) {
  if (metrics::Counter* const counter = promises_[origin][state]) counter->Increment();
}

void TenantMetrics::OnBacklog(const BacklogSnapshot& snapshot) {
  for (size_t c = 0; c < kChannels; ++c) {
    backlog_[c]->Set(static_cast<double>(snapshot.channels[c].waiting));
    oldest_[c]->Set(absl::ToDoubleSeconds(snapshot.channels[c].oldest));
  }
  pending_->Set(static_cast<double>(snapshot.promises_pending));
  about_to_break_->Set(static_cast<double>(snapshot.promises_about_to_break));
  broken_->Set(static_cast<double>(snapshot.promises_broken));
}

}  // namespace rapport::response_times
