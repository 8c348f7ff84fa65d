#include "services/cli/event_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "services/cli/event_words.h"

namespace rapport::cli {
namespace {

using response_times::v1::ConversationEvent;
using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(EventWordTest, NamesEveryKindThatItReads) {
  for (const char* word : {"CUSTOMER_MESSAGE",
                           "AGENT_MESSAGE",
                           "BOT_MESSAGE",
                           "SYSTEM_MESSAGE",
                           "PRIVATE_NOTE",
                           "OUTBOUND",
                           "RESOLVED",
                           "REOPENED",
                           "HELD",
                           "RELEASED",
                           "SNOOZED",
                           "MERGED",
                           "ASSIGNED",
                           "ESCALATED",
                           "HANDED_OFF",
                           "SELF_SERVICE",
                           "FOLLOWER",
                           "AGENT_MESSAGE+RESOLVED",
                           "AGENT_MESSAGE+HELD",
                           "CUSTOMER_MESSAGE+RESOLVED"}) {
    const absl::StatusOr<ConversationEvent> event = ParseEventWord("event", word);
    ASSERT_TRUE(event.ok()) << event.status();
    EXPECT_EQ(EventWord(*event), word);
  }
  EXPECT_EQ(EventWord(ConversationEvent()), "");
}

TEST(EventWordTest, ReadsAnyLetterCase) {
  EXPECT_EQ(EventWord(*ParseEventWord("event", " agent-message+resolved ")), "AGENT_MESSAGE+RESOLVED");
  EXPECT_EQ(EventWord(*ParseEventWord("event", "Handed off")), "HANDED_OFF");
}

TEST(EventWordTest, SaysWhatThereIs) {
  const auto error = [](const char* word) { return std::string(ParseEventWord("--events", word).status().message()); };
  EXPECT_THAT(error("ANSWER"), AllOf(HasSubstr("--events 'ANSWER' is not one of CUSTOMER_MESSAGE, AGENT_MESSAGE"),
                                     HasSubstr("+RESOLVED")));
  EXPECT_THAT(error("HELD+RESOLVED"), HasSubstr("only messages can add something"));
  EXPECT_THAT(error("AGENT_MESSAGE+MERGED"), HasSubstr("only +RESOLVED or +HELD"));
}

TEST(RecentIdsTest, ForgetsOnlyTheOldest) {
  RecentIds ids(2);
  EXPECT_TRUE(ids.Add("a"));
  EXPECT_FALSE(ids.Add("a"));
  EXPECT_TRUE(ids.Add("b"));
  EXPECT_TRUE(ids.Add("c"));
  EXPECT_FALSE(ids.Add("a"));
  EXPECT_TRUE(ids.Add("d"));
  EXPECT_TRUE(ids.Add("e"));
  EXPECT_FALSE(ids.Add("d"));
  EXPECT_TRUE(ids.Add("a"));
}

class EventReaderTest : public testing::Test {
 protected:
  EventReaderTest() { Map({{"new", "CUSTOMER_MESSAGE"}, {"active", "AGENT_MESSAGE"}, {"closed", "-"}}); }

  void Map(const Words& words, const std::vector<std::string>& ignored = {}) {
    absl::StatusOr<EventMapping> mapping = MakeEventMapping(words, ignored);
    ASSERT_TRUE(mapping.ok()) << mapping.status();
    rules_.events = *std::move(mapping);
  }

  // A row with this event, and with `value` in one more field.
  absl::StatusOr<RowEvents<ConversationEvent>> Read(const std::string& event, const std::string& field = "",
                                                    const std::string& value = "") {
    Pairs columns = {
        {"event_id", "a+e"}, {"conversation_id", "b"}, {"customer_id", "c"}, {"occurred_at", "d"}, {"event", "e"}};
    if (!field.empty()) columns.emplace_back(field, "f");
    const auto sources = ResolveMapping(columns, {}, kEventFields, {"a", "b", "c", "d", "e", "f"});
    EXPECT_TRUE(sources.ok()) << sources.status();
    return EventReader(rules_).Read(*sources, {"7", "T-1", "C-1", "2026-10-31T14:05:00Z", event, value});
  }

  ConversationEvent EventOf(const std::string& event, const std::string& field = "", const std::string& value = "") {
    const auto events = Read(event, field, value);
    EXPECT_TRUE(events.ok()) << events.status();
    return events.ok() ? events->event.value_or(ConversationEvent()) : ConversationEvent();
  }

  std::string Reason(const std::string& event, const std::string& field = "", const std::string& value = "") {
    return std::string(Read(event, field, value).status().message());
  }

  EventRules rules_;
};

TEST_F(EventReaderTest, FillsTheEventAndJoinsColumns) {
  const ConversationEvent event = EventOf("Active", "agent_id", "mona");
  EXPECT_EQ(event.ShortDebugString(),
            "event_id: \"7/Active\" conversation_id: \"T-1\" customer_id: \"C-1\" occurred_at { seconds: 1793455500 } "
            "agent_id: \"mona\" message { author: AUTHOR_AGENT }");
}

TEST_F(EventReaderTest, IgnoresWhatItIsToldToIgnore) {
  EXPECT_FALSE(Read("Closed")->event.has_value());
  Map({{"new", "CUSTOMER_MESSAGE"}}, {"Gone"});
  EXPECT_FALSE(Read("gone")->event.has_value());
}

TEST_F(EventReaderTest, NamesTheWordsThatItKnows) {
  EXPECT_THAT(Reason("Pending"),
              AllOf(HasSubstr("event 'Pending'"), HasSubstr("active, closed, new"), HasSubstr("*=... for any other")));
}

TEST_F(EventReaderTest, TakesAStarForAnyOtherWord) {
  Map({{"new", "-"}, {"*", "AGENT_MESSAGE"}});
  EXPECT_EQ(EventWord(EventOf("Whatever")), "AGENT_MESSAGE");
  EXPECT_FALSE(Read("New")->event.has_value());
}

TEST_F(EventReaderTest, ReadsOurWordsWhenItIsToldNone) {
  Map({}, {"Noise"});
  EXPECT_EQ(EventWord(EventOf("handed_off")), "HANDED_OFF");
  EXPECT_FALSE(Read("noise")->event.has_value());
  EXPECT_THAT(Reason("Pending"), HasSubstr("is not one of CUSTOMER_MESSAGE"));
}

TEST_F(EventReaderTest, ReadsFieldsOfTheirKindOnly) {
  Map({});
  rules_.reasons = ValueMap({{"money", "BILLING"}});
  EXPECT_EQ(EventOf("HELD", "hold_id", "H-1").held().hold_id(), "H-1");
  EXPECT_EQ(EventOf("RELEASED", "hold_id", "H-1").released().hold_id(), "H-1");
  EXPECT_EQ(EventOf("SNOOZED", "until", "2026-11-01T00:00:00Z").snoozed().until().seconds(), 1793491200);
  EXPECT_EQ(EventOf("MERGED", "into_conversation_id", "T-2").merged().into_conversation_id(), "T-2");
  EXPECT_EQ(EventOf("ESCALATED", "reason", "Money").escalated().reason(),
            response_times::v1::ESCALATION_REASON_BILLING);
  EXPECT_EQ(EventOf("SELF_SERVICE", "self_service", "forum").self_service_attempt().kind(),
            response_times::v1::SELF_SERVICE_FORUM);
  EXPECT_EQ(EventOf("FOLLOWER", "follower_id", "C-2").follower_added().follower_id(), "C-2");
  EXPECT_EQ(EventWord(EventOf("RESOLVED", "reason", "nonsense")), "RESOLVED");
}

TEST_F(EventReaderTest, ReadsWhatAllEventsHave) {
  rules_.priorities = ValueMap({{"1", "URGENT"}});
  EXPECT_EQ(EventOf("Active", "priority", "1").priority(), response_times::v1::PRIORITY_URGENT);
  EXPECT_EQ(EventOf("Active", "sequence", "12").sequence(), 12);
  EXPECT_EQ(EventOf("Active", "revision", "2").revision(), 2);
  EXPECT_TRUE(EventOf("Active", "deleted", "true").deleted());
  EXPECT_EQ(EventOf("Active", "tier", "gold").tier(), "gold");
  EXPECT_EQ(EventOf("Active", "label.team", "billing").labels().at("team"), "billing");
  EXPECT_THAT(Reason("Active", "priority", "7"), AllOf(HasSubstr("priority '7'"), HasSubstr("LOW, NORMAL")));
  EXPECT_THAT(Reason("Active", "opened_at", "soon"), HasSubstr("opened_at: time 'soon'"));
}

TEST_F(EventReaderTest, LeavesBlankValuesOut) {
  rules_.blanks = {"?"};
  EXPECT_EQ(EventOf("Active", "agent_id", "?").agent_id(), "");
  EXPECT_EQ(EventOf("Active", "priority", "?").priority(), response_times::v1::PRIORITY_UNSPECIFIED);
  EXPECT_FALSE(EventOf("Active", "opened_at", " ").has_opened_at());
}

TEST_F(EventReaderTest, ImpliesTheOpeningOfAConversationOnce) {
  rules_.imply_openings = true;
  const auto sources =
      ResolveMapping({{"event_id", "a"},
                      {"conversation_id", "b"},
                      {"customer_id", "c"},
                      {"occurred_at", "d"},
                      {"event", "e"},
                      {"opened_at", "f"}},
                     {{"channel", "PHONE"}, {"label.team", "billing"}}, kEventFields, {"a", "b", "c", "d", "e", "f"});
  ASSERT_TRUE(sources.ok()) << sources.status();
  EventReader reader(rules_);
  const auto read = [&](const std::string& conversation, const std::string& event) {
    return reader.Read(*sources, {"1", conversation, "C-1", "2026-10-31T14:05:00Z", event, "2026-10-31T14:00:00Z"});
  };
  // A row that is ignored tells of the opening all the same.
  const auto first = read("T-1", "Closed");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_FALSE(first->event.has_value());
  ASSERT_TRUE(first->implied.has_value());
  EXPECT_EQ(first->implied->ShortDebugString(),
            "event_id: \"T-1:opened\" conversation_id: \"T-1\" customer_id: \"C-1\" "
            "occurred_at { seconds: 1793455200 } opened_at { seconds: 1793455200 } channel: CHANNEL_PHONE "
            "labels { key: \"team\" value: \"billing\" } message { author: AUTHOR_CUSTOMER }");
  const auto second = read("T-1", "Active");
  EXPECT_FALSE(second->implied.has_value());
  EXPECT_EQ(second->event->opened_at().seconds(), 1793455200);
  EXPECT_TRUE(read("T-2", "Active")->implied.has_value());
}

}  // namespace
}  // namespace rapport::cli
