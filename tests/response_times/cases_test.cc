#include <gtest/gtest.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/time/interval.h"
#include "services/response_times/core/analysis.h"
#include "services/response_times/core/validation.h"
#include "tests/response_times/events.h"
#include "tests/response_times/resources.h"
#include "tests/response_times/world.h"

// Conversations with figures worked out by hand: what the analysis and the reference must both tell. Minutes count from
// a Monday, 09:00 UTC.
namespace rapport::response_times {
namespace {

using v1::ConversationEvent;

constexpr char kId[] = "c";

absl::Time At(double minute) {
  return absl::FromCivil(absl::CivilHour(2025, 6, 2, 9), absl::UTCTimeZone()) +
         absl::Milliseconds(static_cast<int64_t>(minute * 60'000));
}

ConversationEvent Event(double minute) {
  static int next = 0;
  return MakeEvent(kId, absl::StrFormat("event-%06d", ++next), At(minute));
}

ConversationEvent Message(double minute, v1::Author author, absl::string_view agent_id = "") {
  ConversationEvent event = Event(minute);
  event.mutable_message()->set_author(author);
  event.set_agent_id(std::string(agent_id));
  if (author == v1::AUTHOR_CUSTOMER) event.set_customer_id("ann");
  return event;
}

ConversationEvent Customer(double minute) {
  return Message(minute, v1::AUTHOR_CUSTOMER);
}
ConversationEvent Reply(double minute, absl::string_view agent_id = "bob") {
  return Message(minute, v1::AUTHOR_AGENT, agent_id);
}
ConversationEvent Bot(double minute) {
  return Message(minute, v1::AUTHOR_BOT);
}
ConversationEvent Note(double minute) {
  ConversationEvent event = Reply(minute);
  event.mutable_message()->set_visibility(v1::VISIBILITY_PRIVATE_NOTE);
  return event;
}
ConversationEvent Campaign(double minute) {
  ConversationEvent event = Reply(minute);
  event.mutable_message()->set_outbound(true);
  return event;
}
ConversationEvent Then(ConversationEvent event, v1::StatusChange change) {
  event.mutable_message()->set_then(change);
  return event;
}
ConversationEvent On(ConversationEvent event, common::v1::Channel channel) {
  event.set_channel(channel);
  return event;
}
ConversationEvent Resolved(double minute, absl::string_view agent_id = "") {
  ConversationEvent event = Event(minute);
  event.mutable_resolved();
  event.set_agent_id(std::string(agent_id));
  return event;
}
ConversationEvent Reopened(double minute) {
  ConversationEvent event = Event(minute);
  event.mutable_reopened();
  return event;
}
ConversationEvent Held(double minute, absl::string_view hold_id = "") {
  ConversationEvent event = Event(minute);
  event.mutable_held()->set_hold_id(std::string(hold_id));
  return event;
}
ConversationEvent Released(double minute, absl::string_view hold_id = "") {
  ConversationEvent event = Event(minute);
  event.mutable_released()->set_hold_id(std::string(hold_id));
  return event;
}
ConversationEvent Snoozed(double minute, double until) {
  ConversationEvent event = Event(minute);
  *event.mutable_snoozed()->mutable_until() = ToProto(At(until));
  return event;
}
ConversationEvent HandedOff(double minute) {
  ConversationEvent event = Event(minute);
  event.mutable_handed_off();
  return event;
}
ConversationEvent Assigned(double minute, absl::string_view agent_id) {
  ConversationEvent event = Event(minute);
  event.mutable_assigned();
  event.set_agent_id(std::string(agent_id));
  return event;
}
ConversationEvent Merged(double minute) {
  ConversationEvent event = Event(minute);
  event.mutable_merged()->set_into_conversation_id("d");
  return event;
}

std::string Minutes(Ms ms) {
  return absl::StrCat(static_cast<double>(ms) / 60'000);
}

// `first 0+30 bob` for a first response from minute 0 that took 30 and is credited to bob; `/20` behind it for 20
// business minutes, `...` while it is open. The sums of a resolved conversation stand as `waited`, `held` and `rested`.
std::string Brief(const Told& told) {
  static const std::map<storage::v1::StretchKind, std::string> kNames = {
      {storage::v1::STRETCH_KIND_FIRST_RESPONSE, "first"},    {storage::v1::STRETCH_KIND_LATER_RESPONSE, "later"},
      {storage::v1::STRETCH_KIND_FIRST_RESOLUTION, "solved"}, {storage::v1::STRETCH_KIND_FULL_RESOLUTION, "done"},
      {storage::v1::STRETCH_KIND_REQUESTER_WAIT, "waited"},   {storage::v1::STRETCH_KIND_ON_HOLD, "held"},
      {storage::v1::STRETCH_KIND_AGENT_WAIT, "rested"},
  };
  std::multimap<std::pair<storage::v1::StretchKind, Ms>, std::string> lines;
  for (const ToldStretch& each : told.stretches) {
    const bool is_sum = each.kind >= storage::v1::STRETCH_KIND_REQUESTER_WAIT;
    std::string line =
        absl::StrCat(kNames.at(each.kind), " ", is_sum ? "" : absl::StrCat(Minutes(each.start - ToMillis(At(0))), "+"),
                     Minutes(each.calendar));
    if (each.business) absl::StrAppend(&line, "/", Minutes(*each.business));
    if (each.open) absl::StrAppend(&line, "...");
    if (!is_sum && !each.values[0].empty()) absl::StrAppend(&line, " ", each.values[0]);
    lines.emplace(std::pair(each.kind, each.start), line);
  }
  return absl::StrJoin(lines, ", ", [](std::string* out, const auto& line) { out->append(line.second); });
}

const World& NoRules() {
  static const World* const world = new World{storage::v1::Resources()};
  return *world;
}

// A calendar that is open at `hours` every day, in a zone; it is the default one.
storage::v1::Resources OpenDaily(absl::string_view zone, absl::string_view hours) {
  storage::v1::Resources resources;
  v1::BusinessCalendar& calendar = *resources.add_calendars() = MakeCalendar("daily", zone);
  Open(v1::DAY_OF_WEEK_MONDAY, v1::DAY_OF_WEEK_SUNDAY, hours, calendar);
  calendar.set_is_default(true);
  return resources;
}

// Everything at a moment, at the last event unless told otherwise.
void ExpectTold(const std::vector<ConversationEvent>& events, const std::string& brief, const World& world = NoRules(),
                std::optional<double> minute = {}) {
  CodeBook codes;
  const auto record = RecordOf(events, codes);
  const reference::Conversation expected = reference::Tell(events, world.rules);
  const Ms now = minute ? ToMillis(At(*minute)) : ToMillis(expected.timeline.back().occurred_at());
  EXPECT_EQ(Brief(TellAt(now, Analyze(kId, record, *world.policies), *world.policies, codes)), brief);
  EXPECT_EQ(Brief(TellAt(now, expected, world.rules)), brief) << "the reference";
  ExpectAsReference(events, world);
}

reference::Conversation Reference(const std::vector<ConversationEvent>& events) {
  return reference::Tell(events, NoRules().rules);
}

TEST(CasesTest, ABotsReplyIsNoFirstResponse) {
  ExpectTold({Customer(0), Bot(1), Reply(30)}, "first 0+30 bob, solved 0+30... bob, done 0+30... bob");
}

TEST(CasesTest, TheHumanClockStartsAtTheHandoff) {
  ExpectTold({Customer(0), Bot(1), HandedOff(20), Reply(30)}, "first 20+10 bob, solved 0+30... bob, done 0+30... bob");
  // Also when the bot never wrote; but only once, and not when people had it already.
  ExpectTold({Customer(0), HandedOff(20), HandedOff(25), Reply(30)},
             "first 20+10 bob, solved 0+30... bob, done 0+30... bob");
  ExpectTold({Customer(0), Reply(5), Customer(10), HandedOff(20), Reply(30)},
             "first 0+5 bob, later 10+20 bob, solved 0+30... bob, done 0+30... bob");
  ExpectTold({Customer(0), Reply(5), Customer(10), Bot(11), HandedOff(20), Reply(30)},
             "first 0+5 bob, later 20+10 bob, solved 0+30... bob, done 0+30... bob");
}

TEST(CasesTest, ABotAnswerThatTheCustomerAcceptsEndsTheWait) {
  ExpectTold({Customer(0), Bot(2), Bot(5), Resolved(60)}, "solved 0+60, done 0+60, waited 2, held 0, rested 58");
  // It was not accepted when the customer wrote again.
  ExpectTold({Customer(0), Bot(2), Customer(10), Resolved(60)}, "solved 0+60, done 0+60, waited 60, held 0, rested 0");
  ExpectTold({Customer(0), Bot(2), Customer(10), Bot(15), Resolved(60)},
             "solved 0+60, done 0+60, waited 15, held 0, rested 45");
}

TEST(CasesTest, CampaignsAndOtherOutboundMessagesAreNoResponses) {
  ExpectTold({Customer(0), Campaign(10), Reply(30)}, "first 0+30 bob, solved 0+30... bob, done 0+30... bob");
}

TEST(CasesTest, AConversationBegunByAnAgentStartsAtTheFirstCustomerMessage) {
  ExpectTold({Reply(-60), Customer(0), Reply(30)}, "first 0+30 bob, solved 0+30... bob, done 0+30... bob");
  ExpectTold({Reply(-60), Reply(-30)}, "");
}

TEST(CasesTest, PrivateNotesNeverCount) {
  ExpectTold({Customer(0), Note(10), Reply(30)}, "first 0+30 bob, solved 0+30... bob, done 0+30... bob");
}

TEST(CasesTest, AnyChannelsCustomerMessageStartsTheClock) {
  for (int channel = 0; channel <= common::v1::Channel_MAX; ++channel) {
    ExpectTold({On(Customer(0), static_cast<common::v1::Channel>(channel)), Reply(30)},
               "first 0+30 bob, solved 0+30... bob, done 0+30... bob");
  }
  const auto told = Reference({On(Customer(0), common::v1::CHANNEL_EMAIL), Reply(30),
                               On(Customer(40), common::v1::CHANNEL_CHAT), Reply(50), Resolved(60)});
  std::vector<std::string> channels;
  for (const reference::Stretch& each : told.stretches) channels.push_back(each.values[2]);
  EXPECT_EQ(absl::StrJoin(channels, ","), "EMAIL,CHAT,EMAIL,EMAIL,EMAIL,EMAIL,EMAIL");
}

TEST(CasesTest, ReplyAndStatusChangeInOneEvent) {
  ExpectTold({Customer(0), Then(Reply(30), v1::STATUS_CHANGE_RESOLVED)},
             "first 0+30 bob, solved 0+30 bob, done 0+30 bob, waited 30, held 0, rested 0");
  ExpectTold({Customer(0), Then(Reply(30), v1::STATUS_CHANGE_HELD), Released(50), Resolved(60)},
             "first 0+30 bob, solved 0+40 bob, done 0+40 bob, waited 30, held 20, rested 10");
}

TEST(CasesTest, AReopenBeginsANewEpisode) {
  ExpectTold({Customer(0), Reply(30), Resolved(60), Customer(100), Reply(110), Resolved(120)},
             "first 0+30 bob, later 100+10 bob, solved 0+60 bob, done 0+120 bob, waited 40, held 0, rested 40");
  // Both ways to reopen at once are one; a wait for nothing that was written is no response's.
  const std::vector<ConversationEvent> reopened = {Customer(0), Reply(30), Resolved(60), Reopened(90), Customer(100)};
  ExpectTold(reopened, "first 0+30 bob, later 100+0... bob, solved 0+60 bob, done 0+100... bob");
  EXPECT_EQ(Reference(reopened).reopens, 1);
  ExpectTold({Customer(0), Reply(30), Resolved(60), Reopened(90), Reply(100), Resolved(120)},
             "first 0+30 bob, solved 0+60 bob, done 0+120 bob, waited 40, held 0, rested 50");
}

TEST(CasesTest, ThanksFollowedByResolveEndsTheWaitWithoutAResponse) {
  ExpectTold({Customer(0), Reply(30), Customer(40), Resolved(60)},
             "first 0+30 bob, solved 0+60 bob, done 0+60 bob, waited 50, held 0, rested 10");
  // The reply after a reopening can still be the first one.
  ExpectTold({Customer(0), Resolved(60), Customer(100), Reply(110)},
             "first 100+10 bob, solved 0+60, done 0+110... bob");
}

TEST(CasesTest, HoldsPauseAndOverlap) {
  ExpectTold({Customer(0), Held(10, "a"), Held(15, "b"), Released(20, "a"), Released(25, "b"), Reply(30)},
             "first 0+15 bob, solved 0+15... bob, done 0+15... bob");
  ExpectTold({Customer(0), Held(10, "a"), Held(15, "b"), Released(20), Reply(30)},
             "first 0+20 bob, solved 0+20... bob, done 0+20... bob");
  // An open one pauses from now on; of what is not held nothing is released.
  ExpectTold({Customer(0), Held(10, "a"), Released(20, "b")}, "first 0+10..., solved 0+10..., done 0+10...", NoRules(),
             600);
  // A customer's message does not end a hold, and starts a clock that is paused.
  ExpectTold({Customer(0), Reply(5), Held(10), Customer(20), Released(40), Reply(50), Resolved(60)},
             "first 0+5 bob, later 20+10 bob, solved 0+30 bob, done 0+30 bob, waited 15, held 30, rested 15");
}

TEST(CasesTest, SnoozesPauseUntilTheirTimeOrTheCustomerWrites) {
  ExpectTold({Customer(0), Snoozed(10, 20), Reply(30)}, "first 0+20 bob, solved 0+20... bob, done 0+20... bob");
  ExpectTold({Customer(0), Snoozed(10, 500), Customer(15), Reply(30)},
             "first 0+25 bob, solved 0+25... bob, done 0+25... bob");
  ExpectTold({Customer(0), Snoozed(10, 500), Snoozed(15, 20), Reply(30)},
             "first 0+20 bob, solved 0+20... bob, done 0+20... bob");
  ExpectTold({Customer(0), Snoozed(10, 500), Released(15), Reply(30)},
             "first 0+25 bob, solved 0+25... bob, done 0+25... bob");
  ExpectTold({Customer(0), Snoozed(10, 500)}, "first 0+110..., solved 0+110..., done 0+110...", NoRules(), 600);
}

TEST(CasesTest, AMergedConversationLeavesTheCounts) {
  ExpectTold({Customer(0), Reply(30), Resolved(60), Merged(70)}, "");
}

TEST(CasesTest, ReplyCreditGoesToTheSenderNotTheAssignee) {
  ExpectTold({Customer(0), Assigned(1, "eve"), Reply(30, "bob"), Resolved(60, "dan")},
             "first 0+30 bob, solved 0+60 dan, done 0+60 dan, waited 30, held 0, rested 30");
  ExpectTold({Customer(0), Assigned(1, "eve"), Reply(30, "bob"), Resolved(60)},
             "first 0+30 bob, solved 0+60 eve, done 0+60 eve, waited 30, held 0, rested 30");
  ExpectTold({Customer(0), Assigned(1, "eve")}, "first 0+1... eve, solved 0+1... eve, done 0+1... eve");
  ExpectTold({Customer(0), Reply(10, "bob"), Assigned(20, "")}, "first 0+10 bob, solved 0+20..., done 0+20...");
}

TEST(CasesTest, SeveralResolutions) {
  // The second one changes nothing: the conversation was resolved.
  ExpectTold({Customer(0), Reply(30), Resolved(60), Resolved(90)},
             "first 0+30 bob, solved 0+60 bob, done 0+60 bob, waited 30, held 0, rested 30");
  const std::vector<ConversationEvent> again = {Customer(0),   Reply(30),     Resolved(60),
                                                Reopened(100), Resolved(110), Reopened(200)};
  ExpectTold(again, "first 0+30 bob, solved 0+60 bob, done 0+200... bob");
  EXPECT_EQ(Reference(again).reopens, 2);
}

TEST(CasesTest, APauseThatLastsBeyondResolutionEndsThere) {
  ExpectTold({Customer(0), Reply(10), Held(20), Resolved(60), Customer(100), Reply(110), Resolved(120)},
             "first 0+10 bob, later 100+10 bob, solved 0+20 bob, done 0+80 bob, waited 20, held 40, rested 20");
  ExpectTold({Customer(0), Reply(10), Resolved(60), Held(70), Customer(100), Reply(110)},
             "first 0+10 bob, later 100+10 bob, solved 0+60 bob, done 0+110... bob");
}

TEST(CasesTest, MillisecondsAreKept) {
  const double millisecond = 1.0 / 60'000;
  ExpectTold({Customer(0), Reply(30 + 3 * millisecond)},
             absl::StrCat("first 0+", 30.00005, " bob, solved 0+", 30.00005, "... bob, done 0+", 30.00005, "... bob"));
}

TEST(CasesTest, EventsAtOneMomentCountInTheOrderOfTheirKinds) {
  // Whatever their ids say, the customer wrote first, then the agent, who then resolved.
  ExpectTold({Resolved(0), Reply(0), Customer(0)},
             "first 0+0 bob, solved 0+0 bob, done 0+0 bob, waited 0, held 0, rested 0");
  ConversationEvent late = Customer(0);
  late.set_sequence(1);
  ExpectTold({late, Reply(0)}, "first 0+0... bob, solved 0+0... bob, done 0+0... bob");
}

TEST(CasesTest, CorrectionsAndDeletions) {
  ConversationEvent reply = Reply(30);
  ConversationEvent earlier = reply;
  *earlier.mutable_occurred_at() = ToProto(At(20));
  earlier.set_revision(1);
  ExpectTold({earlier, Customer(0), reply}, "first 0+20 bob, solved 0+20... bob, done 0+20... bob");
  ConversationEvent deleted = reply;
  deleted.set_revision(2);
  deleted.set_deleted(true);
  ExpectTold({deleted, earlier, Customer(0), reply}, "first 0+0..., solved 0+0..., done 0+0...");
}

TEST(CasesTest, EventsBeforeTheOpeningAndFarInTheFutureAreRefused) {
  const absl::Time now = At(10);
  EXPECT_TRUE(Validate(Customer(0), now).ok());
  ConversationEvent early = Customer(0);
  *early.mutable_opened_at() = ToProto(At(1));
  EXPECT_EQ(Validate(early, now).code(), absl::StatusCode::kInvalidArgument);
  *early.mutable_opened_at() = ToProto(At(0));
  EXPECT_TRUE(Validate(early, now).ok());
  EXPECT_EQ(Validate(Customer(60 * 24), now).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(Validate(Customer(-60.0 * 24 * 100), now).ok()) << "imported history takes the source's times";
  EXPECT_EQ(Validate(Snoozed(5, 5), now).code(), absl::StatusCode::kInvalidArgument);
}

// Business time. Minute 0 is 11:00 in Berlin.

TEST(CasesTest, BusinessTimeIsWithinOpenHours) {
  const World world(OpenDaily("Europe/Berlin", "09:00-12:00 13:00-17:30"));
  ExpectTold({Customer(0), Reply(30)}, "first 0+30/30 bob, solved 0+30/30... bob, done 0+30/30... bob", world);
  // 11:00 to 14:00, with the break; 18:00 to 08:00, and to 10:00 the next day.
  ExpectTold({Customer(0), Reply(180)}, "first 0+180/120 bob, solved 0+180/120... bob, done 0+180/120... bob", world);
  ExpectTold({Customer(420), Reply(1260)}, "first 420+840/0 bob, solved 420+840/0... bob, done 420+840/0... bob",
             world);
  ExpectTold({Customer(420), Reply(1380)}, "first 420+960/60 bob, solved 420+960/60... bob, done 420+960/60... bob",
             world);
}

double MinuteOf(absl::CivilMinute local, absl::string_view zone_name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(zone_name, &zone));
  return absl::ToDoubleMinutes(absl::FromCivil(local, zone) - At(0));
}

// Business minutes from one local time to another.
std::string BusinessMinutes(const storage::v1::Resources& resources, absl::CivilMinute from, absl::CivilMinute to) {
  const World world(resources);
  const std::string& zone = resources.calendars(0).time_zone();
  const std::vector<ConversationEvent> events = {Customer(MinuteOf(from, zone)), Reply(MinuteOf(to, zone))};
  ExpectAsReference(events, world);
  const reference::Conversation told = reference::Tell(events, world.rules);
  return Minutes(told.stretches.at(0).clock.BusinessMs(world.rules.horizon().end, world.rules).value_or(-1));
}

TEST(CasesTest, ASundayOnWhichClocksGoBackHas25Hours) {
  const absl::CivilMinute sunday(2025, 10, 26);
  EXPECT_EQ(BusinessMinutes(OpenDaily("Europe/Berlin", "00:00-24:00"), sunday, sunday + 60L * 24), "1500");
  const absl::CivilMinute spring(2025, 3, 30);
  EXPECT_EQ(BusinessMinutes(OpenDaily("Europe/Berlin", "00:00-24:00"), spring, spring + 60L * 24), "1380");
}

TEST(CasesTest, EdgesInTheHourThatSpringSkipsMoveBehindIt) {
  const absl::CivilMinute sunday(2025, 3, 30);
  EXPECT_EQ(BusinessMinutes(OpenDaily("Europe/Berlin", "02:30-03:15"), sunday, sunday + 60L * 24), "15");
  EXPECT_EQ(BusinessMinutes(OpenDaily("Europe/Berlin", "01:30-02:30"), sunday, sunday + 60L * 24), "30");
  EXPECT_EQ(BusinessMinutes(OpenDaily("Europe/Berlin", "02:10-02:50"), sunday, sunday + 60L * 24), "0");
}

TEST(CasesTest, HolidaysAreDatesInTheCalendarsZone) {
  storage::v1::Resources resources = OpenDaily("America/New_York", "09:00-17:00");
  AddHoliday("2025-07-04", "", *resources.mutable_calendars(0));
  AddHoliday("2025-12-24", "09:00-12:00", *resources.mutable_calendars(0));
  const absl::CivilMinute third(2025, 7, 3);
  EXPECT_EQ(BusinessMinutes(resources, third, third + 60L * 24 * 3), "960");
  const absl::CivilMinute eve(2025, 12, 24);
  EXPECT_EQ(BusinessMinutes(resources, eve, eve + 60L * 24), "180");
}

TEST(CasesTest, EditsOfACalendarLeaveThePastAlone) {
  storage::v1::Resources resources = OpenDaily("UTC", "09:00-17:00");
  v1::BusinessCalendar longer = resources.calendars(0);
  longer.clear_week();
  Open(v1::DAY_OF_WEEK_MONDAY, v1::DAY_OF_WEEK_SUNDAY, "08:00-20:00", longer);
  *longer.mutable_effective_from() = ToProto(absl::FromCivil(absl::CivilDay(2025, 7, 3), absl::UTCTimeZone()));
  longer.set_version(2);
  *resources.add_calendars() = longer;
  const absl::CivilMinute second(2025, 7, 2);
  EXPECT_EQ(BusinessMinutes(resources, second, second + 60L * 24 * 2), absl::StrCat(8 * 60 + 12 * 60));
}

// Promises. Each is due some minutes after minute 0, in a state at a later minute.

World Promising(v1::Metric metric, v1::Clock clock, absl::Duration within) {
  storage::v1::Resources resources = OpenDaily("UTC", "09:00-17:00");
  v1::SlaPolicy& policy = *resources.add_policies() = MakePolicy("p", 1, "daily");
  AddTarget(metric, clock, within, policy);
  return World(std::move(resources));
}

// `due 480 KEPT`, with the state at `minute`.
std::string PromisesAt(double minute, const std::vector<ConversationEvent>& events, const World& world) {
  ExpectAsReference(events, world);
  std::vector<std::string> told;
  for (const reference::TargetPromise& each : reference::Tell(events, world.rules).promises) {
    const std::string state = v1::PromiseState_Name(each.StateAt(ToMillis(At(minute)), world.rules));
    told.push_back(absl::StrCat("due ", Minutes(each.DueMs(world.rules) - ToMillis(At(0))), " ",
                                state.substr(std::string("PROMISE_STATE_").size())));
  }
  return absl::StrJoin(told, ", ");
}

TEST(CasesTest, AnAllowanceThatFillsTheDayIsDueAtClosing) {
  const World world = Promising(v1::METRIC_FIRST_RESPONSE_TIME, v1::CLOCK_BUSINESS, absl::Hours(8));
  EXPECT_EQ(PromisesAt(0, {Customer(0)}, world), "due 480 PENDING");
  EXPECT_EQ(PromisesAt(1000, {Customer(0), Reply(480)}, world), "due 480 KEPT");
  EXPECT_EQ(PromisesAt(1000, {Customer(0), Reply(481)}, world), "due 480 KEPT_LATE");
  EXPECT_EQ(PromisesAt(1000, {Customer(0)}, world), "due 480 BROKEN");
  // Begun the evening before.
  EXPECT_EQ(PromisesAt(0, {Customer(-600)}, world), "due 480 PENDING");
}

TEST(CasesTest, AHoldOutsideOpenHoursDoesNotMoveABusinessDueTime) {
  const World world = Promising(v1::METRIC_FIRST_RESPONSE_TIME, v1::CLOCK_BUSINESS, absl::Hours(9));
  EXPECT_EQ(PromisesAt(490, {Customer(0)}, world), "due 1500 PENDING");
  EXPECT_EQ(PromisesAt(490, {Customer(0), Held(500), Released(1400)}, world), "due 1500 PENDING");
  EXPECT_EQ(PromisesAt(490, {Customer(0), Held(400), Released(1400)}, world), "due 1580 PENDING");
}

TEST(CasesTest, APauseMovesTheDueTime) {
  const World world = Promising(v1::METRIC_FIRST_RESPONSE_TIME, v1::CLOCK_CALENDAR, absl::Minutes(60));
  EXPECT_EQ(PromisesAt(90, {Customer(0), Held(10), Released(50)}, world), "due 100 PENDING");
  EXPECT_EQ(PromisesAt(900, {Customer(0), Held(10)}, world), "due 60 PENDING");
  EXPECT_EQ(PromisesAt(900, {Customer(0), Held(60)}, world), "due 60 BROKEN");
  EXPECT_EQ(PromisesAt(900, {Held(-10), Customer(0), Released(30), Reply(90)}, world), "due 90 KEPT");
}

TEST(CasesTest, AResolutionWithoutAResponseCancelsItsPromise) {
  const World world = Promising(v1::METRIC_FIRST_RESPONSE_TIME, v1::CLOCK_CALENDAR, absl::Minutes(60));
  EXPECT_EQ(PromisesAt(900, {Customer(0), Resolved(30)}, world), "due 60 CANCELLED");
  EXPECT_EQ(PromisesAt(900, {Customer(0), Resolved(90)}, world), "due 60 BROKEN");
  EXPECT_EQ(PromisesAt(900, {Customer(0), Resolved(30), Customer(40), Reply(50)}, world),
            "due 60 CANCELLED, due 100 KEPT");
}

TEST(CasesTest, WaitsForTheFirstResponseComeUnderTheTargetOfAllWithoutOneOfTheirOwn) {
  const World world = Promising(v1::METRIC_NEXT_RESPONSE_TIME, v1::CLOCK_CALENDAR, absl::Minutes(60));
  EXPECT_EQ(PromisesAt(900, {Customer(0), Reply(10), Customer(20), Reply(100)}, world),
            "due 60 KEPT, due 80 KEPT_LATE");
  const World first = Promising(v1::METRIC_FIRST_RESPONSE_TIME, v1::CLOCK_CALENDAR, absl::Minutes(60));
  EXPECT_EQ(PromisesAt(900, {Customer(0), Reply(10), Customer(20), Reply(100)}, first), "due 60 KEPT");
}

TEST(CasesTest, AFullResolutionIsOpenAgainAfterAReopening) {
  const World world = Promising(v1::METRIC_FULL_RESOLUTION_TIME, v1::CLOCK_CALENDAR, absl::Minutes(60));
  EXPECT_EQ(PromisesAt(50, {Customer(0), Resolved(30)}, world), "due 60 KEPT");
  EXPECT_EQ(PromisesAt(50, {Customer(0), Resolved(30), Reopened(40)}, world), "due 60 PENDING");
  EXPECT_EQ(PromisesAt(70, {Customer(0), Resolved(30), Reopened(40)}, world), "due 60 BROKEN");
  EXPECT_EQ(PromisesAt(90, {Customer(0), Resolved(30), Reopened(40), Resolved(80)}, world), "due 60 KEPT_LATE");
}

}  // namespace
}  // namespace rapport::response_times
