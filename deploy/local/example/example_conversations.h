#ifndef RAPPORT_DEPLOY_LOCAL_EXAMPLE_EXAMPLE_CONVERSATIONS_H_
#define RAPPORT_DEPLOY_LOCAL_EXAMPLE_EXAMPLE_CONVERSATIONS_H_

#include <cstdint>
#include <vector>

#include "absl/time/civil_time.h"
#include "rapport/response_times/v1/conversations.pb.h"
#include "rapport/response_times/v1/resources.pb.h"

// What happened in the conversations of the example month, from the attempt at self-help to the last resolution.
namespace rapport::example {

// The events of the conversations of the `days` UTC days before `end`, as known at the start of the day `end`: who was
// not answered by then waits still. In the order of time.
std::vector<response_times::v1::ConversationEvent> EventsOfDays(uint64_t seed, absl::CivilDay end, int days);

// When the help desk works, and how fast it means to answer.
response_times::v1::BusinessCalendar ExampleCalendar();
std::vector<response_times::v1::SlaPolicy> ExamplePolicies();

}  // namespace rapport::example

#endif  // RAPPORT_DEPLOY_LOCAL_EXAMPLE_EXAMPLE_CONVERSATIONS_H_
