#include "services/cli/command_line_flags.h"
#include "services/cli/issues.h"
#include "services/cli/promises.h"
#include "services/cli/resources.h"

namespace rapport::cli {
namespace {

void AddMaking(CLI::App& parent, Parsed* parsed) {
  MakePromiseOptions* make = nullptr;
  CLI::App* app =
      AddCommand(parent, "make", "Promise something to a customer",
                 "  rapport promises make P-1 --customer=C-7 --due-at='2026-11-06 17:00' --time-zone=Europe/Berlin \\\n"
                 "      --description='A fix for the export' --agent=mona --conversation=T-1\n"
                 "  rapport promises make P-1 --customer=C-7 --due-at=2026-11-13 --revision=1\n"
                 "The same again changes nothing; a larger --revision takes the place of a smaller one.\n"
                 "--agent after `make` is who is to keep it.\n",
                 &MakePromise, parsed, &make);
  app->add_option("ID", make->id, "Your id of the promise: made once")->required();
  app->add_option("--customer", make->customer, "Whom it is made to")->required();
  app->add_option("--due-at", make->due_at, "By when it is to be kept: a date or time")->required();
  app->add_option("--made-at", make->made_at, "When it was made; now when left out");
  app->add_option("--description", make->description, "What is promised");
  app->add_option("--agent", make->agent, "Who is to keep it");
  app->add_option("--conversation", make->conversation, "The conversation that it is about");
  app->add_option("--channel", make->channel, "EMAIL, CHAT, PHONE, WEB, ...");
  AddRepeatable(app, "--label", make->labels, "KEY=VALUE, such as team=billing");
  app->add_option("--revision", make->revision, "The larger takes the place of the smaller");
  AddZone(app, make->time_zone, "of times without an offset and of those printed");
}

void AddSettling(CLI::App& parent, Parsed* parsed) {
  SettlePromiseOptions* keep = nullptr;
  CLI::App* app = AddCommand(parent, "keep", "Say that a promise was kept",
                             "  rapport promises keep P-1\n"
                             "  rapport promises keep P-1 --at=2026-11-05T16:20:00Z\n",
                             &KeepPromise, parsed, &keep);
  app->add_option("ID", keep->id, "The promise's id")->required();
  app->add_option("--at", keep->at, "When; now when left out. The earliest counts");
  AddZone(app, keep->time_zone, "of times without an offset and of those printed");

  SettlePromiseOptions* cancel = nullptr;
  app = AddCommand(parent, "cancel", "Take a promise back",
                   "  rapport promises cancel P-1\n"
                   "Cancelled after it was due, it stays broken.\n",
                   &CancelPromise, parsed, &cancel);
  app->add_option("ID", cancel->id, "The promise's id")->required();
  app->add_option("--at", cancel->at, "When; now when left out. The earliest counts");
  AddZone(app, cancel->time_zone, "of times without an offset and of those printed");
}

// For what is due: it lies ahead as often as not.
void AddDuePeriod(CLI::App* app, PeriodOptions& due, const std::string& default_text) {
  AddPeriod(app, due, default_text);
  app->add_option("--next", due.next, "12h, 7d or 4w, this hour or today included; with --last both");
}

void AddAsking(CLI::App& parent, Parsed* parsed) {
  ListPromisesOptions* list = nullptr;
  CLI::App* app = AddCommand(parent, "list", "Promises by due time",
                             "  rapport promises list --next=7d --state=PENDING --agent=mona\n"
                             "  rapport promises list --last=30d --state=BROKEN,KEPT_LATE --limit=0 --output=json\n",
                             &ListPromises, parsed, &list);
  AddDuePeriod(app, list->due, "default 30d to either side of today");
  app->add_option("--state", list->states, "Only PENDING, KEPT, KEPT_LATE, BROKEN or CANCELLED ones, or several")
      ->delimiter(',')
      ->allow_extra_args(false);
  app->add_option("--customer", list->customer, "Only to this customer");
  app->add_option("--agent", list->agent, "Only of this agent");
  app->add_option("--origin", list->origin, "Only made by POLICY or by PERSON");
  app->add_option("--limit", list->limit, "Most promises to print; 0 means all")->capture_default_str();

  QueryPromisesOptions* query = nullptr;
  app = AddCommand(parent, "query", "How many promises were kept, with intervals",
                   "  rapport promises query --month=2026-10 --compare\n"
                   "  rapport promises query --last=12w --bucket=week --group-by=team --origin=POLICY\n"
                   "Kept in time, over kept, kept late and broken; pending ones stand apart.\n",
                   &QueryPromises, parsed, &query);
  AddDuePeriod(app, query->period, "default 30d");
  app->add_option("--bucket", query->bucket, "HOUR, DAY, WEEK, MONTH or ALL")->capture_default_str();
  app->add_option("--group-by", query->group_by, "AGENT, TEAM, CHANNEL, PRODUCT, PLAN or LOCALE");
  app->add_option("--filter", query->filter, "Only with this value of another dimension: channel=EMAIL");
  app->add_option("--origin", query->origin, "Only made by POLICY or by PERSON");
  app->add_flag("--compare", query->compare, "Compare with the period before");
  app->add_option("--audience", query->audience,
                  "Who will see it: INTERNAL (default), CUSTOMER or PUBLIC, without small groups");
  app->add_option("--confidence", query->confidence, "Confidence of the intervals (0.95)");

  WatchPromisesOptions* watch = nullptr;
  app = AddCommand(parent, "watch", "Print promises that are about to break, broke or were kept",
                   "  rapport promises watch --about-to-break=30m --agent=mona\n"
                   "  rapport promises watch --output=json | while read -r promise; do ...; done\n"
                   "Ctrl-C ends it and prints the token for --resume-token, with which a later run misses nothing.\n",
                   &WatchPromises, parsed, &watch);
  app->add_option("--about-to-break", watch->about_to_break, "Tell of those due within this time (15m)");
  app->add_option("--agent", watch->agent, "Only of this agent");
  app->add_option("--resume-token", watch->resume_token, "Where an earlier run stopped; from now on when left out");
  app->add_option("--count", watch->count, "End after so many; 0 means never")->capture_default_str();
  AddZone(app, watch->time_zone, "that times are printed in");
}

using Write = absl::StatusOr<int> (*)(Session&, const WriteResourceOptions&);
using Get = absl::StatusOr<int> (*)(Session&, const GetResourceOptions&);
using List = absl::StatusOr<int> (*)(Session&, const ListResourcesOptions&);

// The commands of one kind of resource, of which `example` is an id.
void AddResourceCommands(CLI::App& group, const std::string& kind, const std::string& kinds, const std::string& example,
                         const std::string& content, Write create, Write update, Get get, List list, Parsed* parsed) {
  const std::string command = "  rapport " + kind + " ";
  WriteResourceOptions* created = nullptr;
  CLI::App* app = AddCommand(group, "create", "Create a " + kind + " from a JSON file",
                             command + "create " + example + ".json\n" + content, create, parsed, &created);
  app->add_option("FILE", created->file, "JSON, in the protobuf mapping; - reads standard input")->required();
  app->add_option("--effective-from", created->effective_from, "From when on; always when left out");
  AddZone(app, created->time_zone, "of --effective-from when it has no offset");

  GetResourceOptions* got = nullptr;
  app = AddCommand(group, "get", "A " + kind + " as JSON", command + "get " + example + " > " + example + ".json\n",
                   get, parsed, &got);
  app->add_option("ID", got->id, "Its id")->required();
  app->add_flag("--versions", got->versions, "All versions, the latest first");

  ListResourcesOptions* listed = nullptr;
  app = AddCommand(group, "list", "All " + kinds, command + "list\n", list, parsed, &listed);
  AddZone(app, listed->time_zone, "that times are printed in");

  WriteResourceOptions* updated = nullptr;
  app = AddCommand(group, "update", "Give a " + kind + " a new version; the past stays as it was counted",
                   command + "get " + example + " > " + example + ".json  # edit it, then:\n" + command + "update " +
                       example + ".json --effective-from=2026-12-01\n" +
                       "The version in the file is the one that it is based on: a " + kind +
                       " that somebody else changed in the meantime is refused.\n",
                   update, parsed, &updated);
  app->add_option("FILE", updated->file, "JSON, in the protobuf mapping; - reads standard input")->required();
  app->add_option("--effective-from", updated->effective_from, "From when on, not earlier than now");
  AddZone(app, updated->time_zone, "of --effective-from when it has no offset");
}

void AddIssueCommands(CLI::App& parent, Parsed* parsed) {
  CreateIssueOptions* create = nullptr;
  CLI::App* app = AddCommand(parent, "create", "Track something that several people raise",
                             "  rapport issues create export-broken --title='The export is broken'\n", &CreateIssue,
                             parsed, &create);
  app->add_option("ID", create->id, "Your id of the issue")->required();
  app->add_option("--title", create->title, "What it is about")->required();
  app->add_option("--created-at", create->created_at, "Since when it is tracked; now when left out");
  AddZone(app, create->time_zone, "of --created-at when it has no offset");

  IssueMembersOptions* link = nullptr;
  app = AddCommand(parent, "link", "Say that conversations are about an issue",
                   "  rapport issues link export-broken T-1 T-2\n", &LinkConversations, parsed, &link);
  app->add_option("ID", link->id, "The issue's id")->required();
  app->add_option("CONVERSATION", link->members, "The conversations' ids, up to 1,000")->required();

  IssueMembersOptions* unlink = nullptr;
  app = AddCommand(parent, "unlink", "Take conversations out of an issue",
                   "  rapport issues unlink export-broken T-2\n", &UnlinkConversations, parsed, &unlink);
  app->add_option("ID", unlink->id, "The issue's id")->required();
  app->add_option("CONVERSATION", unlink->members, "The conversations' ids, up to 1,000")->required();

  ResolveIssueOptions* resolve = nullptr;
  app = AddCommand(parent, "resolve", "Resolve an issue: from now on there are people to tell",
                   "  rapport issues resolve export-broken\n", &ResolveIssue, parsed, &resolve);
  app->add_option("ID", resolve->id, "The issue's id")->required();
  app->add_option("--at", resolve->at, "When; now when left out. The first counts");
  AddZone(app, resolve->time_zone, "of --at when it has no offset");

  ListIssuesOptions* list = nullptr;
  app = AddCommand(parent, "list", "Issues, the newest first", "  rapport issues list --open\n", &ListIssues, parsed,
                   &list);
  app->add_flag("--open", list->open, "Only those that are not resolved");
  app->add_option("--limit", list->limit, "Most issues to print; 0 means all")->capture_default_str();
  AddZone(app, list->time_zone, "that times are printed in");

  IssueOptions* show = nullptr;
  app = AddCommand(parent, "show", "One issue with its conversations", "  rapport issues show export-broken\n",
                   &ShowIssue, parsed, &show);
  app->add_option("ID", show->id, "The issue's id")->required();
  AddZone(app, show->time_zone, "that times are printed in");
}

void AddTelling(CLI::App& parent, Parsed* parsed) {
  PeopleToTellOptions* people = nullptr;
  CLI::App* app = AddCommand(parent, "people", "Who is still to be told that an issue is resolved",
                             "  rapport issues people export-broken\n", &ListPeopleToTell, parsed, &people);
  app->add_option("ID", people->id, "The issue's id")->required();
  app->add_option("--limit", people->limit, "Most people to print; 0 means all")->capture_default_str();

  IssueMembersOptions* told = nullptr;
  app = AddCommand(parent, "told", "Take it upon yourself to tell people; prints those who are left to you",
                   "  rapport issues told export-broken C-7 C-8\n"
                   "Each is given to one caller only. Tell those that it prints: the others are somebody else's.\n",
                   &MarkPeopleTold, parsed, &told);
  app->add_option("ID", told->id, "The issue's id")->required();
  app->add_option("CUSTOMER", told->members, "The customers' ids, up to 1,000")->required();

  WatchResolutionsOptions* watch = nullptr;
  app = AddCommand(parent, "watch", "Print people to tell, as issues are resolved",
                   "  rapport issues watch --output=json | while read -r person; do ...; done\n"
                   "Ctrl-C ends it and prints the token for --resume-token, with which a later run misses nothing.\n",
                   &WatchResolutions, parsed, &watch);
  app->add_option("--resume-token", watch->resume_token, "Where an earlier run stopped; from now on when left out");
  app->add_option("--count", watch->count, "End after so many people; 0 means never")->capture_default_str();
}

}  // namespace

void AddPromises(CLI::App& app, Parsed* parsed) {
  CLI::App* promises =
      AddGroup(app, "promises", "Make promises, and see which were kept", &kResponseTimesAddress, parsed);
  AddMaking(*promises, parsed);
  AddSettling(*promises, parsed);
  AddAsking(*promises, parsed);
}

void AddCalendars(CLI::App& app, Parsed* parsed) {
  CLI::App* calendar = AddGroup(app, "calendar", "Business hours and holidays", &kResponseTimesAddress, parsed);
  AddResourceCommands(*calendar, "calendar", "calendars", "berlin",
                      "  {\"calendar_id\": \"berlin\", \"time_zone\": \"Europe/Berlin\", \"is_default\": true,\n"
                      "   \"week\": [{\"day\": \"DAY_OF_WEEK_MONDAY\",\n"
                      "             \"hours\": [{\"opens_at\": \"09:00\", \"closes_at\": \"12:00\"},\n"
                      "                       {\"opens_at\": \"13:00\", \"closes_at\": \"17:00\"}]}],\n"
                      "   \"holidays\": [{\"date\": \"2026-12-25\", \"display_name\": \"Christmas\"}]}\n",
                      &CreateCalendar, &UpdateCalendar, &GetCalendar, &ListCalendars, parsed);
}

void AddPolicies(CLI::App& app, Parsed* parsed) {
  CLI::App* policy = AddGroup(app, "policy", "Response targets, which make promises", &kResponseTimesAddress, parsed);
  AddResourceCommands(
      *policy, "policy", "policies", "urgent",
      "  {\"policy_id\": \"urgent\", \"priorities\": [\"PRIORITY_URGENT\"], \"calendar_id\": \"berlin\",\n"
      "   \"targets\": [{\"metric\": \"METRIC_FIRST_RESPONSE_TIME\", \"clock\": \"CLOCK_BUSINESS\",\n"
      "                \"within\": \"3600s\"}]}\n",
      &CreatePolicy, &UpdatePolicy, &GetPolicy, &ListPolicies, parsed);
}

void AddIssues(CLI::App& app, Parsed* parsed) {
  CLI::App* issues =
      AddGroup(app, "issues", "Track what several people raised, and tell them all", &kResponseTimesAddress, parsed);
  AddIssueCommands(*issues, parsed);
  AddTelling(*issues, parsed);
}

}  // namespace rapport::cli
