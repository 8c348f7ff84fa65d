#include "services/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "services/cli/browse.h"
#include "services/cli/erase.h"
#include "services/cli/export.h"
#include "services/cli/import.h"
#include "services/cli/query.h"
#include "services/cli/record.h"
#include "services/cli/token_command.h"
#include "services/cli/watch.h"

namespace rapport::cli {
namespace {

// What the command line asked for: set by the subcommand that was named.
using Command = std::function<absl::StatusOr<int>(Session&)>;

constexpr const char* kScales = "EMOTICON_3, THUMBS_2, CSAT_5, NPS_11, CES_5 or CES_7";

// Adds a subcommand that runs `run` with the options that its flags fill. The options live as long as the parser.
template <class Options>
CLI::App* AddCommand(CLI::App& parent, const std::string& name, const std::string& description,
                     const std::string& examples, absl::StatusOr<int> (*run)(Session&, const Options&),
                     Command* command, Options** options) {
  CLI::App* app = parent.add_subcommand(name, description);
  app->footer("\nExamples:\n" + examples);
  app->fallthrough();
  auto owned = std::make_shared<Options>();
  *options = owned.get();
  app->callback([command, run, owned] { *command = [run, owned](Session& session) { return run(session, *owned); }; });
  return app;
}

// A flag that can be repeated, one value each time.
CLI::Option* AddRepeatable(CLI::App* app, const std::string& name, std::vector<std::string>& values,
                           const std::string& description) {
  return app->add_option(name, values, description + " (repeatable)")->allow_extra_args(false);
}

CLI::Option* AddDuration(CLI::App* app, const std::string& name, absl::Duration& duration,
                         const std::string& description) {
  const auto parse = [&duration, name](const std::string& text) {
    if (absl::ParseDuration(text, &duration) && duration > absl::ZeroDuration()) return;
    throw CLI::ValidationError(name, "'" + text + "' is not a time such as 500ms, 30s or 5m");
  };
  return app->add_option_function<std::string>(name, parse, description)
      ->type_name("DURATION")
      ->default_str(absl::FormatDuration(duration));
}

void AddZone(CLI::App* app, std::string& zone, const std::string& use) {
  app->add_option("--time-zone", zone, "IANA name of the zone " + use)->capture_default_str();
}

void AddPeriod(CLI::App* app, PeriodOptions& period, const std::string& default_text) {
  app->add_option("--from", period.from, "First moment: a date or RFC 3339 time");
  app->add_option("--to", period.to, "First moment after the period; now when left out");
  app->add_option("--last", period.last, "12h, 30d or 4w, this hour or today included (" + default_text + ")");
  app->add_option("--month", period.month, "A calendar month, such as 2026-10");
  AddZone(app, period.time_zone, "that dates, months and printed times are in");
}

void AddFilters(CLI::App* app, FilterOptions& filter) {
  app->add_option("--customer", filter.customer, "Only of this customer");
  app->add_option("--scale", filter.scale, std::string("Only on this scale: ") + kScales);
  app->add_option("--sentiment", filter.sentiment, "Only POSITIVE, NEUTRAL or NEGATIVE ones");
  app->add_option("--conversation", filter.conversation, "Only about this conversation");
  app->add_flag("--with-comment", filter.with_comment, "Only with a comment");
  AddRepeatable(app, "--filter", filter.dimensions, "Only with this value, such as channel=EMAIL or team=billing");
}

void AddGlobalFlags(CLI::App& app, Session& session, std::string& output) {
  ConnectionOptions& connection = session.connection;
  connection.server = "127.0.0.1:50051";
  app.add_option("--server", connection.server, "HOST:PORT of the ratings service")
      ->envname("RAPPORT_SERVER")
      ->capture_default_str();
  app.add_option("--token", connection.token, "Token; other users can see it in the list of processes")
      ->envname("RAPPORT_TOKEN");
  app.add_option("--token-file", connection.token_file, "File that holds the token; goes before RAPPORT_TOKEN");
  app.add_flag("--tls", connection.tls, "Encrypt the connection; implied by the other --tls flags");
  app.add_option("--tls-ca", connection.tls_ca, "PEM file of the authorities to trust; the system's when left out");
  app.add_option("--tls-cert", connection.tls_cert, "PEM file of the client's certificate, for mutual TLS");
  app.add_option("--tls-key", connection.tls_key, "PEM file of its key");
  app.add_option("--tls-server-name", connection.tls_server_name, "Name that the server's certificate must have");
  app.add_option("--agent", connection.agent, "Act as this agent, on a server in development mode");
  app.add_option("--tenant", connection.tenant, "Act in this tenant, on a server in development mode");
  AddDuration(&app, "--timeout", connection.timeout, "Longest wait for one answer");
  app.add_option("--output", output, "table, or json: one object a line, fields named as in the protos")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  app.add_flag_callback(
      "--no-progress", [&session] { session.progress = false; }, "No progress line on a terminal");
}

void AddRecord(CLI::App& parent, Command* command) {
  RecordOptions* options = nullptr;
  CLI::App* app = AddCommand(
      parent, "record", "Record one rating",
      "  rapport ratings record --rating-id=T-1 --customer=C-7 --scale=CSAT_5 --score=4\n"
      "  rapport ratings record --rating-id=T-2 --customer=C-7 --scale=EMOTICON_3 --score=HAPPY --wow \\\n"
      "      --agent=mona --channel=EMAIL --label=plan=pro --comment='Thank you!' --occurred-at=2026-10-31T14:05:00Z\n"
      "Prints created, replaced, superseded or duplicate: recording the same rating again changes nothing.\n"
      "--agent after `record` is the agent credited.\n",
      &Record, command, &options);
  app->add_option("--rating-id", options->rating_id, "The source's id of the rating: recorded once")->required();
  app->add_option("--customer", options->customer, "Who rated")->required();
  app->add_option("--scale", options->scale, kScales)->required();
  app->add_option("--score", options->score, "4, HAPPY, SATISFIED, UNHAPPY, UP or DOWN, as the scale asks")->required();
  app->add_flag("--wow", options->wow, "\"You made my day\", only with HAPPY");
  app->add_option("--agent", options->agent, "The agent credited");
  app->add_option("--channel", options->channel, "EMAIL, CHAT, PHONE, WEB, ...");
  app->add_option("--conversation", options->conversation, "The conversation rated");
  AddRepeatable(app, "--label", options->labels, "KEY=VALUE, such as plan=pro");
  app->add_option("--comment", options->comment, "What the customer wrote");
  app->add_option("--comment-visibility", options->comment_visibility, "AGENT_ONLY (default), AGENT_AND_LEAD or ALL");
  app->add_option("--occurred-at", options->occurred_at, "When the customer rated; now when left out");
  AddZone(app, options->time_zone, "of --occurred-at when it has no offset");
  app->add_option("--revision", options->revision, "Orders ratings of one id and time: the larger counts");
}

// The flags that both kinds of import share.
void AddImportFlags(CLI::App* app, ImportOptions* options, const std::string& fields) {
  app->add_option("FILE", options->file, "CSV file with a header; - reads standard input")->required();
  app->add_option("--scale", options->scale, kScales)->required();
  AddRepeatable(app, "--map", options->map, "FIELD=COLUMN,...: " + fields + "; \"FIELD=A, B\" if a name has a comma")
      ->required();
  AddRepeatable(app, "--set", options->set, "FIELD=VALUE,...: the same value for every row");
  AddRepeatable(app, "--channels", options->channels, "THEIRS=OURS,...: the file's words for channels");
  app->add_option("--time-format", options->time_format,
                  "As of absl::ParseTime, such as '%d-%m-%Y %H:%M', or unix or unix_ms; RFC 3339 and "
                  "'2026-10-31 14:05:00' when left out");
  AddZone(app, options->time_zone,
          "of times without an offset. A time that clocks repeat is the first of the two; one that they skip is read "
          "with the offset before the change");
  app->add_option("--delimiter", options->delimiter, "What stands between columns")->capture_default_str();
  app->add_option("--rejects", options->rejects, "File to write rejected rows to, with their line and the reason");
  app->add_option("--batch-size", options->batch_size, "Rows sent together")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app->add_option("--tries", options->tries, "Tries without progress before giving up on a server that is away")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  AddDuration(app, "--retry-delay", options->retry_delay, "First wait for a server that is away; doubles each time");
}

constexpr const char* kImportResult =
    "Prints how many rows were read, created, replaced, superseded (older than what counts), duplicate, not rated (a\n"
    "blank score) and rejected, with reasons. Can be run again at any time: what is known already is a duplicate.\n"
    "Exit code: 0 all rows fine, 3 some rejected, 1 stopped by an error, 2 wrong flags.\n";

void AddRatingsImport(CLI::App& parent, Command* command) {
  ImportOptions* options = nullptr;
  CLI::App* app = AddCommand(
      parent, "import", "Record the ratings of a CSV file of any size",
      std::string(
          "  rapport ratings import tickets.csv --scale=CSAT_5 --map=rating_id=ticket_id,customer_id=account_id \\\n"
          "      --map=score=satisfaction_score,occurred_at=closed_at,label.priority=priority \\\n"
          "      --time-format='%d-%m-%Y %H:%M' --time-zone=Europe/Berlin --rejects=rejected.csv\n"
          "  rapport ratings import zendesk.csv --scale=THUMBS_2 --scores=good=UP,bad=DOWN --set=channel=EMAIL \\\n"
          "      --map=rating_id=id,customer_id=requester,score=satisfaction,occurred_at=updated "
          "--time-format=unix\n") +
          kImportResult,
      &ImportRatings, command, &options);
  AddImportFlags(app, options,
                 "rating_id, customer_id, score, occurred_at (required), agent_id, channel, comment, conversation_id, "
                 "revision, wow, label.KEY");
  AddRepeatable(app, "--scores", options->scores, "THEIRS=OURS,...: the file's words for scores");
  app->add_option("--comment-visibility", options->comment_visibility, "AGENT_ONLY (default), AGENT_AND_LEAD or ALL");
  app->add_option("--window", options->window, "Batches under way at the same time")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
}

void AddSurveysImport(CLI::App& parent, Command* command) {
  ImportOptions* options = nullptr;
  CLI::App* app = AddCommand(
      parent, "import", "Record the surveys of a CSV file of any size, for response rates",
      std::string("  rapport surveys import sent.csv --scale=NPS_11 --set=status=DELIVERED \\\n"
                  "      --map=survey_id=id,customer_id=account,occurred_at=sent_at\n"
                  "  rapport surveys import events.csv --scale=CSAT_5 --statuses=opened=DELIVERED,closed=DISMISSED \\\n"
                  "      --map=survey_id=id,customer_id=account,occurred_at=time,status=event\n") +
          kImportResult,
      &ImportSurveys, command, &options);
  AddImportFlags(app, options,
                 "survey_id, customer_id, status, occurred_at (required), agent_id, channel, conversation_id, "
                 "label.KEY");
  AddRepeatable(app, "--statuses", options->statuses,
                "THEIRS=OURS,...: the file's words for OFFERED, DELIVERED and DISMISSED");
}

void AddQuery(CLI::App& parent, Command* command) {
  QueryOptions* options = nullptr;
  CLI::App* app = AddCommand(
      parent, "query", "Figures by time, group and scale, with intervals",
      "  rapport ratings query --month=2026-10 --compare\n"
      "  rapport ratings query --last=12w --bucket=week --group-by=team --time-zone=Europe/Berlin\n"
      "  rapport ratings query --from=2026-10-01 --to=2026-11-01 --scale=NPS_11 --filter=channel=EMAIL --customers\n"
      "An arrow marks a change only when it is significant. Small groups are withheld, so that no rater is unmasked.\n",
      &Query, command, &options);
  AddPeriod(app, options->period, "default 30d");
  app->add_option("--bucket", options->bucket, "HOUR, DAY, WEEK, MONTH or ALL")->capture_default_str();
  app->add_option("--group-by", options->group_by, "AGENT, TEAM, CHANNEL, PRODUCT, PLAN or LOCALE");
  app->add_option("--filter", options->filter, "Only events with this value of another dimension: channel=EMAIL");
  app->add_option("--scale", options->scale, std::string("Only this scale: ") + kScales);
  app->add_flag("--compare", options->compare, "Compare with the period before");
  app->add_flag("--customers", options->customers, "Add figures in which each customer weighs the same");
  app->add_option("--top", options->top, "How many of the loudest customers the share of negative ratings is of (10)");
  app->add_option("--confidence", options->confidence, "Confidence of the intervals (0.95)");
}

void AddBrowsing(CLI::App& parent, Command* command) {
  ListOptions* list = nullptr;
  CLI::App* app = AddCommand(parent, "list", "Ratings, newest first",
                             "  rapport ratings list --last=7d --sentiment=NEGATIVE\n"
                             "  rapport ratings list --month=2026-10 --filter=agent=mona --limit=0 --output=json\n",
                             &List, command, &list);
  AddPeriod(app, list->period, "default 30d");
  AddFilters(app, list->filter);
  app->add_option("--limit", list->limit, "Most ratings to print; 0 means all")->capture_default_str();

  GetOptions* get = nullptr;
  app = AddCommand(parent, "get", "One rating with its history", "  rapport ratings get T-1\n", &Get, command, &get);
  app->add_option("ID", get->rating_id, "The rating's id")->required();
  AddZone(app, get->time_zone, "that times are printed in");

  CustomersOptions* customers = nullptr;
  app = AddCommand(parent, "customers", "The least happy or the happiest customers",
                   "  rapport ratings customers --scale=CSAT_5 --order=least-happy --last=90d --min-ratings=3\n"
                   "Ranked by the bounds of the interval of the positive share, not by raw means of two ratings.\n",
                   &ListCustomers, command, &customers);
  AddPeriod(app, customers->period, "default 30d");
  app->add_option("--scale", customers->scale, kScales)->required();
  app->add_option("--order", customers->order, "least-happy or happiest")->capture_default_str();
  app->add_option("--filter", customers->filter, "Only ratings with this value, such as plan=pro");
  app->add_option("--min-ratings", customers->min_ratings, "Only customers with at least so many ratings (1)");
  app->add_option("--confidence", customers->confidence, "Confidence of the intervals (0.95)");
  app->add_option("--limit", customers->limit, "Most customers to print; 0 means all")->capture_default_str();

  CustomerOptions* customer = nullptr;
  app = AddCommand(parent, "customer", "What is known of given customers",
                   "  rapport ratings customer C-7 C-8\n"
                   "  rapport ratings customer C-7 --last=90d --output=json\n",
                   &GetCustomers, command, &customer);
  app->add_option("ID", customer->ids, "The customers' ids")->required();
  AddPeriod(app, customer->period, "default all time; whole UTC days");
  app->add_option("--confidence", customer->confidence, "Confidence of the intervals (0.95)");
}

void AddWatch(CLI::App& parent, Command* command) {
  WatchOptions* options = nullptr;
  CLI::App* app =
      AddCommand(parent, "watch", "Print ratings as they come in",
                 "  rapport ratings watch --sentiment=NEGATIVE\n"
                 "  rapport ratings watch --output=json | while read -r rating; do ...; done\n"
                 "Ctrl-C ends it and prints the token for --resume-token, with which a later run misses nothing.\n",
                 &Watch, command, &options);
  AddFilters(app, options->filter);
  app->add_option("--resume-token", options->resume_token, "Where an earlier run stopped; from now on when left out");
  app->add_option("--count", options->count, "End after so many ratings; 0 means never")->capture_default_str();
  AddZone(app, options->time_zone, "that times are printed in");
}

void AddExport(CLI::App& parent, Command* command) {
  ExportOptions* options = nullptr;
  CLI::App* app = AddCommand(
      parent, "export", "Write all ratings of a period",
      "  rapport ratings export --month=2026-10 --output-file=october.csv\n"
      "  rapport ratings export --from=2026-01-01 --format=jsonl | gzip > ratings.jsonl.gz\n"
      "`rapport ratings import` reads the CSV back. Comments that the caller is not meant to read are left out.\n",
      &Export, command, &options);
  AddPeriod(app, options->period, "default 30d");
  AddFilters(app, options->filter);
  app->add_option("--output-file", options->output_file, "Appears when it is complete; standard output when left out");
  app->add_option("--format", options->format, "csv or jsonl")
      ->check(CLI::IsMember({"csv", "jsonl"}))
      ->capture_default_str();
  AddDuration(app, "--retry-delay", options->retry_delay, "First wait for a server that is away; doubles each time");
}

void AddErase(CLI::App& parent, Command* command) {
  EraseOptions* options = nullptr;
  CLI::App* app = AddCommand(parent, "erase", "Erase a customer's ratings, surveys and comments, also from all figures",
                             "  rapport ratings erase C-7\n"
                             "  rapport ratings erase C-7 --yes\n"
                             "Cannot be undone. Asks first on a terminal; in a script it needs --yes.\n",
                             &Erase, command, &options);
  app->add_option("CUSTOMER", options->customer, "The customer's id")->required();
  app->add_flag("--yes", options->yes, "Do not ask");
}

void AddToken(CLI::App& parent, Command* command) {
  TokenOptions* options = nullptr;
  CLI::App* app = AddCommand(
      parent, "new", "Make a token and the credential for the server's credentials file",
      "  rapport token new --name=helpdesk --tenant=acme --roles=ingest\n"
      "  rapport token new --name=mona --tenant=acme --roles=agent --agent-id=mona --add-to=credentials.json\n"
      "Prints the token once: only its hash is stored. --add-to makes the file if need be, for its owner only.\n",
      &NewCredential, command, &options);
  app->add_option("--name", options->name, "What people call it, for logs")->required();
  app->add_option("--tenant", options->tenant, "The tenant whose data it reaches: a-z, 0-9 and -")->required();
  app->add_option("--roles", options->roles, "Of ingest, read, agent and admin, such as ingest,read")
      ->required()
      ->delimiter(',')
      ->allow_extra_args(false);
  app->add_option("--agent-id", options->agent_id, "Whose ratings the role agent covers");
  app->add_option("--lead-of", options->lead_of,
                  "Teams whose comments for leads it reads, such as billing,sales; * for all")
      ->delimiter(',')
      ->allow_extra_args(false);
  app->add_option("--add-to", options->add_to, "Credentials file to add it to");
}

CLI::App* AddGroup(CLI::App& parent, const std::string& name, const std::string& description) {
  CLI::App* group = parent.add_subcommand(name, description);
  group->require_subcommand(1);
  group->fallthrough();
  group->footer("\n`rapport " + name + " COMMAND --help` teaches each with examples.\n");
  return group;
}

void AddCommands(CLI::App& app, Command* command) {
  app.require_subcommand(1);
  app.footer(
      "\nExamples:\n"
      "  rapport ratings query --month=2026-10 --compare\n"
      "  rapport --server=ratings.acme.test:443 --tls --token-file=token ratings list --sentiment=NEGATIVE\n"
      "`rapport GROUP COMMAND --help` teaches each command with examples.\n"
      "Exit codes: 0 done, 1 failed, 2 wrong command line, 3 some rows of an import were rejected.\n");
  CLI::App* ratings = AddGroup(app, "ratings", "Record, ask for and watch what customers say");
  AddRecord(*ratings, command);
  AddRatingsImport(*ratings, command);
  AddQuery(*ratings, command);
  AddBrowsing(*ratings, command);
  AddWatch(*ratings, command);
  AddExport(*ratings, command);
  AddErase(*ratings, command);
  AddSurveysImport(*AddGroup(app, "surveys", "Record whom was asked, for response rates"), command);
  AddToken(*AddGroup(app, "token", "Make credentials"), command);
}

int RunCommand(const Command& command, Session& session) {
  if (ExposesToken(session.connection)) {
    session.environment.err << "rapport: warning: the token goes to " << session.connection.server
                            << " unencrypted; add --tls" << std::endl;
  }
  const absl::StatusOr<int> code = command(session);
  session.environment.out.flush();
  if (code.ok()) return *code;
  session.environment.err << "rapport: " << code.status().message() << std::endl;
  return kFailed;
}

}  // namespace

int Run(const std::vector<std::string>& arguments, Environment& environment) {
  Session session{environment, {}};
  std::string output = "table";
  Command command;
  CLI::App app("Rapport: how your customers are doing, in numbers that can be trusted.", "rapport");
  AddGlobalFlags(app, session, output);
  AddCommands(app, &command);
  try {
    // CLI11 takes them from the back.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return app.exit(error, environment.out, environment.err) == 0 ? kDone : kUsage;
  }
  session.output = output == "json" ? Output::kJson : Output::kTable;
  return RunCommand(command, session);
}

}  // namespace rapport::cli
