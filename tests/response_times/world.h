#ifndef RAPPORT_TESTS_RESPONSE_TIMES_WORLD_H_
#define RAPPORT_TESTS_RESPONSE_TIMES_WORLD_H_

#include <memory>
#include <string>
#include <vector>

#include "rapport/response_times/storage/v1/storage.pb.h"
#include "services/response_times/core/policies.h"
#include "tests/response_times/reference_calendar.h"
#include "tests/response_times/told.h"

// Calendars and policies as the service and as the reference see them, and what both tell of a conversation.
namespace rapport::response_times {

struct World {
  explicit World(storage::v1::Resources resources);

  const std::shared_ptr<const Policies> policies;
  const reference::Rules rules;
};

// The record that these events make, in this order.
storage::v1::ConversationRecord RecordOf(const std::vector<v1::ConversationEvent>& events, CodeBook& codes);

// How the service's analysis and the reference differ, at the last event and at moments later; empty when they do not.
std::string Difference(const std::vector<v1::ConversationEvent>& events, const World& world);

// Fails, and shows as few events as still differ.
void ExpectAsReference(std::vector<v1::ConversationEvent> events, const World& world);

}  // namespace rapport::response_times

#endif  // RAPPORT_TESTS_RESPONSE_TIMES_WORLD_H_
