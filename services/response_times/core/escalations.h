#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_ESCALATIONS_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_ESCALATIONS_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "rapport/response_times/v1/escalations.pb.h"
#include "services/response_times/core/facts.h"

namespace rapport::response_times {

// Why customers escalated: by events, and by customers, so that one who escalates often does not weigh as many.
class EscalationTally {
 public:
  // Adds escalations that are `count` times the same.
  void Add(const EscalationFact& fact, int64_t count);

  // `top_customers` is above 0.
  v1::QueryEscalationsResponse MakeFigures(int top_customers, double confidence) const;

 private:
  using ByCustomer = absl::flat_hash_map<std::string, int64_t>;
  struct Conversation {
    uint64_t tried = 0;
    common::v1::Channel channel = common::v1::CHANNEL_UNSPECIFIED;
  };
  struct Reason {
    int64_t events = 0;
    ByCustomer customers;  // without escalations of nobody's conversations
  };

  void AddReasons(int top_customers, double confidence, v1::QueryEscalationsResponse& response) const;
  void AddTriedBefore(double confidence, v1::QueryEscalationsResponse& response) const;
  void AddChannels(v1::QueryEscalationsResponse& response) const;

  Reason all_;
  std::map<v1::EscalationReason, Reason> reasons_;
  absl::flat_hash_map<std::string, Conversation> conversations_;
};

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_ESCALATIONS_H_
