#include "services/cli/command_line_flags.h"
#include "services/cli/conversation_import.h"
#include "services/cli/conversations.h"
#include "services/cli/time_query.h"

namespace rapport::cli {
namespace {

constexpr const char* kMetrics =
    "FIRST_RESPONSE_TIME (default), NEXT_RESPONSE_TIME, FIRST_RESOLUTION_TIME, FULL_RESOLUTION_TIME, "
    "REQUESTER_WAIT_TIME, ON_HOLD_TIME or AGENT_WAIT_TIME";
constexpr const char* kAudiences = "Who will see it: INTERNAL (default), CUSTOMER or PUBLIC, without small groups";

void AddImport(CLI::App& parent, Parsed* parsed) {
  ConversationImportOptions* options = nullptr;
  CLI::App* app = AddCommand(
      parent, "import", "Record the events of a CSV file of any size",
      "  rapport conversations import tickets.csv --event-column=state \\\n"
      "      --map=event_id=version,conversation_id=number,customer_id=caller,occurred_at=updated,agent_id=assignee "
      "\\\n"
      "      --events='New=CUSTOMER_MESSAGE,Active=AGENT_MESSAGE,Waiting=HELD,Closed=AGENT_MESSAGE+RESOLVED' \\\n"
      "      --time-format='%d/%m/%Y %H:%M' --time-zone=Europe/Berlin --rejects=rejected.csv\n"
      "  unzip -p log.zip | rapport conversations import - --event-column=state --opened-at=opened \\\n"
      "      --map=event_id=version+state,conversation_id=number,customer_id=caller,occurred_at=updated \\\n"
      "      --events='New=-,Resolved=AGENT_MESSAGE+RESOLVED,*=AGENT_MESSAGE'\n"
      "Events are CUSTOMER_MESSAGE, AGENT_MESSAGE, BOT_MESSAGE, SYSTEM_MESSAGE, PRIVATE_NOTE, OUTBOUND, RESOLVED,\n"
      "REOPENED, HELD, RELEASED, SNOOZED (field until), MERGED (field into_conversation_id), ASSIGNED, ESCALATED "
      "(field\n"
      "reason), HANDED_OFF, SELF_SERVICE (field self_service), FOLLOWER (field follower_id); a message with +RESOLVED "
      "or\n"
      "+HELD also changes the state. - ignores rows, * stands for any other word of the file.\n"
      "Prints how many rows were read, created, replaced, superseded (older than what counts), duplicate, ignored and\n"
      "rejected, with reasons. Can be run again at any time: what is known already is a duplicate.\n"
      "Exit code: 0 all rows fine, 3 some rejected, 1 stopped by an error, 2 wrong flags.\n",
      &ImportConversations, parsed, &options);
  AddImportFlags(app, options,
                 "event_id, conversation_id, occurred_at (required), customer_id, agent_id, channel, priority, tier, "
                 "label.KEY, sequence, revision, deleted, opened_at, hold_id, until, into_conversation_id, reason, "
                 "detail, self_service, reference, follower_id. FIELD=A+B joins columns");
  AddWindow(app, options);
  app->add_option("--event-column", options->event_column,
                  "The column that says what happened; --set=event=AGENT_MESSAGE where it is always the same");
  AddRepeatable(app, "--events", options->events, "THEIRS=OURS,...: the file's words for events; ours when left out");
  app->add_option("--ignore-events", options->ignore_events, "More words of the file that are to be ignored")
      ->delimiter(',')
      ->allow_extra_args(false);
  app->add_option("--opened-at", options->opened_at,
                  "The column with the time at which the customer opened the conversation: a customer's message that "
                  "no row tells. Rows that are earlier are rejected");
  AddRepeatable(app, "--priorities", options->priorities, "THEIRS=OURS,...: for LOW, NORMAL, HIGH and URGENT");
  AddRepeatable(app, "--reasons", options->reasons, "THEIRS=OURS,...: the file's words for reasons of escalation");
  app->add_option("--blank", options->blank, "Values of the file that mean none, such as ?")
      ->delimiter(',')
      ->allow_extra_args(false);
}

void AddQuery(CLI::App& parent, Parsed* parsed) {
  TimeQueryOptions* options = nullptr;
  CLI::App* app = AddCommand(
      parent, "query", "How fast customers are answered, as a whole distribution",
      "  rapport conversations query --month=2026-10 --compare\n"
      "  rapport conversations query --last=4w --bucket=week --group-by=team --within=1h,6h,1d "
      "--quantiles=0.5,0.9,0.99\n"
      "  rapport conversations query --last=90d --metric=NEXT_RESPONSE_TIME --clock=BUSINESS --histogram\n"
      "`open` counts those still unanswered. `within` counts them as soon as they are open for longer; quantiles show\n"
      "the answered ones and, after the slash, the estimate with the open ones. An arrow marks a change only when it "
      "is\n"
      "significant.\n",
      &QueryTimes, parsed, &options);
  AddPeriod(app, options->period, "default 30d");
  app->add_option("--bucket", options->bucket, "HOUR, DAY, WEEK, MONTH or ALL")->capture_default_str();
  app->add_option("--metric", options->metrics, kMetrics)->delimiter(',')->allow_extra_args(false);
  app->add_option("--clock", options->clocks, "CALENDAR (default), BUSINESS or both")
      ->delimiter(',')
      ->allow_extra_args(false);
  app->add_option("--group-by", options->group_by, "AGENT, TEAM, CHANNEL, PRODUCT, PLAN or LOCALE");
  app->add_option("--filter", options->filter, "Only with this value of another dimension: channel=EMAIL");
  app->add_option("--quantiles", options->quantiles, "From 0.001 to 0.99999 (0.5,0.9,0.95,0.99)")
      ->delimiter(',')
      ->allow_extra_args(false);
  app->add_option("--within", options->within, "Times to give the share answered within (1h,6h)")
      ->delimiter(',')
      ->allow_extra_args(false);
  app->add_flag("--histogram", options->histogram, "Add a chart of how many took how long");
  app->add_flag("--compare", options->compare, "Compare with the period before");
  app->add_option("--audience", options->audience, kAudiences);
  app->add_option("--confidence", options->confidence, "Confidence of the intervals (0.95)");
}

void AddRank(CLI::App& parent, Parsed* parsed) {
  ShareRankOptions* options = nullptr;
  CLI::App* app = AddCommand(parent, "rank", "Where a time stands: \"slower than 99.2 % of answers\"",
                             "  rapport conversations rank 6h --last=90d\n"
                             "  rapport conversations rank '3d 4h' --month=2026-10 --filter=channel=EMAIL\n",
                             &ShowShareRank, parsed, &options);
  app->add_option("DURATION", options->duration, "Such as 90s, 15m, 1h30m, 3d or 2w")->required();
  AddPeriod(app, options->period, "default 30d");
  app->add_option("--metric", options->metric, kMetrics);
  app->add_option("--clock", options->clock, "CALENDAR (default) or BUSINESS");
  app->add_option("--filter", options->filter, "Only with this value, such as channel=EMAIL");
  app->add_option("--audience", options->audience, kAudiences);
  app->add_option("--confidence", options->confidence, "Confidence of the interval (0.95)");
}

void AddNow(CLI::App& parent, Parsed* parsed) {
  ShowConversationOptions* show = nullptr;
  CLI::App* app =
      AddCommand(parent, "show", "One conversation: what happened, what was measured, and why",
                 "  rapport conversations show T-1 --time-zone=Europe/Berlin\n", &ShowConversation, parsed, &show);
  app->add_option("ID", show->id, "The conversation's id")->required();
  AddZone(app, show->time_zone, "that times are printed in");

  WaitingOptions* waiting = nullptr;
  app = AddCommand(parent, "waiting", "Who waits for us now, the longest first",
                   "  rapport conversations waiting --channel=CHAT\n"
                   "  rapport conversations waiting --agent=- --limit=0 --output=json\n",
                   &ListWaiting, parsed, &waiting);
  app->add_option("--channel", waiting->channel, "Only those who last wrote on this channel");
  app->add_option("--agent", waiting->agent, "Only conversations that this agent has; - for those that nobody has");
  app->add_option("--limit", waiting->limit, "Most conversations to print; 0 means all")->capture_default_str();
  AddZone(app, waiting->time_zone, "that times are printed in");

  BacklogOptions* backlog = nullptr;
  app = AddCommand(parent, "backlog", "How many wait for us now, and for how long",
                   "  rapport conversations backlog --output=json\n", &ShowBacklog, parsed, &backlog);
  AddZone(app, backlog->time_zone, "that times are printed in");
}

void AddCustomers(CLI::App& parent, Parsed* parsed) {
  ResponsivenessOptions* customer = nullptr;
  CLI::App* app = AddCommand(parent, "customer", "How given customers are answered",
                             "  rapport conversations customer C-7 C-8\n"
                             "  rapport conversations customer C-7 --last=90d --output=json\n",
                             &ShowResponsiveness, parsed, &customer);
  app->add_option("ID", customer->ids, "The customers' ids")->required();
  AddPeriod(app, customer->period, "default all time; whole UTC days");
  app->add_option("--confidence", customer->confidence, "Confidence of the intervals (0.95)");

  EscalationOptions* escalations = nullptr;
  app = AddCommand(parent, "escalations", "Why people are angry, by events and by customers",
                   "  rapport conversations escalations --last=90d\n"
                   "  rapport conversations escalations --month=2026-10 --filter=product=app --top=5\n",
                   &QueryEscalations, parsed, &escalations);
  AddPeriod(app, escalations->period, "default 30d");
  app->add_option("--filter", escalations->filter, "Only with this value, such as channel=EMAIL");
  app->add_option("--top", escalations->top, "How many of the loudest customers shares are given of (10)");
  app->add_option("--confidence", escalations->confidence, "Confidence of the intervals (0.95)");
}

void AddExport(CLI::App& parent, Parsed* parsed) {
  ExportEventsOptions* options = nullptr;
  CLI::App* app =
      AddCommand(parent, "export", "Write all events of a period",
                 "  rapport conversations export --month=2026-10 --output-file=october.csv\n"
                 "  rapport conversations export --from=2026-01-01 --format=jsonl | gzip > events.jsonl.gz\n"
                 "`rapport conversations import --event-column=event` reads the CSV back.\n",
                 &ExportEvents, parsed, &options);
  AddPeriod(app, options->period, "default 30d");
  app->add_option("--customer", options->customer, "Only of this customer's conversations");
  AddExportFlags(app, options);
}

void AddErase(CLI::App& parent, Parsed* parsed) {
  EraseOptions* options = nullptr;
  CLI::App* app =
      AddCommand(parent, "erase", "Erase a customer's conversations, promises and mentions, also from all figures",
                 "  rapport conversations erase C-7\n"
                 "  rapport conversations erase C-7 --yes\n"
                 "Cannot be undone. Asks first on a terminal; in a script it needs --yes.\n",
                 &EraseConversations, parsed, &options);
  app->add_option("CUSTOMER", options->customer, "The customer's id")->required();
  app->add_flag("--yes", options->yes, "Do not ask");
}

}  // namespace

void AddConversations(CLI::App& app, Parsed* parsed) {
  CLI::App* group = AddGroup(app, "conversations", "Record, ask for and watch how fast customers are answered",
                             &kResponseTimesAddress, parsed);
  AddImport(*group, parsed);
  AddQuery(*group, parsed);
  AddRank(*group, parsed);
  AddNow(*group, parsed);
  AddCustomers(*group, parsed);
  AddExport(*group, parsed);
  AddErase(*group, parsed);
}

}  // namespace rapport::cli
