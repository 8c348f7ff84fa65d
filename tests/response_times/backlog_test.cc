#include <gtest/gtest.h>

#include "absl/time/civil_time.h"
#include "common/time/interval.h"
#include "services/response_times/service/waiting.h"
#include "tests/response_times/events.h"
#include "tests/response_times/resources.h"
#include "tests/response_times/service_harness.h"

namespace rapport::response_times {
namespace {

absl::Time At(absl::CivilMinute minute) {
  return absl::FromCivil(minute, absl::UTCTimeZone());
}

v1::ConversationEvent Question(absl::string_view conversation_id, absl::Time at) {
  v1::ConversationEvent event = MakeEvent(conversation_id, "question", at);
  event.mutable_message()->set_author(v1::AUTHOR_CUSTOMER);
  event.set_customer_id("ann");
  event.set_channel(common::v1::CHANNEL_CHAT);
  return event;
}

TEST(BacklogTest, CountsPromisesAcrossTheEndsOfMonths) {
  Service service(At(absl::CivilMinute(2026, 1, 1)));
  Client client(service, "t");
  storage::v1::Resources resources;
  v1::SlaPolicy& policy = *resources.add_policies() = MakePolicy("hour", 1, "");
  AddTarget(v1::METRIC_FIRST_RESPONSE_TIME, v1::CLOCK_CALENDAR, absl::Hours(1), policy);
  client.Create(resources);
  const absl::Time now = At(absl::CivilMinute(2026, 1, 31, 23, 50));
  service.SetNow(now);
  client.Record({Question("due-in-five-minutes", now - absl::Minutes(55)),
                 Question("due-in-fifteen-minutes", now - absl::Minutes(45)), Question("due-in-an-hour", now),
                 Question("broken-lately", now - absl::Hours(2)), Question("broken-long-ago", now - absl::Hours(48))});
  BacklogSnapshot snapshot;
  ASSERT_TRUE(AddBacklog(service.reader(), "t", snapshot).ok());
  EXPECT_EQ(snapshot.promises_pending, 3);
  EXPECT_EQ(snapshot.promises_about_to_break, 2);
  EXPECT_EQ(snapshot.promises_broken, 1);
  EXPECT_EQ(snapshot.channels[common::v1::CHANNEL_CHAT].waiting, 5);
  EXPECT_EQ(snapshot.channels[common::v1::CHANNEL_CHAT].oldest, absl::Hours(48));
}

}  // namespace
}  // namespace rapport::response_times
