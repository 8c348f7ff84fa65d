#include "services/response_times/service/escalations_query.h"

#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "common/rollup/series.h"
#include "services/response_times/core/escalations.h"
#include "services/response_times/core/facts.h"
#include "services/response_times/service/query_plan.h"

namespace rapport::response_times {

absl::Status QueryEscalations(Reader& reader, rollup::Dictionary& dictionary, absl::string_view tenant,
                              const v1::QueryEscalationsRequest& request, v1::QueryEscalationsResponse& response) {
  constexpr int kDefaultTopCustomers = 10;
  if (request.top_customers() < 0) {
    return Invalid("top_customers", absl::StrCat(request.top_customers()), "is negative; leave it out for 10");
  }
  auto series = rollup::ParseSeries(dictionary, tenant,
                                    {.range = request.range(),
                                     .time_zone = "",
                                     .filter = request.has_filter() ? &request.filter() : nullptr,
                                     .confidence = request.confidence()});
  if (!series.ok()) return series.status();
  AskForOneGroupOnly(*series);
  EscalationTally tally;
  const Interval range = reader.Bounded(series->range);
  const auto add = [&](const EscalationFact& fact, int64_t count) {
    if (!series->GroupOf(fact.codes)) return;
    if (range.Contains(absl::FromUnixMillis(fact.occurred_ms))) tally.Add(fact, count);
  };
  absl::Status read = reader.ForEach<DecodeEscalation>(tenant, TablesOfDays(range, EscalationTable), add);
  if (!read.ok()) return read;
  response = tally.MakeFigures(request.top_customers() > 0 ? request.top_customers() : kDefaultTopCustomers,
                               series->confidence);
  return absl::OkStatus();
}

}  // namespace rapport::response_times
