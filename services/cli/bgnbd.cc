#include "services/cli/bgnbd.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "services/churn/core/bg_nbd.h"
#include "services/cli/json.h"
#include "services/cli/period.h"
#include "services/cli/text.h"
#include "services/cli/time_parsing.h"

namespace rapport::cli {
namespace {

using churn::PurchaseHistory;

// The days on which each customer bought, each once.
using PurchaseDays = std::map<std::string, std::set<absl::CivilDay>>;

// How purchases after the observation compare with what was expected.
struct HoldOut {
  int64_t days = 0;
  double expected = 0;
  int64_t actual = 0;
};

struct Observation {
  std::vector<PurchaseHistory> histories;
  // Of each history, purchases after the observation.
  std::vector<int64_t> later;
  absl::CivilDay end;
  absl::CivilDay last_day;
};

absl::StatusOr<absl::CivilDay> ParseDay(absl::string_view what, absl::string_view text, const TimeParser& parser) {
  const absl::StatusOr<absl::Time> time = parser.Parse(text);
  if (!time.ok()) return absl::InvalidArgumentError(absl::StrCat(what, ": ", time.status().message()));
  return absl::ToCivilDay(*time, absl::UTCTimeZone());
}

absl::StatusOr<PurchaseDays> ReadPurchases(const churn::TextTable& table, const FitPurchasesOptions& options) {
  const absl::StatusOr<const churn::TextColumn*> customers = FindColumn("--customer", options.customer, table);
  if (!customers.ok()) return customers.status();
  const absl::StatusOr<const churn::TextColumn*> dates = FindColumn("--date", options.date, table);
  if (!dates.ok()) return dates.status();
  const TimeParser parser(options.time_format, absl::UTCTimeZone());
  PurchaseDays purchases;
  for (size_t row = 0; row < (*dates)->values.size(); ++row) {
    const absl::StatusOr<absl::CivilDay> day = ParseDay(absl::StrCat("row ", row + 1), (*dates)->values[row], parser);
    if (!day.ok()) return day.status();
    purchases[(*customers)->values[row]].insert(*day);
  }
  if (purchases.empty()) return absl::InvalidArgumentError(absl::StrCat(options.file, ": there are no purchases"));
  return purchases;
}

absl::StatusOr<Observation> Observe(const PurchaseDays& purchases, const FitPurchasesOptions& options) {
  Observation observation;
  observation.last_day = *purchases.begin()->second.rbegin();
  for (const auto& [customer, days] : purchases) {
    observation.last_day = std::max(observation.last_day, *days.rbegin());
  }
  observation.end = observation.last_day;
  if (!options.until.empty()) {
    const absl::StatusOr<absl::Time> until = ParseMoment("--until", options.until, absl::UTCTimeZone());
    if (!until.ok()) return until.status();
    observation.end = absl::ToCivilDay(*until, absl::UTCTimeZone());
  }
  const double unit = options.unit == "week" ? 7 : 1;
  for (const auto& [customer, days] : purchases) {
    std::optional<PurchaseHistory> history = churn::HistoryOf({days.begin(), days.end()}, observation.end);
    if (!history.has_value()) continue;
    history->recency /= unit;
    history->age /= unit;
    observation.histories.push_back(*history);
    observation.later.push_back(std::distance(days.upper_bound(observation.end), days.end()));
  }
  return observation;
}

// What the model expects from the end of the observation to the last purchase of the file.
std::optional<HoldOut> Check(const churn::v1::PurchaseModel& model, const Observation& observation, double unit) {
  if (observation.last_day <= observation.end) return std::nullopt;
  HoldOut held_out;
  held_out.days = observation.last_day - observation.end;
  for (size_t i = 0; i < observation.histories.size(); ++i) {
    held_out.expected += churn::Forecast(model, observation.histories[i], static_cast<double>(held_out.days) / unit)
                             .expected_purchases();
    held_out.actual += observation.later[i];
  }
  return held_out;
}

absl::StatusOr<double> ReadNumber(absl::string_view column, size_t row, absl::string_view text) {
  double number = 0;
  if (absl::SimpleAtod(text, &number)) return number;
  return absl::InvalidArgumentError(absl::StrCat("row ", row + 1, ": ", column, " '", text, "' is not a number"));
}

absl::StatusOr<std::vector<PurchaseHistory>> ReadHistories(const churn::TextTable& table,
                                                           const FitPurchasesOptions& options) {
  const std::pair<const char*, const std::string&> flags[] = {
      {"--repeats", options.repeats}, {"--recency", options.recency}, {"--age", options.age}};
  std::vector<const churn::TextColumn*> columns;
  for (const auto& [flag, name] : flags) {
    const absl::StatusOr<const churn::TextColumn*> column = FindColumn(flag, name, table);
    if (!column.ok()) return column.status();
    columns.push_back(*column);
  }
  std::vector<PurchaseHistory> histories;
  for (size_t row = 0; row < columns[0]->values.size(); ++row) {
    double numbers[3] = {};
    for (size_t i = 0; i < columns.size(); ++i) {
      const absl::StatusOr<double> number = ReadNumber(columns[i]->name, row, columns[i]->values[row]);
      if (!number.ok()) return number.status();
      numbers[i] = *number;
    }
    PurchaseHistory history{static_cast<int64_t>(numbers[0]), numbers[1], numbers[2]};
    if (absl::Status status = churn::ValidateHistory(history); !status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("row ", row + 1, ": ", status.message()));
    }
    histories.push_back(history);
  }
  return histories;
}

void Print(Session& session, const churn::v1::PurchaseModel& model, const std::optional<HoldOut>& held_out,
           const std::string& unit) {
  std::ostream& out = session.environment.out;
  if (session.json()) {
    out << JsonLine(model) << "\n";
    return;
  }
  out << absl::StrFormat("r               %.4f\nalpha           %.4f\na               %.4f\nb               %.4f\n",
                         model.r(), model.alpha(), model.a(), model.b());
  out << absl::StrFormat("log-likelihood  %.2f\n", model.log_likelihood());
  out << "customers       " << Grouped(model.customer_count()) << "\n";
  if (!unit.empty()) out << "unit            " << unit << "\n";
  if (model.at_bound()) out << "A parameter stands at the edge of what was searched: the data leave it open.\n";
  if (held_out.has_value()) {
    out << absl::StrFormat("held out        %.0f purchases expected in the %d days after, %s made\n",
                           held_out->expected, held_out->days, Grouped(held_out->actual));
  }
}

}  // namespace

absl::StatusOr<int> FitPurchases(Session& session, const FitPurchasesOptions& options) {
  const bool of_purchases = !options.customer.empty() && !options.date.empty();
  const bool of_customers = !options.repeats.empty() && !options.recency.empty() && !options.age.empty();
  if (of_purchases == of_customers) {
    return absl::InvalidArgumentError(
        "name the columns: --customer and --date of a file of purchases, or --repeats, --recency and --age of a file "
        "of customers");
  }
  const absl::StatusOr<churn::TextTable> table = ReadTextTable(session.environment, options);
  if (!table.ok()) return table.status();
  Observation observation;
  if (of_purchases) {
    const absl::StatusOr<PurchaseDays> purchases = ReadPurchases(*table, options);
    if (!purchases.ok()) return purchases.status();
    absl::StatusOr<Observation> observed = Observe(*purchases, options);
    if (!observed.ok()) return observed.status();
    observation = *std::move(observed);
  } else {
    absl::StatusOr<std::vector<PurchaseHistory>> histories = ReadHistories(*table, options);
    if (!histories.ok()) return histories.status();
    observation.histories = *std::move(histories);
  }
  const absl::StatusOr<churn::v1::PurchaseModel> model = churn::FitPurchaseModel(observation.histories);
  if (!model.ok()) return model.status();
  Print(session, *model, Check(*model, observation, options.unit == "week" ? 7 : 1),
        of_purchases ? options.unit : std::string());
  return kDone;
}

}  // namespace rapport::cli
