#include "services/cli/browse.h"
#include "services/cli/command_line_flags.h"
#include "services/cli/erase.h"
#include "services/cli/export.h"
#include "services/cli/query.h"
#include "services/cli/rating_import.h"
#include "services/cli/record.h"
#include "services/cli/watch.h"

namespace rapport::cli {
namespace {

constexpr const char* kScales = "EMOTICON_3, THUMBS_2, CSAT_5, NPS_11, CES_5 or CES_7";

void AddFilters(CLI::App* app, FilterOptions& filter) {
  app->add_option("--customer", filter.customer, "Only of this customer");
  app->add_option("--scale", filter.scale, std::string("Only on this scale: ") + kScales);
  app->add_option("--sentiment", filter.sentiment, "Only POSITIVE, NEUTRAL or NEGATIVE ones");
  app->add_option("--conversation", filter.conversation, "Only about this conversation");
  app->add_flag("--with-comment", filter.with_comment, "Only with a comment");
  AddRepeatable(app, "--filter", filter.dimensions, "Only with this value, such as channel=EMAIL or team=billing");
}

void AddRecord(CLI::App& parent, Parsed* parsed) {
  RecordOptions* options = nullptr;
  CLI::App* app = AddCommand(
      parent, "record", "Record one rating",
      "  rapport ratings record --rating-id=T-1 --customer=C-7 --scale=CSAT_5 --score=4\n"
      "  rapport ratings record --rating-id=T-2 --customer=C-7 --scale=EMOTICON_3 --score=HAPPY --wow \\\n"
      "      --agent=mona --channel=EMAIL --label=plan=pro --comment='Thank you!' --occurred-at=2026-10-31T14:05:00Z\n"
      "Prints created, replaced, superseded or duplicate: recording the same rating again changes nothing.\n"
      "--agent after `record` is the agent credited.\n",
      &Record, parsed, &options);
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

constexpr const char* kImportResult =
    "Prints how many rows were read, created, replaced, superseded (older than what counts), duplicate, not rated (a\n"
    "blank score) and rejected, with reasons. Can be run again at any time: what is known already is a duplicate.\n"
    "Exit code: 0 all rows fine, 3 some rejected, 1 stopped by an error, 2 wrong flags.\n";

void AddRatingsImport(CLI::App& parent, Parsed* parsed) {
  RatingImportOptions* options = nullptr;
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
      &ImportRatings, parsed, &options);
  app->add_option("--scale", options->scale, kScales)->required();
  AddImportFlags(app, options,
                 "rating_id, customer_id, score, occurred_at (required), agent_id, channel, comment, conversation_id, "
                 "revision, wow, label.KEY");
  AddRepeatable(app, "--scores", options->scores, "THEIRS=OURS,...: the file's words for scores");
  app->add_option("--comment-visibility", options->comment_visibility, "AGENT_ONLY (default), AGENT_AND_LEAD or ALL");
  AddWindow(app, options);
}

void AddSurveysImport(CLI::App& parent, Parsed* parsed) {
  RatingImportOptions* options = nullptr;
  CLI::App* app = AddCommand(
      parent, "import", "Record the surveys of a CSV file of any size, for response rates",
      std::string("  rapport surveys import sent.csv --scale=NPS_11 --set=status=DELIVERED \\\n"
                  "      --map=survey_id=id,customer_id=account,occurred_at=sent_at\n"
                  "  rapport surveys import events.csv --scale=CSAT_5 --statuses=opened=DELIVERED,closed=DISMISSED \\\n"
                  "      --map=survey_id=id,customer_id=account,occurred_at=time,status=event\n") +
          kImportResult,
      &ImportSurveys, parsed, &options);
  app->add_option("--scale", options->scale, kScales)->required();
  AddImportFlags(app, options,
                 "survey_id, customer_id, status, occurred_at (required), agent_id, channel, conversation_id, "
                 "label.KEY");
  AddRepeatable(app, "--statuses", options->statuses,
                "THEIRS=OURS,...: the file's words for OFFERED, DELIVERED and DISMISSED");
}

void AddQuery(CLI::App& parent, Parsed* parsed) {
  QueryOptions* options = nullptr;
  CLI::App* app = AddCommand(
      parent, "query", "Figures by time, group and scale, with intervals",
      "  rapport ratings query --month=2026-10 --compare\n"
      "  rapport ratings query --last=12w --bucket=week --group-by=team --time-zone=Europe/Berlin\n"
      "  rapport ratings query --from=2026-10-01 --to=2026-11-01 --scale=NPS_11 --filter=channel=EMAIL --customers\n"
      "An arrow marks a change only when it is significant. Small groups are withheld, so that no rater is unmasked.\n",
      &Query, parsed, &options);
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

void AddBrowsing(CLI::App& parent, Parsed* parsed) {
  ListOptions* list = nullptr;
  CLI::App* app = AddCommand(parent, "list", "Ratings, newest first",
                             "  rapport ratings list --last=7d --sentiment=NEGATIVE\n"
                             "  rapport ratings list --month=2026-10 --filter=agent=mona --limit=0 --output=json\n",
                             &List, parsed, &list);
  AddPeriod(app, list->period, "default 30d");
  AddFilters(app, list->filter);
  app->add_option("--limit", list->limit, "Most ratings to print; 0 means all")->capture_default_str();

  GetOptions* get = nullptr;
  app = AddCommand(parent, "get", "One rating with its history", "  rapport ratings get T-1\n", &Get, parsed, &get);
  app->add_option("ID", get->rating_id, "The rating's id")->required();
  AddZone(app, get->time_zone, "that times are printed in");

  CustomersOptions* customers = nullptr;
  app = AddCommand(parent, "customers", "The least happy or the happiest customers",
                   "  rapport ratings customers --scale=CSAT_5 --order=least-happy --last=90d --min-ratings=3\n"
                   "Ranked by the bounds of the interval of the positive share, not by raw means of two ratings.\n",
                   &ListCustomers, parsed, &customers);
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
                   &GetCustomers, parsed, &customer);
  app->add_option("ID", customer->ids, "The customers' ids")->required();
  AddPeriod(app, customer->period, "default all time; whole UTC days");
  app->add_option("--confidence", customer->confidence, "Confidence of the intervals (0.95)");
}

void AddWatch(CLI::App& parent, Parsed* parsed) {
  WatchOptions* options = nullptr;
  CLI::App* app =
      AddCommand(parent, "watch", "Print ratings as they come in",
                 "  rapport ratings watch --sentiment=NEGATIVE\n"
                 "  rapport ratings watch --output=json | while read -r rating; do ...; done\n"
                 "Ctrl-C ends it and prints the token for --resume-token, with which a later run misses nothing.\n",
                 &Watch, parsed, &options);
  AddFilters(app, options->filter);
  app->add_option("--resume-token", options->resume_token, "Where an earlier run stopped; from now on when left out");
  app->add_option("--count", options->count, "End after so many ratings; 0 means never")->capture_default_str();
  AddZone(app, options->time_zone, "that times are printed in");
}

void AddExport(CLI::App& parent, Parsed* parsed) {
  ExportOptions* options = nullptr;
  CLI::App* app = AddCommand(
      parent, "export", "Write all ratings of a period",
      "  rapport ratings export --month=2026-10 --output-file=october.csv\n"
      "  rapport ratings export --from=2026-01-01 --format=jsonl | gzip > ratings.jsonl.gz\n"
      "`rapport ratings import` reads the CSV back. Comments that the caller is not meant to read are left out.\n",
      &Export, parsed, &options);
  AddPeriod(app, options->period, "default 30d");
  AddFilters(app, options->filter);
  AddExportFlags(app, options);
}

void AddErase(CLI::App& parent, Parsed* parsed) {
  EraseOptions* options = nullptr;
  CLI::App* app = AddCommand(parent, "erase", "Erase a customer's ratings, surveys and comments, also from all figures",
                             "  rapport ratings erase C-7\n"
                             "  rapport ratings erase C-7 --yes\n"
                             "Cannot be undone. Asks first on a terminal; in a script it needs --yes.\n",
                             &Erase, parsed, &options);
  app->add_option("CUSTOMER", options->customer, "The customer's id")->required();
  app->add_flag("--yes", options->yes, "Do not ask");
}

}  // namespace

void AddRatings(CLI::App& app, Parsed* parsed) {
  CLI::App* ratings =
      AddGroup(app, "ratings", "Record, ask for and watch what customers say", &kRatingsAddress, parsed);
  AddRecord(*ratings, parsed);
  AddRatingsImport(*ratings, parsed);
  AddQuery(*ratings, parsed);
  AddBrowsing(*ratings, parsed);
  AddWatch(*ratings, parsed);
  AddExport(*ratings, parsed);
  AddErase(*ratings, parsed);
  CLI::App* surveys = AddGroup(app, "surveys", "Record whom was asked, for response rates", &kRatingsAddress, parsed);
  AddSurveysImport(*surveys, parsed);
}

}  // namespace rapport::cli
