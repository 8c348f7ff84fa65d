#include "services/response_times/core/escalations.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "common/estimates/figure.h"

namespace rapport::response_times {
namespace {

void SetTopCustomerShare(const absl::flat_hash_map<std::string, int64_t>& customers, int top,
                         common::v1::Figure* figure) {
  std::vector<int64_t> counts;
  counts.reserve(customers.size());
  for (const auto& [id, count] : customers) counts.push_back(count);
  estimates::SetTopShare("response_times.escalations.top_customer_share.v1", std::move(counts), top, figure);
}

}  // namespace

void EscalationTally::Add(const EscalationFact& fact, int64_t count) {
  for (Reason* each : {&all_, &reasons_[fact.reason]}) {
    each->events += count;
    if (!fact.customer_id.empty()) each->customers[fact.customer_id] += count;
  }
  conversations_[fact.conversation_id] = {fact.tried, fact.begun_channel};
}

v1::QueryEscalationsResponse EscalationTally::MakeFigures(int top_customers, double confidence) const {
  v1::QueryEscalationsResponse response;
  response.set_event_count(all_.events);
  response.set_customer_count(static_cast<int64_t>(all_.customers.size()));
  SetTopCustomerShare(all_.customers, top_customers, response.mutable_top_customer_share());
  AddReasons(top_customers, confidence, response);
  AddTriedBefore(confidence, response);
  AddChannels(response);
  return response;
}

void EscalationTally::AddReasons(int top_customers, double confidence, v1::QueryEscalationsResponse& response) const {
  for (const auto& [name, reason] : reasons_) {
    v1::EscalationFigures& figures = *response.add_reasons();
    figures.set_reason(name);
    figures.set_event_count(reason.events);
    figures.set_customer_count(static_cast<int64_t>(reason.customers.size()));
    estimates::SetProportion("response_times.escalations.event_share.v1", {reason.events, all_.events}, confidence,
                             figures.mutable_event_share());
    estimates::SetProportion("response_times.escalations.customer_share.v1",
                             {figures.customer_count(), response.customer_count()}, confidence,
                             figures.mutable_customer_share());
    SetTopCustomerShare(reason.customers, top_customers, figures.mutable_top_customer_share());
  }
  std::stable_sort(response.mutable_reasons()->begin(), response.mutable_reasons()->end(),
                   [](const v1::EscalationFigures& a, const v1::EscalationFigures& b) {
                     return std::tuple(a.customer_count(), a.event_count()) >
                            std::tuple(b.customer_count(), b.event_count());
                   });
}

void EscalationTally::AddTriedBefore(double confidence, v1::QueryEscalationsResponse& response) const {
  std::map<v1::SelfService, int64_t> tried;
  for (const auto& [id, conversation] : conversations_) {
    if (conversation.tried == 0) ++tried[v1::SELF_SERVICE_UNSPECIFIED];
    for (int kind = 1; kind < v1::SelfService_ARRAYSIZE; ++kind) {
      if ((conversation.tried >> kind & 1) != 0) ++tried[static_cast<v1::SelfService>(kind)];
    }
  }
  for (const auto& [kind, count] : tried) {
    v1::SelfServiceFigures& figures = *response.add_tried_before();
    figures.set_kind(kind);
    figures.set_conversation_count(count);
    estimates::SetProportion("response_times.escalations.tried_before.v1",
                             {count, static_cast<int64_t>(conversations_.size())}, confidence, figures.mutable_share());
  }
  std::stable_sort(response.mutable_tried_before()->begin(), response.mutable_tried_before()->end(),
                   [](const auto& a, const auto& b) { return a.conversation_count() > b.conversation_count(); });
}

void EscalationTally::AddChannels(v1::QueryEscalationsResponse& response) const {
  std::map<common::v1::Channel, int64_t> channels;
  for (const auto& [id, conversation] : conversations_) ++channels[conversation.channel];
  for (const auto& [channel, count] : channels) {
    v1::EscalatedChannel& each = *response.add_channels();
    each.set_channel(channel);
    each.set_conversation_count(count);
  }
  std::stable_sort(response.mutable_channels()->begin(), response.mutable_channels()->end(),
                   [](const auto& a, const auto& b) { return a.conversation_count() > b.conversation_count(); });
}

}  // namespace rapport::response_times
