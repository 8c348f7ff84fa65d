#include "services/cli/churn_customers.h"
#include "services/cli/churn_queries.h"
#include "services/cli/churn_scores.h"
#include "services/cli/command_line_flags.h"

namespace rapport::cli {
namespace {

void AddScore(CLI::App& parent, Parsed* parsed) {
  ScoreOptions* score = nullptr;
  CLI::App* app =
      AddCommand(parent, "score", "How likely customers are to leave",
                 "  rapport churn score C-7 C-8                                # these customers\n"
                 "  rapport churn score --output-file=scores.csv               # all active customers, as last scored\n"
                 "  rapport churn score telco.csv --id=customerID --model=3f2a9c01 --output-file=scores.csv\n"
                 "  rapport churn score rows.csv --id=- --format=jsonl         # rows without a name are numbered\n"
                 "With --id the argument is a CSV file with the columns that the model takes.\n",
                 &Score, parsed, &score);
  app->add_option("CUSTOMER", score->ids, "Customers, or a FILE with --id; all active customers when left out");
  app->add_option("--id", score->id, "The column that names the rows of FILE; - numbers them");
  app->add_option("--delimiter", score->delimiter, "What stands between columns of FILE")->capture_default_str();
  app->add_option("--model", score->model, "Score FILE with this version; the active one when left out");
  app->add_flag("--rescore", score->rescore, "Score everyone anew");
  app->add_flag("--no-reasons", score->no_reasons, "Leave the reasons out, which is faster");
  AddExportFlags(app, score);
  AddZone(app, score->time_zone, "that times are printed in");

  ExplainOptions* explain = nullptr;
  app = AddCommand(parent, "explain", "Why a customer has the score",
                   "  rapport churn explain C-7\n"
                   "Each reason with what it adds; together with what an average customer has they are the score.\n",
                   &Explain, parsed, &explain);
  app->add_option("CUSTOMER", explain->customer, "Who")->required();
  app->add_option("--max-reasons", explain->max_reasons, "Sum up the weaker ones; 0 shows all")->capture_default_str();
  AddZone(app, explain->time_zone, "that times are printed in");
}

void AddRisk(CLI::App& parent, Parsed* parsed) {
  AtRiskOptions* at_risk = nullptr;
  CLI::App* app = AddCommand(parent, "at-risk", "Customers at the greatest risk first, and why",
                             "  rapport churn at-risk --band=RED --owner=mona\n"
                             "  rapport churn at-risk --owner=- --limit=0 --output=json\n",
                             &ListAtRisk, parsed, &at_risk);
  app->add_option("--band", at_risk->band, "Only RED, YELLOW or GREEN");
  app->add_option("--owner", at_risk->owner, "Only looked after by this person; - for nobody");
  app->add_option("--limit", at_risk->limit, "Most customers to print; 0 means all")->capture_default_str();
  AddZone(app, at_risk->time_zone, "that times are printed in");

  WatchRiskOptions* watch = nullptr;
  app = AddCommand(parent, "watch", "Print customers whose band changes, with reasons",
                   "  rapport churn watch --band=RED\n"
                   "  rapport churn watch --output=json | while read -r change; do ...; done\n"
                   "Ctrl-C ends it and prints the token for --resume-token, with which a later run misses nothing.\n",
                   &WatchRisk, parsed, &watch);
  app->add_option("--band", watch->bands, "Only changes into RED, YELLOW or GREEN, or several")
      ->delimiter(',')
      ->allow_extra_args(false);
  app->add_option("--resume-token", watch->resume_token, "Where an earlier run stopped; from now on when left out");
  app->add_option("--count", watch->count, "End after so many; 0 means never")->capture_default_str();
  AddZone(app, watch->time_zone, "that times are printed in");

  SweepOptions* sweep = nullptr;
  AddCommand(parent, "sweep", "Score everyone now, or once the sweep under way has ended", "  rapport churn sweep\n",
             &Sweep, parsed, &sweep);
}

void AddHealthRules(CLI::App& parent, Parsed* parsed) {
  CLI::App* group = parent.add_subcommand("health-rules", "What the health score is made of");
  group->require_subcommand(1);
  group->fallthrough();
  HealthRulesOptions* get = nullptr;
  AddCommand(*group, "get", "The rules as JSON", "  rapport churn health-rules get > rules.json\n", &GetHealthRules,
             parsed, &get);
  HealthRulesOptions* set = nullptr;
  CLI::App* app =
      AddCommand(*group, "set", "Change the rules",
                 "  rapport churn health-rules get > rules.json  # edit it, then:\n"
                 "  rapport churn health-rules set rules.json\n"
                 "  {\"signals\": [{\"name\": \"days_since_use\", \"description\": \"days since the last use\",\n"
                 "                \"weight\": 2, \"worst\": 60, \"best\": 0}]}\n"
                 "Each signal is a numeric or boolean feature; `rapport churn features` lists them.\n",
                 &SetHealthRules, parsed, &set);
  app->add_option("FILE", set->file, "JSON, in the protobuf mapping; - reads standard input")->required();
  HealthRulesOptions* reset = nullptr;
  AddCommand(*group, "reset", "Back to the default rules", "  rapport churn health-rules reset\n", &ResetHealthRules,
             parsed, &reset);
}

void AddCustomers(CLI::App& parent, Parsed* parsed) {
  SearchOptions* search = nullptr;
  CLI::App* app = AddCommand(
      parent, "search", "Customers that match a filter",
      "  rapport churn search 'interest:white-papers AND concern:churn within 30d AND NOT band = GREEN'\n"
      "  rapport churn search 'active = true AND plan = pro AND last_active > 14d' --limit=0 --output=json\n"
      "Fields: customer_id, active, plan, owner, band, probability, health, revenue (a month's, in minor units),\n"
      "currency, tenure_days, last_active, signed_up, converted, lost, attribute.KEY, interest, concern.\n",
      &SearchCustomers, parsed, &search);
  app->add_option("FILTER", search->filter, "In the language of AIP-160; all customers when left out");
  app->add_option("--limit", search->limit, "Most customers to print; 0 means all")->capture_default_str();

  ShowCustomerOptions* customer = nullptr;
  app = AddCommand(parent, "customer", "What is known of a customer, with the timeline",
                   "  rapport churn customer C-7\n"
                   "  rapport churn customer C-7 --as-of=2026-07-01\n",
                   &ShowCustomer, parsed, &customer);
  app->add_option("CUSTOMER", customer->customer, "Who")->required();
  app->add_option("--as-of", customer->as_of,
                  "A date or time, as if nothing later had been recorded; now when left out");
  AddZone(app, customer->time_zone, "of --as-of and of times printed");

  FeaturesOptions* features = nullptr;
  app = AddCommand(parent, "features", "What models and health scores know of customers",
                   "  rapport churn features           # the features and what they say\n"
                   "  rapport churn features C-7 --as-of=2026-07-01\n",
                   &ShowFeatures, parsed, &features);
  app->add_option("CUSTOMER", features->customers, "Who, up to 1,000; the features themselves when left out");
  app->add_option("--as-of", features->as_of, "A date or time; now when left out");
  AddZone(app, features->time_zone, "of --as-of and of times printed");

  EraseOptions* erase = nullptr;
  app = AddCommand(parent, "erase", "Erase a customer's activities and scores for good",
                   "  rapport churn erase C-7\n"
                   "Asks on a terminal; elsewhere only with --yes.\n",
                   &EraseActivities, parsed, &erase);
  app->add_option("CUSTOMER", erase->customer, "The customer's id")->required();
  app->add_flag("--yes", erase->yes, "Do not ask");
}

template <class Options>
void AddGrouping(CLI::App* app, Options* options) {
  app->add_option("--by", options->group_by, "plan, owner, currency, or an attribute such as country");
  app->add_option("--filter", options->filter, "Such as 'plan = pro AND attribute.country = DE'");
  app->add_option("--max-groups", options->max_groups, "The largest so many groups; the rest is __other__ (50)");
  app->add_option("--confidence", options->confidence, "Confidence of the intervals (0.95)");
}

void AddFigures(CLI::App& parent, Parsed* parsed) {
  ChurnQueryOptions* query = nullptr;
  CLI::App* app = AddCommand(parent, "query", "How many customers were lost, and how much revenue",
                             "  rapport churn query --month=2026-10 --compare\n"
                             "  rapport churn query --last=52w --bucket=month --by=plan\n"
                             "Customers lost over those active at the start; revenue in each currency by itself.\n",
                             &QueryChurn, parsed, &query);
  AddPeriod(app, query->period, "default 30d");
  app->add_option("--bucket", query->bucket, "HOUR, DAY, WEEK, MONTH or ALL")->capture_default_str();
  AddGrouping(app, query);
  app->add_flag("--compare", query->compare, "Compare with the period before");

  RetentionOptions* retention = nullptr;
  app = AddCommand(parent, "retention", "How long customers stay",
                   "  rapport churn retention --last=104w --by=plan\n"
                   "  rapport churn retention --from=2026-01-01 --cohorts --months=1,2,3,6\n"
                   "Kaplan-Meier: customers who are still there count for as long as they were observed.\n",
                   &QueryRetention, parsed, &retention);
  AddPeriod(app, retention->period, "when customers began; default 30d");
  AddGrouping(app, retention);
  app->add_flag("--cohorts", retention->by_cohort, "One row for each month of start");
  app->add_option("--months", retention->months, "After how many months to tell who is left (1,3,6,12)")
      ->delimiter(',')
      ->allow_extra_args(false);

  ConversionOptions* conversion = nullptr;
  app = AddCommand(parent, "conversion", "How many of those who signed up came to pay",
                   "  rapport churn conversion --last=104w --bucket=month\n"
                   "  rapport churn conversion --from=2025-01-01 --within=1,3,6 --by=country\n"
                   "Within fixed windows: those who signed up too late for a window to have passed are left out.\n",
                   &QueryConversion, parsed, &conversion);
  AddPeriod(app, conversion->period, "when customers signed up; default 30d");
  app->add_option("--bucket", conversion->bucket, "HOUR, DAY, WEEK, MONTH or ALL")->capture_default_str();
  AddGrouping(app, conversion);
  app->add_option("--within", conversion->within, "Windows, in months (6,12)")->delimiter(',')->allow_extra_args(false);
  app->add_flag("--compare", conversion->compare, "Compare each bucket with the one before");
}

void AddReports(CLI::App& parent, Parsed* parsed) {
  ReportOptions* report = nullptr;
  CLI::App* app = AddCommand(
      parent, "report", "The monthly churn report",
      "  rapport churn report --month=2026-10\n"
      "  rapport churn report --last=90d --output=json\n"
      "Customers and revenue lost beside the period before; retention and conversion of those who began in the two\n"
      "years before the end of the period; active customers by band, and those at the greatest risk, as of now.\n",
      &Report, parsed, &report);
  AddPeriod(app, report->period, "default 30d");
  app->add_option("--top", report->top, "How many customers at risk to name")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  app->add_option("--confidence", report->confidence, "Confidence of the intervals (0.95)");

  ForecastOptions* forecast = nullptr;
  app = AddCommand(parent, "forecast", "What customers without contract are expected to buy (BG/NBD)",
                   "  rapport churn forecast --horizon=90d --limit=50\n"
                   "  rapport churn forecast C-7\n",
                   &ForecastPurchases, parsed, &forecast);
  app->add_option("CUSTOMER", forecast->customer, "Only this one");
  app->add_option("--horizon", forecast->horizon, "How far ahead")->capture_default_str();
  app->add_option("--as-of", forecast->as_of, "Learn from the days before this date (UTC); today when left out");
  app->add_option("--limit", forecast->limit, "Most customers to print; 0 means all")->capture_default_str();
}

}  // namespace

void AddChurn(CLI::App& app, Parsed* parsed) {
  CLI::App* churn = AddGroup(app, "churn", "See who is about to leave, why, and how many did", &kChurnAddress, parsed);
  AddReports(*churn, parsed);
  AddFigures(*churn, parsed);
  AddRisk(*churn, parsed);
  AddScore(*churn, parsed);
  AddHealthRules(*churn, parsed);
  AddCustomers(*churn, parsed);
  AddChurnModels(*churn, parsed);
}

}  // namespace rapport::cli
