#include "services/cli/activities.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/cli/activity_rows.h"
#include "services/cli/activity_sender.h"
#include "services/cli/churn_call.h"
#include "services/cli/enum_names.h"
#include "services/cli/json.h"
#include "services/cli/period.h"

namespace rapport::cli {
namespace {

using churn::v1::Activity;

absl::StatusOr<ActivityRules> MakeRules(const ActivityImportOptions& options) {
  ActivityRules rules;
  if (absl::Status status = SetRules(options, &rules); !status.ok()) return status;
  const absl::StatusOr<Words> kinds = ReadWords("--kinds", options.kinds);
  if (!kinds.ok()) return kinds.status();
  absl::StatusOr<KindMapping> mapping = MakeKindMapping(*kinds);
  if (!mapping.ok()) return mapping.status();
  rules.kinds = *std::move(mapping);
  rules.blanks = options.blank;
  rules.revenue_months = options.revenue_per == "year" ? 12 : 1;
  return rules;
}

bool MapsAttributes(const ActivityImportOptions& options) {
  const auto any = [](const std::vector<std::string>& values) {
    return std::any_of(values.begin(), values.end(),
                       [](const std::string& value) { return absl::StrContains(value, "attribute."); });
  };
  return any(options.map) || any(options.set);
}

// The fields that flags gave, as the constants of a row.
absl::StatusOr<Pairs> Constants(const RecordActivityOptions& options) {
  Pairs constants = {{"kind", options.kind},
                     {"customer_id", options.customer},
                     {"activity_id", options.activity_id},
                     {"revision", options.revision},
                     {"deleted", options.deleted ? "true" : ""},
                     {"plan", options.plan},
                     {"revenue", options.revenue},
                     {"currency", options.currency},
                     {"amount", options.amount},
                     {"invoice_id", options.invoice_id},
                     {"reason", options.reason},
                     {"feature", options.feature},
                     {"quantity", options.quantity},
                     {"topic", options.topic},
                     {"owner_id", options.owner_id}};
  const absl::StatusOr<Pairs> attributes = ParsePairs("--attribute", options.attributes);
  if (!attributes.ok()) return attributes.status();
  for (const auto& [key, value] : *attributes) constants.emplace_back(absl::StrCat("attribute.", key), value);
  return constants;
}

// A date or a time as a row's rules read it.
absl::Status AddMoment(const char* flag, const char* field, const std::string& text, absl::TimeZone zone,
                       Pairs* constants) {
  if (text.empty()) return absl::OkStatus();
  const absl::StatusOr<absl::Time> time = ParseMoment(flag, text, zone);
  if (time.ok()) constants->emplace_back(field, absl::FormatTime(absl::RFC3339_full, *time, absl::UTCTimeZone()));
  return time.status();
}

absl::StatusOr<RowEvents<Activity>> MakeActivities(const RecordActivityOptions& options, absl::Time now) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  absl::StatusOr<Pairs> constants = Constants(options);
  if (!constants.ok()) return constants.status();
  const std::string occurred_at = options.occurred_at.empty()
                                      ? absl::FormatTime(absl::RFC3339_full, now, absl::UTCTimeZone())
                                      : options.occurred_at;
  absl::Status status = AddMoment("--occurred-at", "occurred_at", occurred_at, *zone, &*constants);
  status.Update(AddMoment("--due-at", "due_at", options.due_at, *zone, &*constants));
  status.Update(AddMoment("--effective-at", "effective_at", options.effective_at, *zone, &*constants));
  if (!status.ok()) return status;
  const auto sources = ResolveMapping({}, *constants, kActivityFields, {});
  if (!sources.ok()) return sources.status();
  ActivityRules rules;
  absl::StatusOr<KindMapping> kinds = MakeKindMapping({});
  if (!kinds.ok()) return kinds.status();
  rules.kinds = *std::move(kinds);
  return ToActivity(rules, *sources, {});
}

}  // namespace

absl::StatusOr<int> ImportActivities(Session& session, const ActivityImportOptions& options) {
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  const absl::StatusOr<ActivityRules> rules = MakeRules(options);
  if (!rules.ok()) return rules.status();
  RowKind<Activity> kind;
  kind.fields = kActivityFields;
  kind.convert = [&](const auto& sources, const auto& row) { return ToActivity(*rules, sources, row); };
  kind.words = {.skipped = "ignored", .implied = MapsAttributes(options) ? "attributes" : ""};
  return ImportFile(session, options, kind, [&](RetryPolicy retry, OnResult on_result) {
    return MakeActivitySender(*connection, std::move(retry), options.window, std::move(on_result));
  });
}

absl::StatusOr<int> RecordActivity(Session& session, const RecordActivityOptions& options) {
  absl::StatusOr<RowEvents<Activity>> events = MakeActivities(options, session.environment.now());
  if (!events.ok()) return events.status();
  churn::v1::RecordActivitiesRequest request;
  *request.add_activities() = *std::move(events->event);
  if (events->implied.has_value()) *request.add_activities() = *std::move(events->implied);
  const auto response = Call(session, &ChurnStub::RecordActivities, request);
  if (!response.ok()) return response.status();
  if (session.json()) session.environment.out << JsonLine(*response) << "\n";
  for (int i = 0; i < response->results_size(); ++i) {
    const churn::v1::ActivityResult& result = response->results(i);
    if (result.status().code() != 0) {
      return absl::Status(static_cast<absl::StatusCode>(result.status().code()), result.status().message());
    }
    if (session.json()) continue;
    session.environment.out << absl::AsciiStrToLower(ShortName(result.outcome())) << "  "
                            << request.activities(i).activity_id() << "\n";
  }
  return kDone;
}

}  // namespace rapport::cli
