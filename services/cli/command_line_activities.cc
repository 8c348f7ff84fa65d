#include "services/cli/activities.h"
#include "services/cli/command_line_flags.h"

namespace rapport::cli {
namespace {

constexpr const char* kKinds =
    "SIGNED_UP, CONVERTED, PLAN_CHANGED, RENEWED, CANCELLED, RETURNED, INVOICED, INVOICE_PAID, PURCHASED, USED, "
    "LOGGED_IN, FEATURE_USED, OWNER_ASSIGNED, ATTRIBUTES_SET, INTEREST_SHOWN or CONCERN_VOICED";

void AddImport(CLI::App& parent, Parsed* parsed) {
  ActivityImportOptions* options = nullptr;
  CLI::App* app = AddCommand(
      parent, "import", "Record the activities of a CSV file or of JSON lines, of any size",
      "  rapport activities import accounts.csv --set=kind=SIGNED_UP --time-format=%d-%m-%Y \\\n"
      "      --map=customer_id=account_id,occurred_at=signup_date,plan=plan_tier,attribute.country=country\n"
      "  rapport activities import billing.csv --map=kind=event,customer_id=account,occurred_at=at,plan=plan \\\n"
      "      --map=revenue=yearly_price --revenue-per=year --set=currency=EUR \\\n"
      "      --kinds='start=CONVERTED,upgrade=PLAN_CHANGED,stop=CANCELLED,*=-' --rejects=rejected.csv\n"
      "  rapport activities import events.jsonl --format=jsonl --set=kind=FEATURE_USED \\\n"
      "      --map=activity_id=id,customer_id=user.account,occurred_at=ts,feature=name,quantity=n --time-format=unix\n"
      "Fields that the kind of a row does not have are not read. Amounts are written as 49.90. Without a column for\n"
      "activity_id the id is made of what the row says: rows that say the same are the same activity. Attributes "
      "beside\n"
      "another kind are recorded as an activity of their own. In --kinds, - ignores rows and * is any other word.\n"
      "Prints how many rows were read, created, replaced, superseded, duplicate, ignored and rejected, with reasons.\n"
      "Can be run again at any time: what is known already is a duplicate.\n"
      "Exit code: 0 all rows fine, 3 some rejected, 1 stopped by an error, 2 wrong flags.\n",
      &ImportActivities, parsed, &options);
  AddImportFlags(app, options,
                 "customer_id, kind, occurred_at (required), activity_id, revision, deleted, plan, revenue (a month's, "
                 "recurring), currency, amount, invoice_id, due_at, effective_at, reason, feature, quantity, topic, "
                 "owner_id, attribute.KEY. FIELD=A+B joins columns");
  AddWindow(app, options);
  AddRepeatable(app, "--kinds", options->kinds,
                std::string("THEIRS=OURS,...: the file's words for kinds, ours when left out: ") + kKinds);
  app->add_option("--revenue-per", options->revenue_per,
                  "What `revenue` is for: month, or year, of which a month is "
                  "a twelfth")
      ->check(CLI::IsMember({"month", "year"}))
      ->capture_default_str();
  app->add_option("--blank", options->blank, "Values of the file that mean none, such as ?")
      ->delimiter(',')
      ->allow_extra_args(false);
}

void AddRecord(CLI::App& parent, Parsed* parsed) {
  RecordActivityOptions* options = nullptr;
  CLI::App* app = AddCommand(
      parent, "record", "Record one activity",
      "  rapport activities record CONVERTED --customer=C-7 --plan=pro --revenue=49.90 --currency=EUR\n"
      "  rapport activities record CANCELLED --customer=C-7 --effective-at=2026-12-31 --reason=pricing\n"
      "  rapport activities record CONCERN_VOICED --customer=C-7 --topic=churn\n"
      "  rapport activities record ATTRIBUTES_SET --customer=C-7 --attribute=country=DE --attribute=industry=retail\n"
      "Prints what the activity did and its id. The same again changes nothing; a larger --revision takes the place "
      "of\n"
      "a smaller one, and --deleted takes an activity out.\n",
      &RecordActivity, parsed, &options);
  app->add_option("KIND", options->kind, kKinds)->required();
  app->add_option("--customer", options->customer, "Who did it")->required();
  app->add_option("--occurred-at", options->occurred_at, "When: a date or time; now when left out");
  app->add_option("--activity-id", options->activity_id, "Your id of it; made of what it says when left out");
  app->add_option("--revision", options->revision, "The larger takes the place of the smaller");
  app->add_flag("--deleted", options->deleted, "It did not happen");
  app->add_option("--plan", options->plan, "The plan");
  app->add_option("--revenue", options->revenue, "Recurring revenue of a month, such as 49.90");
  app->add_option("--currency", options->currency, "Of --revenue or --amount, such as EUR");
  app->add_option("--amount", options->amount, "Of an invoice or a purchase, such as 49.90");
  app->add_option("--invoice-id", options->invoice_id, "Which invoice");
  app->add_option("--due-at", options->due_at, "When an invoice is due");
  app->add_option("--effective-at", options->effective_at, "When a cancellation takes effect; at once when left out");
  app->add_option("--reason", options->reason, "Why somebody cancelled");
  app->add_option("--feature", options->feature, "Which feature was used");
  app->add_option("--quantity", options->quantity, "How much was used (1)");
  app->add_option("--topic", options->topic, "Of an interest or a concern, such as white-papers");
  app->add_option("--owner-id", options->owner_id, "Who looks after the customer from now on");
  AddRepeatable(app, "--attribute", options->attributes, "KEY=VALUE");
  AddZone(app, options->time_zone, "of times without an offset");
}

}  // namespace

void AddActivities(CLI::App& app, Parsed* parsed) {
  CLI::App* activities = AddGroup(app, "activities", "Record what customers do, pay and say", &kChurnAddress, parsed);
  AddImport(*activities, parsed);
  AddRecord(*activities, parsed);
}

}  // namespace rapport::cli
