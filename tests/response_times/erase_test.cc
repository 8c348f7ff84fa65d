#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/time/interval.h"
#include "tests/response_times/events.h"
#include "tests/response_times/reference.h"
#include "tests/response_times/resources.h"
#include "tests/response_times/service_harness.h"

// Erasing a customer leaves what a service answers that never heard of them.
namespace rapport::response_times {
namespace {

using v1::ConversationEvent;
using Stub = v1::ResponseTimesService::Stub;

constexpr int kConversations = 60;
constexpr int kCustomers = 8;

absl::Time Now() {
  return absl::FromCivil(absl::CivilDay(2025, 12, 20), absl::UTCTimeZone());
}

std::vector<ConversationEvent> Events(RandomConversations& random) {
  std::vector<ConversationEvent> events;
  for (int i = 0; i < kConversations; ++i) {
    for (const ConversationEvent& event : random.Conversation(absl::StrCat("conversation-", i), random.Length())) {
      if (FromProto(event.occurred_at()) <= Now()) events.push_back(event);
    }
  }
  return events;
}

// What counts without conversations and mentions of a customer.
std::vector<ConversationEvent> WithoutCustomer(const std::vector<ConversationEvent>& events, const std::string& id) {
  const reference::Rules rules({}, {0, 0});
  std::map<std::string, std::vector<ConversationEvent>> by_conversation;
  for (const ConversationEvent& event : events) by_conversation[event.conversation_id()].push_back(event);
  std::vector<ConversationEvent> without;
  for (const auto& [conversation_id, sent] : by_conversation) {
    const reference::Conversation told = reference::Tell(sent, rules);
    if (told.customer_id == id) continue;
    for (const ConversationEvent& event : told.timeline) {
      const bool names = event.customer_id() == id || event.follower_added().follower_id() == id;
      if (!names) without.push_back(event);
    }
  }
  return without;
}

// Everything that can be asked, as bytes.
std::vector<std::string> Answers(Client& client) {
  std::vector<std::string> answers;
  const auto add = [&](const google::protobuf::Message& message) { answers.push_back(BytesOf(message)); };
  const common::v1::TimeRange year = ToProto(Interval{RandomConversations::First(), RandomConversations::Last()});
  for (int dimension = 0; dimension <= rollup::kDimensionCount; ++dimension) {
    v1::QueryResponseTimesRequest times;
    *times.mutable_range() = year;
    times.set_bucket(common::v1::BUCKET_WEEK);
    for (int metric = 1; metric <= v1::Metric_MAX; ++metric) times.add_metrics(static_cast<v1::Metric>(metric));
    times.add_clocks(v1::CLOCK_CALENDAR);
    times.add_clocks(v1::CLOCK_BUSINESS);
    times.set_group_by(static_cast<common::v1::Dimension>(dimension));
    times.set_include_histogram(true);
    add(client.Call(&Stub::QueryResponseTimes, times));
    v1::QueryPromisesRequest promises;
    *promises.mutable_range() = year;
    promises.set_group_by(static_cast<common::v1::Dimension>(dimension));
    add(client.Call(&Stub::QueryPromises, promises));
  }
  v1::QueryEscalationsRequest escalations;
  *escalations.mutable_range() = year;
  add(client.Call(&Stub::QueryEscalations, escalations));
  v1::ListPromisesRequest list;
  *list.mutable_due() = year;
  list.mutable_page()->set_page_size(1000);
  add(client.Call(&Stub::ListPromises, list));
  v1::ListWaitingRequest waiting;
  waiting.mutable_page()->set_page_size(1000);
  add(client.Call(&Stub::ListWaiting, waiting));
  add(client.Call(&Stub::GetBacklog, v1::GetBacklogRequest()));
  v1::BatchGetCustomerResponsivenessRequest customers;
  for (int i = 0; i < kCustomers; ++i) customers.add_customer_ids(absl::StrCat("customer-", i));
  add(client.Call(&Stub::BatchGetCustomerResponsiveness, customers));
  v1::ExportEventsRequest exported;
  *exported.mutable_range() = year;
  for (const ConversationEvent& event : client.Export(exported)) add(event);
  return answers;
}

class EraseTest : public ::testing::TestWithParam<const char*> {};

TEST_P(EraseTest, AnswersAreThoseOfAStoreWithoutTheCustomer) {
  Service service(RandomConversations::First(), {.engine = GetParam()});
  Client erased(service, "erased");
  Client without(service, "without");
  erased.Create(ManyResources());
  without.Create(ManyResources());
  service.SetNow(Now());
  RandomConversations random(51, {.customers = kCustomers});
  const std::vector<ConversationEvent> events = Events(random);
  const std::string customer = "customer-3";
  erased.Record(events);
  without.Record(WithoutCustomer(events, customer));
  const std::vector<std::string> expected = Answers(without);
  ASSERT_NE(Answers(erased), expected);

  v1::EraseCustomerRequest request;
  request.set_customer_id(customer);
  EXPECT_GT(erased.Call(&Stub::EraseCustomer, request).erased_count(), 0);
  EXPECT_EQ(Answers(erased), expected);
  EXPECT_EQ(erased.Call(&Stub::EraseCustomer, request).erased_count(), 0) << "again";

  // What is sent once more stays out, unless it is of others.
  std::vector<ConversationEvent> repeated = WithoutCustomer(events, "nobody");
  std::shuffle(repeated.begin(), repeated.end(), random.engine());
  erased.Record(repeated);
  EXPECT_EQ(Answers(erased), expected);
}

TEST_P(EraseTest, ErasingEveryoneLeavesNothing) {
  Service service(RandomConversations::First(), {.engine = GetParam()});
  Client erased(service, "erased");
  Client never_used(service, "never-used");
  erased.Create(ManyResources());
  never_used.Create(ManyResources());
  service.SetNow(Now());
  RandomConversations random(52, {.customers = kCustomers});
  std::vector<ConversationEvent> events = Events(random);
  // Events that name no one are of no one whom one could erase.
  for (ConversationEvent& event : events) {
    if (event.customer_id().empty()) event.set_customer_id(random.Customer());
  }
  erased.Record(events);
  for (int i = 0; i < kCustomers; ++i) {
    v1::EraseCustomerRequest request;
    request.set_customer_id(absl::StrCat("customer-", i));
    erased.Call(&Stub::EraseCustomer, request);
  }
  EXPECT_EQ(Answers(erased), Answers(never_used));
}

INSTANTIATE_TEST_SUITE_P(Engines, EraseTest, ::testing::Values("rocksdb", "redis"),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace rapport::response_times
