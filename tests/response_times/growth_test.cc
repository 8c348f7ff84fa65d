#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/time/interval.h"
#include "tests/response_times/events.h"
#include "tests/response_times/resources.h"
#include "tests/response_times/service_harness.h"

// What a long conversation costs.
namespace rapport::response_times {
namespace {

using v1::ConversationEvent;

constexpr int kEvents = 10'000;
constexpr int kTenth = kEvents / 10;

std::vector<ConversationEvent> LongConversation() {
  std::vector<ConversationEvent> events;
  for (int i = 0; i < kEvents; ++i) {
    events.push_back(
        MakeEvent("long", absl::StrCat("event-", i), RandomConversations::First() + absl::Minutes(10) * i));
    ConversationEvent& event = events.back();
    event.mutable_message()->set_author(i % 2 == 0 ? v1::AUTHOR_CUSTOMER : v1::AUTHOR_AGENT);
    event.set_customer_id("ann");
    event.set_agent_id(absl::StrCat("agent-", i % 5));
    event.set_channel(common::v1::CHANNEL_EMAIL);
  }
  return events;
}

// Events come in ten batches. A conversation is one entity, written anew by each batch; what is counted of it costs
// only what the batch changed.
TEST(GrowthTest, ALongConversationCostsItsBytesABatchAndWhatChanged) {
  constexpr int64_t kMostBytesAnEvent = 100;
  constexpr double kMostGrowth = 1.5;
  Service service(RandomConversations::First());
  Client client(service, "t");
  client.Create(ManyResources());
  service.SetNow(RandomConversations::Last());
  const std::vector<ConversationEvent> events = LongConversation();
  int64_t first_counters = 0;
  for (int held = kTenth; held <= kEvents; held += kTenth) {
    const int64_t entities = service.committed().entities;
    const int64_t counters = service.committed().counters;
    client.Record(absl::MakeSpan(events).subspan(static_cast<size_t>(held - kTenth), kTenth), kTenth);
    EXPECT_LE(service.committed().entities - entities, kMostBytesAnEvent * held);
    const int64_t counted = service.committed().counters - counters;
    if (first_counters == 0) first_counters = counted;
    EXPECT_LE(static_cast<double>(counted), kMostGrowth * static_cast<double>(first_counters)) << held;
  }
}

// A late event in the middle of many changes the one answer that it divides.
TEST(GrowthTest, AnEventInALongConversationCountsWhatItChanged) {
  constexpr int64_t kMostCounterBytes = 10'000;
  Service service(RandomConversations::First());
  Client client(service, "t");
  client.Create(ManyResources());
  service.SetNow(RandomConversations::Last());
  std::vector<ConversationEvent> events = LongConversation();
  const ConversationEvent late = events[kEvents / 2];
  events.erase(events.begin() + kEvents / 2);
  for (int begin = 0; begin < kEvents; begin += kTenth) {
    client.Record(absl::MakeSpan(events).subspan(static_cast<size_t>(begin), kTenth), kTenth);
  }
  const int64_t counters = service.committed().counters;
  client.Record({late});
  EXPECT_GT(service.committed().counters, counters);
  EXPECT_LE(service.committed().counters - counters, kMostCounterBytes);
}

}  // namespace
}  // namespace rapport::response_times
