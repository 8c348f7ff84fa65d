#include "services/response_times/core/escalations.h"

#include <string>

#include "gtest/gtest.h"

namespace rapport::response_times {
namespace {

EscalationFact Escalation(v1::EscalationReason reason, absl::string_view customer, absl::string_view conversation) {
  EscalationFact fact;
  fact.reason = reason;
  fact.customer_id = customer;
  fact.conversation_id = conversation;
  return fact;
}

// One customer escalates nine times for slowness, three others once each for billing.
EscalationTally LoudAndQuiet() {
  EscalationTally tally;
  for (int i = 0; i < 9; ++i) {
    tally.Add(Escalation(v1::ESCALATION_REASON_SLOW_RESPONSE, "loud", i < 5 ? "c1" : "c2"), 1);
  }
  for (const char* quiet : {"q1", "q2", "q3"}) {
    EscalationFact fact = Escalation(v1::ESCALATION_REASON_BILLING, quiet, quiet);
    fact.tried = 1 << v1::SELF_SERVICE_FORUM | 1 << v1::SELF_SERVICE_HELP_PAGE;
    fact.begun_channel = common::v1::CHANNEL_EMAIL;
    tally.Add(fact, 1);
  }
  return tally;
}

TEST(EscalationTallyTest, CountsEventsAndCustomersApart) {
  const v1::QueryEscalationsResponse response = LoudAndQuiet().MakeFigures(1, 0.95);
  EXPECT_EQ(response.event_count(), 12);
  EXPECT_EQ(response.customer_count(), 4);
  ASSERT_EQ(response.reasons_size(), 2);
  // By customers, billing is the larger trouble.
  EXPECT_EQ(response.reasons(0).reason(), v1::ESCALATION_REASON_BILLING);
  EXPECT_EQ(response.reasons(0).event_count(), 3);
  EXPECT_EQ(response.reasons(0).customer_count(), 3);
  EXPECT_EQ(response.reasons(0).event_share().value(), 0.25);
  EXPECT_EQ(response.reasons(0).customer_share().value(), 0.75);
  EXPECT_TRUE(response.reasons(0).customer_share().has_ci_low());
  EXPECT_EQ(response.reasons(1).customer_count(), 1);
}

TEST(EscalationTallyTest, SaysWhichShareTheLoudestBrought) {
  const v1::QueryEscalationsResponse response = LoudAndQuiet().MakeFigures(1, 0.95);
  EXPECT_EQ(response.top_customer_share().value(), 0.75);
  EXPECT_EQ(response.reasons(1).top_customer_share().value(), 1);
  EXPECT_EQ(LoudAndQuiet().MakeFigures(2, 0.95).top_customer_share().count(), 10);
}

TEST(EscalationTallyTest, SaysWhatWasTriedInHowManyConversations) {
  const v1::QueryEscalationsResponse response = LoudAndQuiet().MakeFigures(10, 0.95);
  ASSERT_EQ(response.tried_before_size(), 3);
  EXPECT_EQ(response.tried_before(0).kind(), v1::SELF_SERVICE_HELP_PAGE);
  EXPECT_EQ(response.tried_before(0).conversation_count(), 3);
  EXPECT_EQ(response.tried_before(0).share().value(), 0.6);
  EXPECT_EQ(response.tried_before(1).kind(), v1::SELF_SERVICE_FORUM);
  EXPECT_EQ(response.tried_before(2).kind(), v1::SELF_SERVICE_UNSPECIFIED);
  EXPECT_EQ(response.tried_before(2).conversation_count(), 2);
  ASSERT_EQ(response.channels_size(), 2);
  EXPECT_EQ(response.channels(0).channel(), common::v1::CHANNEL_EMAIL);
  EXPECT_EQ(response.channels(0).conversation_count(), 3);
}

TEST(EscalationTallyTest, CountsEventsOfConversationsWithoutCustomer) {
  EscalationTally tally;
  tally.Add(Escalation(v1::ESCALATION_REASON_TONE, "", "c"), 2);
  const v1::QueryEscalationsResponse response = tally.MakeFigures(10, 0.95);
  EXPECT_EQ(response.event_count(), 2);
  EXPECT_EQ(response.customer_count(), 0);
  EXPECT_FALSE(response.reasons(0).customer_share().has_value());
  EXPECT_FALSE(response.top_customer_share().has_value());
}

TEST(EscalationTallyTest, SaysNothingWithoutEscalations) {
  const v1::QueryEscalationsResponse response = EscalationTally().MakeFigures(10, 0.95);
  EXPECT_EQ(response.event_count(), 0);
  EXPECT_EQ(response.reasons_size(), 0);
  EXPECT_FALSE(response.top_customer_share().has_value());
}

}  // namespace
}  // namespace rapport::response_times
