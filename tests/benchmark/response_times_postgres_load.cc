#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/benchmark/postgres.h"
#include "tests/benchmark/response_times_load.h"

namespace rapport::benchmark {
namespace {

constexpr char kFigures[] = R"sql(
  count(*), avg(ms), percentile_cont(ARRAY[0.5, 0.9, 0.95, 0.99]) WITHIN GROUP (ORDER BY ms),
  count(*) FILTER (WHERE ms <= 3600000), count(*) FILTER (WHERE ms <= 21600000)
)sql";
constexpr char kInJune[] = " WHERE metric = 'F' AND started_at >= '2025-06-01Z' AND started_at < '2025-07-01Z'";
constexpr char kInYear[] = " WHERE metric = 'F' AND started_at >= '2025-01-01Z' AND started_at < '2026-01-01Z'";

// Of the buckets of the sketch, those that hold the quantiles: their value is 2 * 1.02^size / 2.02.
std::string FromRollups(const std::string& condition) {
  return absl::StrCat(R"sql(
    WITH sketches AS (
      SELECT bucket, first, size, n, ms, sum(n) OVER (PARTITION BY bucket, first ORDER BY size) AS up_to,
             sum(n) OVER (PARTITION BY bucket, first) AS total
      FROM (SELECT bucket, first, size, sum(n) AS n, sum(ms) AS ms FROM ()sql",
                      condition, R"sql() AS c GROUP BY 1, 2, 3) AS s
    )
    SELECT bucket, first, sum(n), sum(ms) / sum(n), min(size) FILTER (WHERE up_to >= 0.5 * total),
           min(size) FILTER (WHERE up_to >= 0.9 * total), min(size) FILTER (WHERE up_to >= 0.95 * total),
           min(size) FILTER (WHERE up_to >= 0.99 * total), sum(n) FILTER (WHERE size <= size_of(3600000)),
           sum(n) FILTER (WHERE size <= size_of(21600000))
    FROM sketches GROUP BY 1, 2
  )sql");
}

std::string OfCounters(int dimensions, const std::string& bucket, const std::string& condition) {
  return absl::StrCat("SELECT ", bucket,
                      " AS bucket, first, size, n, ms FROM counters WHERE level = 'm' AND dimensions = ", dimensions,
                      " AND metric = 'F' AND ", condition);
}

}  // namespace

int RunPostgresEventIngest(const std::string& where, const DatasetOptions& options, int connections,
                           const std::string& function) {
  const std::vector<Event> events = MakeEvents(options);
  const std::string statement = absl::StrCat("SELECT ", function, "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
  return IngestIntoPostgres(where, statement, 0, static_cast<int64_t>(events.size()), connections,
                            [&events](int64_t first, int64_t last) { return ColumnsOf(events, first, last); });
}

int RunPostgresTimesQuery(const std::string& where, int repeat) {
  const std::string of_year = "bucket >= '2025-01-01Z' AND bucket < '2026-01-01Z'";
  const std::pair<const char*, std::string> questions[] = {
      {"june", absl::StrCat("SELECT", kFigures, "FROM stretches", kInJune)},
      {"year", absl::StrCat("SELECT", kFigures, "FROM stretches", kInYear)},
      {"agents", absl::StrCat("SELECT date_trunc('month', started_at, 'UTC'), agent_id,", kFigures, "FROM stretches",
                              kInYear, " GROUP BY 1, 2")},
      {"events", absl::StrCat("SELECT", kFigures, "FROM first_responses", kInYear)},
      {"rollups_june", FromRollups(OfCounters(0, "bucket", "bucket = '2025-06-01Z'"))},
      {"rollups_year", FromRollups(OfCounters(0, "'all'", of_year))},
      {"rollups_agents", FromRollups(OfCounters(1, "bucket", of_year))},
  };
  const Connection connection = ConnectToPostgres(where);
  if (!Succeeded(Execute(connection, "VACUUM ANALYZE"))) return 1;
  // Sorts in memory.
  if (!Succeeded(Execute(connection, "SET TIME ZONE 'UTC'; SET work_mem = '512MB'"))) return 1;
  const Result answer = Execute(connection, questions[1].second);
  if (!Succeeded(answer)) return 1;
  std::string quantiles = PQgetvalue(answer.get(), 0, 2);
  quantiles.front() = '[';
  quantiles.back() = ']';
  std::string figures = absl::StrCat("\"answered\":", PQgetvalue(answer.get(), 0, 0), ",\"quantiles_ms\":", quantiles);
  for (const auto& [name, sql] : questions) {
    const double seconds = MedianSeconds(connection, sql, repeat);
    if (seconds < 0) return 1;
    absl::StrAppend(&figures, ",\"", name, "_seconds\":", seconds);
  }
  std::cout << "{" << figures << "}\n";
  return 0;
}

}  // namespace rapport::benchmark
