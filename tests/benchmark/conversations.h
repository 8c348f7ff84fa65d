#ifndef RAPPORT_TESTS_BENCHMARK_CONVERSATIONS_H_
#define RAPPORT_TESTS_BENCHMARK_CONVERSATIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "rapport/response_times/v1/conversations.pb.h"

// Conversations of 20,000 customers over 5 channels and 3 plans. Waits are lognormal: half of the first ones are above
// 45 minutes, one in a hundred above 20 hours.
namespace rapport::benchmark {

inline constexpr int64_t kYearStart = 1735689600;  // 2025-01-01T00:00:00Z
inline constexpr int64_t kYearEnd = 1767225600;    // 2026-01-01T00:00:00Z

enum class Shape {
  // Of June 2025: message, reply, message, reply, resolved. Sent as they happen: by time, conversations mixed.
  kWhole,
  // Of all 2025: message, and a reply that resolves; one of a thousand is never answered. Sent as history is imported:
  // one conversation after the other.
  kShort,
};

struct DatasetOptions {
  Shape shape = Shape::kWhole;
  int64_t from = 0;  // conversations [from, to), which are spread over the period in order of time
  int64_t to = 0;
  int agents = 50;
};

enum class Happening : int8_t { kMessage, kReply, kResolved, kResolvingReply };

struct Event {
  int64_t occurred_ms = 0;
  int32_t conversation = 0;
  int32_t customer = 0;
  int16_t agent = 0;
  int8_t channel = 0;
  int8_t plan = 0;
  int8_t position = 0;  // in its conversation
  Happening happening = Happening::kMessage;
};

// In the order in which they are sent. The same for the same options.
std::vector<Event> MakeEvents(const DatasetOptions& options);

void SetEvent(const Event& event, response_times::v1::ConversationEvent& message);

// The events [first, last) as array literals: conversation, event, customer, agent, channel, plan, whether the customer
// wrote, whether it is a reply, whether it resolves, milliseconds.
std::vector<std::string> ColumnsOf(const std::vector<Event>& events, int64_t first, int64_t last);

}  // namespace rapport::benchmark

#endif  // RAPPORT_TESTS_BENCHMARK_CONVERSATIONS_H_
