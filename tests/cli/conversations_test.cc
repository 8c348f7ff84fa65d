#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/cli/command_runner.h"
#include "tests/cli/fake_response_times_service.h"

namespace rapport::cli {
namespace {

using response_times::v1::ConversationEvent;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ConversationsTest : public testing::Test {
 protected:
  CommandResult Command(std::vector<std::string> arguments, const CommandInput& input = {}) {
    arguments.insert(arguments.begin(), "--server=" + server_.address());
    return RunCommand(arguments, input);
  }

  CommandResult Import(const std::string& file, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"conversations",
                                          "import",
                                          "-",
                                          "--map=event_id=id,conversation_id=case,customer_id=who,occurred_at=when",
                                          "--event-column=what",
                                          "--retry-delay=1ms"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Command(arguments, {.text = file});
  }

  FakeResponseTimesService& service() { return server_.service(); }

  FakeResponseTimesServer server_;
};

TEST_F(ConversationsTest, ImportsEventsOnce) {
  const std::string file =
      "id,case,who,when,what\n"
      "1,T-1,C-1,2026-10-31T14:00:00Z,New\n"
      "2,T-1,C-1,2026-10-31T14:05:00Z,Closed\n"
      "3,T-1,C-1,2026-10-31T14:06:00Z,Noise\n";
  const std::vector<std::string> events = {"--events=New=CUSTOMER_MESSAGE,Closed=AGENT_MESSAGE+RESOLVED,Noise=-"};
  const CommandResult first = Import(file, events);
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.out, AllOf(HasSubstr("read                     3\n"), HasSubstr("created                  2\n"),
                               HasSubstr("ignored                  1\n"), Not(HasSubstr("opened"))));
  const ConversationEvent closed = service().events().at({"T-1", "2"});
  EXPECT_EQ(closed.message().author(), response_times::v1::AUTHOR_AGENT);
  EXPECT_EQ(closed.message().then(), response_times::v1::STATUS_CHANGE_RESOLVED);
  EXPECT_THAT(Import(file, events).out, HasSubstr("duplicate                2\n"));
}

TEST_F(ConversationsTest, OpensEachConversationOnceAndRejectsWhatIsEarlier) {
  const TemporaryFile folder("");
  const std::string rejects = folder.Sibling("rejects.csv");
  const CommandResult result = Import(
      "id,case,who,when,what,begun\n"
      "1,T-1,C-1,2026-10-31T14:05:00Z,New,2026-10-31T14:00:00Z\n"
      "2,T-1,C-1,2026-10-31T14:07:00Z,Active,2026-10-31T14:00:00Z\n"
      "1,T-2,C-2,2026-10-31T13:59:00Z,Active,2026-10-31T14:00:00Z\n"
      "2,T-2,C-2,2026-10-31T14:09:00Z,Lost,2026-10-31T14:00:00Z\n",
      {"--opened-at=begun", "--events=New=-,Active=AGENT_MESSAGE", "--rejects=" + rejects});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("created                  1\n"), HasSubstr("ignored                  1\n"),
                                HasSubstr("rejected                 2\n"), HasSubstr("opened                   2\n"),
                                HasSubstr("earlier than opened_at (line 4)"), HasSubstr("event 'Lost'")));
  EXPECT_EQ(service().events().size(), 3);
  EXPECT_EQ(service().events().at({"T-1", "T-1:opened"}).occurred_at().seconds(), 1793455200);
  EXPECT_THAT(FileContent(rejects), HasSubstr("\"4\",\"occurred_at: it is earlier than opened_at\",\"1\",\"T-2\""));
}

TEST_F(ConversationsTest, NamesAWordForEventsThatIsNone) {
  const CommandResult result = Import("id,case,who,when,what\n", {"--events=New=HELLO"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("--events 'HELLO'"), HasSubstr("CUSTOMER_MESSAGE, AGENT_MESSAGE")));
}

TEST_F(ConversationsTest, ReadsBackAnExport) {
  response_times::v1::ExportEventsResponse chunk;
  ConversationEvent& event = *chunk.add_events();
  event.set_event_id("1");
  event.set_conversation_id("T-1");
  event.set_customer_id("C-1");
  event.mutable_occurred_at()->set_seconds(1793455500);
  event.mutable_occurred_at()->set_nanos(250000000);
  event.mutable_escalated()->set_reason(response_times::v1::ESCALATION_REASON_BILLING);
  event.mutable_escalated()->set_detail("so, \"late\"");
  event.set_priority(response_times::v1::PRIORITY_HIGH);
  (*event.mutable_labels())["team"] = "billing";
  service().export_chunks = {chunk};
  const CommandResult exported = Command({"conversations", "export", "--month=2026-10", "--customer=C-1"});
  ASSERT_EQ(exported.exit_code, 0) << exported.err;
  EXPECT_THAT(service().last("ExportEventsRequest"), HasSubstr("customer_id: \"C-1\""));
  const CommandResult imported = Command(
      {"conversations", "import", "-", "--event-column=event",
       "--map=event_id=event_id,conversation_id=conversation_id,customer_id=customer_id,occurred_at=occurred_at",
       "--map=reason=reason,detail=detail,priority=priority,label.team=label.team"},
      {.text = exported.out});
  ASSERT_EQ(imported.exit_code, 0) << imported.err << imported.out;
  EXPECT_EQ(service().events().at({"T-1", "1"}).DebugString(), event.DebugString());
}

TEST_F(ConversationsTest, AsksForTheFiguresThatTheFlagsName) {
  const CommandResult result =
      Command({"conversations", "query", "--month=2026-10", "--time-zone=Europe/Berlin", "--bucket=week",
               "--metric=next-response-time,FIRST_RESPONSE_TIME", "--clock=calendar,business", "--group-by=team",
               "--filter=channel=email", "--quantiles=0.5,0.999", "--within=1h,3d", "--histogram", "--compare",
               "--audience=public", "--confidence=0.9"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(service().last("QueryResponseTimesRequest"),
            "range { start { seconds: 1790805600 } end { seconds: 1793487600 } } time_zone: \"Europe/Berlin\" "
            "bucket: BUCKET_WEEK metrics: METRIC_NEXT_RESPONSE_TIME metrics: METRIC_FIRST_RESPONSE_TIME "
            "clocks: CLOCK_CALENDAR clocks: CLOCK_BUSINESS group_by: DIMENSION_TEAM filter { dimension: "
            "DIMENSION_CHANNEL value: \"EMAIL\" } quantiles: 0.5 quantiles: 0.999 thresholds { seconds: 3600 } "
            "thresholds { seconds: 259200 } confidence: 0.9 compare_with_previous: true include_histogram: true "
            "audience: AUDIENCE_PUBLIC");
}

TEST_F(ConversationsTest, PrintsJsonThatParsesBack) {
  service().answers["QueryResponseTimesResponse"] = "totals { times { answered_count: 7 mean { value: 3.5 } } }";
  const CommandResult result = Command({"--output=json", "conversations", "query"});
  response_times::v1::QueryResponseTimesResponse parsed;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(result.out, &parsed).ok()) << result.out;
  EXPECT_EQ(parsed.totals(0).times(0).answered_count(), 7);
}

TEST_F(ConversationsTest, RanksATime) {
  service().answers["GetShareRankResponse"] = "slower_than { value: 0.992 sample_size: 1000 }";
  const CommandResult result = Command({"conversations", "rank", "1d 2h", "--clock=business", "--last=90d"});
  EXPECT_EQ(result.out, "1d 2h of first response time is slower than 99.2 % of 1,000 answers\n") << result.err;
  EXPECT_THAT(service().last("GetShareRankRequest"),
              AllOf(HasSubstr("duration { seconds: 93600 }"), HasSubstr("clock: CLOCK_BUSINESS")));
  EXPECT_THAT(Command({"conversations", "rank", "long"}).err, HasSubstr("DURATION 'long' is not a time"));
}

TEST_F(ConversationsTest, ExplainsAConversation) {
  service().answers["GetConversationResponse"] = R"pb(
    conversation_id: "T-1"
    customer_id: "C-1"
    state: CONVERSATION_STATE_ANSWERED
    policy_id: "urgent"
    timeline {
      event {
        occurred_at { seconds: 1793455500 }
        message { author: AUTHOR_CUSTOMER }
        channel: CHANNEL_CHAT
      }
      effect: "starts the clock"
    }
    timeline {
      event {
        occurred_at { seconds: 1793455800 }
        escalated { reason: ESCALATION_REASON_TONE detail: "rude" }
      }
    }
    stretches {
      metrics: METRIC_FIRST_RESPONSE_TIME
      metrics: METRIC_NEXT_RESPONSE_TIME
      start { seconds: 1793455500 }
      calendar_time { seconds: 303 }
      counted: true
      reason: "a person replied"
    }
    promises {
      promise_id: "T-1/first"
      metric: METRIC_FIRST_RESPONSE_TIME
      policy_id: "urgent"
      state: PROMISE_STATE_KEPT
    }
  )pb";
  const CommandResult result = Command({"conversations", "show", "T-1", "--time-zone=Europe/Berlin"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("state         ANSWERED\n"), HasSubstr("2026-10-31 15:05:00"),
                                ContainsRegex("CUSTOMER_MESSAGE +CHAT +starts the clock"), HasSubstr("TONE rude")));
  EXPECT_THAT(result.out,
              ContainsRegex("open +first response time, next response time +5m 03s +yes +a person replied"));
  EXPECT_THAT(result.out, ContainsRegex("T-1/first +KEPT +first response time of policy urgent"));
  EXPECT_EQ(service().last("GetConversationRequest"), "conversation_id: \"T-1\"");
}

TEST_F(ConversationsTest, ListsWhoWaitsUnderTheBacklog) {
  service().answers["GetBacklogResponse"] = R"pb(
    as_of { seconds: 1793455500 }
    waiting_count: 1200
    channels {
      channel: CHANNEL_CHAT
      waiting_count: 1100
      oldest_wait { seconds: 3900 }
    }
    channels { waiting_count: 100 }
  )pb";
  service().answers["ListWaitingResponse"] = R"pb(
    conversations {
      conversation_id: "T-1"
      customer_id: "C-1"
      waiting { seconds: 3900 }
      priority: PRIORITY_URGENT
    }
  )pb";
  const CommandResult result = Command({"conversations", "waiting", "--channel=chat", "--agent=-"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("waiting for us: 1,200, as of 2026-10-31 14:05 (UTC)"),
                                ContainsRegex("CHAT +1,100  1h 05m"), HasSubstr("unknown"),
                                ContainsRegex("1h 05m +1970-01-01 00:00  T-1 +C-1 +URGENT")));
  EXPECT_THAT(service().last("ListWaitingRequest"), HasSubstr("channel: CHANNEL_CHAT agent_id: \"-\""));
  EXPECT_THAT(Command({"conversations", "waiting", "--output=json"}).out,
              testing::StartsWith("{\"conversation_id\":\"T-1\""));
  EXPECT_THAT(Command({"conversations", "backlog"}).out, HasSubstr("waiting for us: 1,200"));
}

TEST_F(ConversationsTest, ShowsHowCustomersAreAnswered) {
  service().answers["BatchGetCustomerResponsivenessResponse"] = R"pb(
    customers {
      customer_id: "C-1"
      conversation_count: 4
      first_response {
        answered_count: 3
        median { value: 3900 }
      }
      channels { channel: CHANNEL_PHONE count: 9 }
      promises_broken: 2
    }
  )pb";
  const CommandResult result = Command({"conversations", "customer", "C-1", "--last=90d"});
  EXPECT_THAT(result.out, AllOf(HasSubstr("1h 05m"), HasSubstr("PHONE"))) << result.err;
  EXPECT_THAT(service().last("BatchGetCustomerResponsivenessRequest"), HasSubstr("customer_ids: \"C-1\" range {"));
  Command({"conversations", "escalations", "--filter=product=app", "--top=5"});
  EXPECT_THAT(service().last("QueryEscalationsRequest"),
              HasSubstr("filter { dimension: DIMENSION_PRODUCT value: \"app\" } top_customers: 5"));
}

TEST_F(ConversationsTest, EraseAsksOnATerminalOnly) {
  EXPECT_THAT(Command({"conversations", "erase", "C-1"}).err, HasSubstr("--yes"));
  EXPECT_EQ(service().last("EraseCustomerRequest"), "never called");
  const CommandResult asked = Command({"conversations", "erase", "C-1"}, {.text = "yes\n", .is_terminal = true});
  EXPECT_THAT(asked.err, HasSubstr("Erase all conversations and promises of customer 'C-1'"));
  EXPECT_EQ(asked.out, "erased 0 conversations, promises and mentions\n");
}

TEST_F(ConversationsTest, MakesAndSettlesPromises) {
  service().answers["MakePromiseResponse"] = R"pb(
    promise {
      promise_id: "P-1"
      customer_id: "C-1"
      made_at { seconds: 1793455500 }
      due_at { seconds: 1793955600 }
      state: PROMISE_STATE_PENDING
      description: "A fix"
    }
  )pb";
  const CommandResult made =
      Command({"promises", "make", "P-1", "--customer=C-1", "--due-at=2026-11-06 10:00", "--time-zone=Europe/Berlin",
               "--description=A fix", "--agent=mona", "--label=team=billing", "--revision=2"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(made.out, ContainsRegex("P-1 +PENDING  2026-11-06 10:00  C-1 +A fix"));
  EXPECT_EQ(
      service().last("MakePromiseRequest"),
      "promise { promise_id: \"P-1\" customer_id: \"C-1\" description: \"A fix\" agent_id: \"mona\" labels { key: "
      "\"team\" value: \"billing\" } made_at { seconds: 1793455500 } due_at { seconds: 1793955600 } revision: 2 }");
  service().answers["KeepPromiseResponse"] = "promise { promise_id: 'P-9' }";
  EXPECT_EQ(Command({"promises", "keep", "P-9", "--at=2026-11-05"}).out,
            "P-9 is noted; nobody made this promise yet\n");
  EXPECT_EQ(service().last("KeepPromiseRequest"), "promise_id: \"P-9\" kept_at { seconds: 1793836800 }");
  Command({"promises", "cancel", "P-9"});
  EXPECT_EQ(service().last("CancelPromiseRequest"), "promise_id: \"P-9\"");
}

TEST_F(ConversationsTest, ListsPromisesDueAroundToday) {
  EXPECT_EQ(Command({"promises", "list", "--state=broken,KEPT_LATE", "--origin=policy"}).out, "no promises\n");
  EXPECT_EQ(service().last("ListPromisesRequest"),
            "due { start { seconds: 1790899200 } end { seconds: 1795996800 } } states: PROMISE_STATE_BROKEN states: "
            "PROMISE_STATE_KEPT_LATE origin: PROMISE_ORIGIN_POLICY page { page_size: 100 }");
  Command({"promises", "list", "--next=12h"});
  EXPECT_THAT(service().last("ListPromisesRequest"),
              HasSubstr("due { start { seconds: 1793455200 } end { seconds: 1793498400 } }"));
}

TEST_F(ConversationsTest, TellsHowManyPromisesWereKept) {
  service().answers["QueryPromisesResponse"] = R"pb(
    totals {
      group: "billing"
      kept_count: 1900
      broken_count: 100
      kept { value: 0.95 ci_low: 0.94 ci_high: 0.96 }
    }
    totals { group: "sales" suppressed: true }
  )pb";
  const CommandResult result = Command({"promises", "query", "--group-by=team", "--compare"});
  EXPECT_THAT(result.out, AllOf(ContainsRegex("billing  95.0 % \\(94.0 to 96.0\\) +1,900 +0 +100"),
                                ContainsRegex("sales +withheld: small group")))
      << result.err;
}

TEST_F(ConversationsTest, WatchPrintsNewsAndTheTokenToGoOnWith) {
  response_times::v1::WatchPromisesResponse heartbeat;
  heartbeat.set_resume_token("later");
  response_times::v1::WatchPromisesResponse broken;
  broken.set_news(response_times::v1::PROMISE_NEWS_BROKEN);
  broken.mutable_promise()->set_promise_id("P-1");
  broken.mutable_promise()->set_customer_id("C-1");
  broken.set_resume_token("after-P-1");
  service().promise_news = {heartbeat, broken};
  const CommandResult result =
      Command({"promises", "watch", "--count=1", "--about-to-break=30m", "--agent=mona", "--resume-token=earlier"});
  EXPECT_EQ(result.out, "BROKEN          P-1  customer C-1\n");
  EXPECT_EQ(result.err, "resume with --resume-token=after-P-1\n");
  EXPECT_EQ(service().last("WatchPromisesRequest"),
            "about_to_break { seconds: 1800 } agent_id: \"mona\" resume_token: \"earlier\"");
}

TEST_F(ConversationsTest, WritesResourcesFromJson) {
  const TemporaryFile file(R"({"calendar_id": "berlin", "time_zone": "Europe/Berlin", "version": 1,
      "week": [{"day": "DAY_OF_WEEK_MONDAY", "hours": [{"opens_at": "09:00", "closes_at": "17:00"}]}]})");
  service().answers["UpdateBusinessCalendarResponse"] = "calendar { calendar_id: 'berlin' version: 2 }";
  const CommandResult updated = Command({"calendar", "update", file.path(), "--effective-from=2026-12-01"});
  EXPECT_EQ(updated.out, "{\n \"calendar_id\": \"berlin\",\n \"version\": 2\n}\n") << updated.err;
  EXPECT_EQ(service().last("UpdateBusinessCalendarRequest"),
            "calendar { calendar_id: \"berlin\" time_zone: \"Europe/Berlin\" week { day: DAY_OF_WEEK_MONDAY hours { "
            "opens_at: \"09:00\" closes_at: \"17:00\" } } effective_from { seconds: 1796083200 } version: 1 }");
  Command({"policy", "create", "-"}, {.text = R"({"policy_id": "urgent", "targets": [{"within": "3600s"}]})"});
  EXPECT_EQ(service().last("CreateSlaPolicyRequest"),
            "policy { policy_id: \"urgent\" targets { within { seconds: 3600 } } }");
}

TEST_F(ConversationsTest, NamesTheFieldOfAResourceThatIsWrong) {
  const auto error = [&](const std::string& json) { return Command({"calendar", "create", "-"}, {.text = json}).err; };
  EXPECT_THAT(error(R"({"zone": "UTC"})"),
              AllOf(HasSubstr("zone"), HasSubstr("The fields of BusinessCalendar are: calendar_id, display_name")));
  EXPECT_THAT(error(R"({"week": [{"day": "MONDAY"}]})"),
              AllOf(HasSubstr("week[0].day"), HasSubstr("use one of DAY_OF_WEEK_MONDAY, DAY_OF_WEEK_TUESDAY")));
  EXPECT_THAT(error(R"({"week": [{"hours": [{"from": "9"}]}]})"),
              AllOf(HasSubstr("week[0].hours[0]"), HasSubstr("The fields of OpenHours are: opens_at, closes_at")));
  EXPECT_THAT(error(R"({"is_default": "maybe"})"), HasSubstr("(is_default): invalid value \"maybe\""));
  EXPECT_THAT(error("no JSON"), HasSubstr("standard input: "));
  EXPECT_EQ(service().last("CreateBusinessCalendarRequest"), "never called");
}

TEST_F(ConversationsTest, ListsResources) {
  service().answers["ListBusinessCalendarsResponse"] = R"pb(
    calendars {
      calendar_id: "berlin"
      time_zone: "Europe/Berlin"
      is_default: true
      version: 3
      week {
        day: DAY_OF_WEEK_MONDAY
        hours { opens_at: "09:00" closes_at: "12:00" }
        hours { opens_at: "13:00" closes_at: "24:00" }
      }
    }
  )pb";
  service().answers["ListSlaPoliciesResponse"] = R"pb(
    policies {
      policy_id: "urgent"
      priorities: PRIORITY_HIGH
      priorities: PRIORITY_URGENT
      tiers: "gold"
      targets {
        metric: METRIC_FIRST_RESPONSE_TIME
        clock: CLOCK_BUSINESS
        within { seconds: 3600 }
      }
    }
  )pb";
  EXPECT_THAT(Command({"calendar", "list"}).out,
              ContainsRegex("berlin +yes +3  always +Europe/Berlin  mon 09:00-12:00 13:00-24:00"));
  EXPECT_THAT(Command({"policy", "list"}).out,
              ContainsRegex("urgent +0 +0  always +HIGH, URGENT; tier gold +first response time 1h in business hours"));
  service().answers["GetSlaPolicyResponse"] = "versions { version: 2 } versions { version: 1 }";
  EXPECT_EQ(Command({"policy", "get", "urgent"}).out, "{\n \"version\": 2\n}\n");
  EXPECT_EQ(Command({"policy", "get", "urgent", "--versions", "--output=json"}).out,
            "{\"version\":2}\n{\"version\":1}\n");
}

TEST_F(ConversationsTest, TracksIssues) {
  service().answers["CreateTrackedIssueResponse"] =
      "issue { issue_id: 'I-1' title: 'Broken' created_at { seconds: 0 } }";
  EXPECT_THAT(Command({"issues", "create", "I-1", "--title=Broken"}).out,
              ContainsRegex("I-1 +Broken  1970-01-01 00:00  open"));
  EXPECT_THAT(service().last("CreateTrackedIssueRequest"), HasSubstr("created_at { seconds: 1793455500 }"));
  Command({"issues", "link", "I-1", "T-1", "T-2"});
  EXPECT_EQ(service().last("LinkConversationsRequest"),
            "issue_id: \"I-1\" conversation_ids: \"T-1\" conversation_ids: \"T-2\"");
  Command({"issues", "unlink", "I-1", "T-2"});
  EXPECT_EQ(service().last("UnlinkConversationsRequest"), "issue_id: \"I-1\" conversation_ids: \"T-2\"");
  Command({"issues", "resolve", "I-1", "--at=2026-10-31"});
  EXPECT_EQ(service().last("ResolveTrackedIssueRequest"), "issue_id: \"I-1\" resolved_at { seconds: 1793404800 }");
  service().answers["GetTrackedIssueResponse"] = "issue { issue_id: 'I-1' } conversation_ids: 'T-1'";
  EXPECT_THAT(Command({"issues", "show", "I-1"}).out, HasSubstr("\nconversations\nT-1\n"));
  EXPECT_EQ(Command({"issues", "list", "--open"}).out, "no issues\n");
  EXPECT_THAT(service().last("ListTrackedIssuesRequest"), HasSubstr("only_open: true"));
}

TEST_F(ConversationsTest, SaysWhomToTell) {
  EXPECT_EQ(Command({"issues", "people", "I-1"}).out, "nobody is left to tell\n");
  service().answers["ListPeopleToTellResponse"] =
      "people { customer_id: 'C-1' conversation_id: 'T-1' channel: CHANNEL_SOCIAL follower: true }";
  EXPECT_THAT(Command({"issues", "people", "I-1"}).out, ContainsRegex("C-1 +SOCIAL +T-1 +follows"));
  service().answers["MarkPeopleToldResponse"] = "newly_marked_ids: 'C-1'";
  EXPECT_EQ(Command({"issues", "told", "I-1", "C-1", "C-2"}).out, "C-1\n");
  EXPECT_EQ(service().last("MarkPeopleToldRequest"), "issue_id: \"I-1\" customer_ids: \"C-1\" customer_ids: \"C-2\"");
  response_times::v1::WatchResolutionsResponse resolution;
  resolution.mutable_issue()->set_issue_id("I-1");
  resolution.mutable_issue()->set_title("Broken");
  resolution.mutable_person()->set_customer_id("C-1");
  resolution.mutable_person()->set_conversation_id("T-1");
  resolution.mutable_person()->set_channel(common::v1::CHANNEL_EMAIL);
  service().resolutions = {resolution};
  EXPECT_EQ(Command({"issues", "watch", "--count=1"}).out, "tell C-1 in T-1 EMAIL: I-1 is resolved: Broken\n");
}

TEST_F(ConversationsTest, ErrorsSayWhatToDoNext) {
  service().unary_status = grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "role admin is missing");
  const CommandResult result = Command({"calendar", "list"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("PERMISSION_DENIED: role admin is missing"), HasSubstr("token new")));
  EXPECT_THAT(Command({"conversations", "query", "--metric=SPEED"}).err, HasSubstr("--metric 'SPEED'"));
  EXPECT_THAT(Command({"conversations", "query", "--within=soon"}).err, HasSubstr("--within 'soon'"));
}

TEST_F(ConversationsTest, EveryCommandTeachesWithExamples) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> groups = {
      {"conversations",
       {"import", "query", "rank", "show", "waiting", "backlog", "customer", "escalations", "export", "erase"}},
      {"promises", {"make", "keep", "cancel", "list", "query", "watch"}},
      {"calendar", {"create", "get", "list", "update"}},
      {"policy", {"create", "get", "list", "update"}},
      {"issues", {"create", "link", "unlink", "resolve", "list", "show", "people", "told", "watch"}}};
  for (const auto& [group, commands] : groups) {
    for (const std::string& command : commands) {
      const std::string name = absl::StrCat("rapport ", group, " ", command);
      const CommandResult result = RunCommand({group, command, "--help"});
      EXPECT_EQ(result.exit_code, 0) << name;
      EXPECT_THAT(result.out, AllOf(HasSubstr("Examples:"), HasSubstr(name))) << name;
    }
  }
}

}  // namespace
}  // namespace rapport::cli
