#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/benchmark/dataset.h"
#include "tests/benchmark/load.h"
#include "tests/benchmark/postgres.h"

namespace rapport::benchmark {
namespace {

constexpr char kSchema[] = R"sql(
  CREATE TABLE ratings (
    rating_id text PRIMARY KEY, customer_id text NOT NULL, agent_id text, channel text, plan text, conversation_id text,
    score smallint NOT NULL, occurred_at timestamptz NOT NULL, revision bigint NOT NULL DEFAULT 0,
    received_at timestamptz NOT NULL DEFAULT now());
  CREATE INDEX ratings_by_time ON ratings (occurred_at);
)sql";

// The counters of the same job: by month, day and 15 minutes, in total, by agent, channel and plan and by each pair of
// them; and by customer and day. What Rapport keeps beyond that (history, facts, the stream of changes) is left out.
constexpr char kCounters[] = R"sql(
  CREATE TABLE counters (level "char", dimensions smallint, bucket timestamptz, first text, second text, score smallint,
                         n bigint NOT NULL, PRIMARY KEY (level, dimensions, bucket, first, second, score));
  CREATE TABLE customer_days (customer_id text, day date, score smallint, n bigint NOT NULL,
                              PRIMARY KEY (customer_id, day, score));
)sql";

// What a team could settle for: counters by 15 minutes, agent and score, and by customer and score.
constexpr char kLeastCounters[] = R"sql(
  CREATE TABLE by_agent (slot timestamptz, agent_id text, score smallint, n bigint NOT NULL,
                         PRIMARY KEY (slot, agent_id, score));
  CREATE TABLE by_customer (customer_id text, score smallint, n bigint NOT NULL, PRIMARY KEY (customer_id, score));
)sql";

// Rows that came before change nothing. Counters are sorted, so that connections lock them in the same order.
constexpr char kAddRatings[] = R"sql(
  WITH incoming AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::smallint[],
                         $8::bigint[]) AS t(rating_id, customer_id, agent_id, channel, plan, conversation_id, score, ms)
  ), added AS (
    INSERT INTO ratings (rating_id, customer_id, agent_id, channel, plan, conversation_id, score, occurred_at)
    SELECT rating_id, customer_id, agent_id, channel, plan, conversation_id, score, to_timestamp(ms / 1000.0)
    FROM incoming ON CONFLICT (rating_id) DO NOTHING
    RETURNING customer_id, agent_id, channel, plan, score, occurred_at
  )
)sql";

constexpr char kAddCounters[] = R"sql(
  , counted AS (
    INSERT INTO counters
    SELECT level, dimensions, bucket, first, second, score, count(*)
    FROM added
    CROSS JOIN LATERAL (VALUES ('m'::"char", date_trunc('month', occurred_at, 'UTC')),
                               ('d', date_trunc('day', occurred_at, 'UTC')),
                               ('s', date_bin('15 minutes', occurred_at, 'epoch'))) AS t(level, bucket)
    CROSS JOIN LATERAL (VALUES (0, '', ''), (1, agent_id, ''), (3, channel, ''), (5, plan, ''), (13, agent_id, channel),
                               (15, agent_id, plan), (35, channel, plan)) AS d(dimensions, first, second)
    GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (level, dimensions, bucket, first, second, score) DO UPDATE SET n = counters.n + excluded.n
  ), customers AS (
    INSERT INTO customer_days
    SELECT customer_id, (occurred_at AT TIME ZONE 'UTC')::date, score, count(*)
    FROM added GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (customer_id, day, score) DO UPDATE SET n = customer_days.n + excluded.n
  )
  SELECT count(*) FROM added
)sql";

constexpr char kAddLeastCounters[] = R"sql(
  , agents AS (
    INSERT INTO by_agent
    SELECT date_bin('15 minutes', occurred_at, 'epoch'), agent_id, score, count(*)
    FROM added GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (slot, agent_id, score) DO UPDATE SET n = by_agent.n + excluded.n
  ), customers AS (
    INSERT INTO by_customer
    SELECT customer_id, score, count(*) FROM added GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (customer_id, score) DO UPDATE SET n = by_customer.n + excluded.n
  )
  SELECT count(*) FROM added
)sql";

constexpr char kQueryRatings[] = R"sql(
  SELECT agent_id, count(*), avg(score), count(*) FILTER (WHERE score >= 4), count(*) FILTER (WHERE score = 1),
         count(*) FILTER (WHERE score = 2), count(*) FILTER (WHERE score = 3), count(*) FILTER (WHERE score = 4)
  FROM ratings WHERE occurred_at >= '2025-11-01Z' AND occurred_at < '2025-12-01Z' GROUP BY agent_id
)sql";

constexpr char kQueryCounters[] = R"sql(
  SELECT first, sum(n), sum(score * n) / sum(n), sum(n) FILTER (WHERE score >= 4), sum(n) FILTER (WHERE score = 1),
         sum(n) FILTER (WHERE score = 2), sum(n) FILTER (WHERE score = 3), sum(n) FILTER (WHERE score = 4)
  FROM counters WHERE level = 'm' AND dimensions = 1 AND bucket = '2025-11-01Z' GROUP BY first
)sql";

// Columns as array literals; no value of the data set needs quotes.
std::vector<std::string> ColumnsOf(int64_t first, int64_t last, int64_t count) {
  std::vector<std::string> columns(8, "{");
  for (int64_t i = first; i < last; ++i) {
    const Row row = MakeRow("r", i, count);
    const std::string values[] = {row.rating_id,
                                  row.customer_id,
                                  row.agent_id,
                                  row.channel,
                                  row.plan,
                                  row.conversation_id,
                                  std::to_string(row.score),
                                  std::to_string(row.occurred_ms)};
    for (size_t c = 0; c < columns.size(); ++c) absl::StrAppend(&columns[c], i == first ? "" : ",", values[c]);
  }
  for (std::string& column : columns) column += "}";
  return columns;
}

}  // namespace

int RunPostgresIngest(const std::string& where, int64_t from, int64_t to, int64_t count, int connections, bool setup,
                      bool least) {
  if (setup) {
    const Connection connection = ConnectToPostgres(where);
    if (!Succeeded(Execute(connection, kSchema))) return 1;
    if (!Succeeded(Execute(connection, least ? kLeastCounters : kCounters))) return 1;
  }
  return IngestIntoPostgres(where, absl::StrCat(kAddRatings, least ? kAddLeastCounters : kAddCounters), from, to,
                            connections,
                            [count](int64_t first, int64_t last) { return ColumnsOf(first, last, count); });
}

int RunPostgresQuery(const std::string& where, int repeat) {
  const Connection connection = ConnectToPostgres(where);
  if (!Succeeded(Execute(connection, "VACUUM ANALYZE"))) return 1;
  std::cout << absl::StrCat("{\"ratings_p50_seconds\":", MedianSeconds(connection, kQueryRatings, repeat),
                            ",\"rollups_p50_seconds\":", MedianSeconds(connection, kQueryCounters, repeat), "}\n");
  return 0;
}

}  // namespace rapport::benchmark
