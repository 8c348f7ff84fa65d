// What the record of a conversation keeps of an event.
#include "services/response_times/core/record.h"

#include <gtest/gtest.h>

#include "common/time/interval.h"
#include "tests/response_times/events.h"

namespace rapport::response_times {
namespace {

using v1::ConversationEvent;

const absl::Time kStart = absl::FromUnixSeconds(1'760'000'000);

ConversationEvent Snoozed(absl::Duration more) {
  ConversationEvent event = MakeEvent("c", "e", kStart + absl::Hours(1) + more);
  *event.mutable_opened_at() = ToProto(kStart + more);
  *event.mutable_snoozed()->mutable_until() = ToProto(kStart + absl::Hours(2) + more);
  return event;
}

TEST(RecordTest, KeepsMomentsToTheMillisecond) {
  const absl::Duration fine = absl::Microseconds(250);
  storage::v1::ConversationRecord record;
  EXPECT_EQ(AddEvent(Snoozed(fine), {}, kStart + absl::Hours(1) + fine, record), v1::OUTCOME_CREATED);
  EXPECT_EQ(AddEvent(Snoozed(2 * fine), {}, kStart, record), v1::OUTCOME_DUPLICATE) << "within the same millisecond";
  ConversationEvent expected = Snoozed(absl::ZeroDuration());
  *expected.mutable_received_at() = ToProto(kStart + absl::Hours(1));
  ASSERT_EQ(record.events_size(), 1);
  EXPECT_EQ(BytesOf(record.events(0).event()), BytesOf(expected));
}

TEST(RecordTest, MomentsThatWereNotStatedStayAbsent) {
  storage::v1::ConversationRecord record;
  AddEvent(MakeEvent("c", "e", kStart), {}, kStart, record);
  EXPECT_FALSE(record.events(0).event().has_opened_at());
  EXPECT_FALSE(record.events(0).event().has_snoozed());
}

}  // namespace
}  // namespace rapport::response_times
