-- The job of the response times service, in SQL: events exactly once, what they measure of each conversation, and
-- roll-ups of that. What the service keeps beyond it (revisions, pauses, business time, promises, customers, open waits,
-- the stream of changes) is left out.
CREATE TABLE events (
  conversation_id text, event_id text, customer_id text NOT NULL, agent_id text, channel text NOT NULL, plan text NOT NULL,
  by_customer boolean NOT NULL, is_reply boolean NOT NULL, resolves boolean NOT NULL, occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (conversation_id, event_id));

-- F: first response, L: later response, R: first resolution, U: full resolution, W: the customer waited, A: we waited.
CREATE TABLE stretches (
  conversation_id text, metric "char", started_at timestamptz, ms bigint NOT NULL, agent_id text, channel text, plan text,
  PRIMARY KEY (conversation_id, metric, started_at));

-- By month, day and 15 minutes; in total and by agent, channel and plan, and by month by each pair of them. `size` is the
-- bucket of a sketch with a relative error of 1 %.
CREATE TABLE counters (
  level "char", dimensions smallint, bucket timestamptz, first text, second text, metric "char", size smallint,
  n bigint NOT NULL, ms numeric NOT NULL, PRIMARY KEY (level, dimensions, bucket, first, second, metric, size));

CREATE FUNCTION size_of(ms bigint) RETURNS smallint IMMUTABLE LANGUAGE sql AS $$
  SELECT CASE WHEN ms > 1 THEN ceil(ln(ms::double precision) / ln(1.02::double precision)) ELSE 0 END::smallint
$$;

-- What these conversations measure now. A turn is what happens up to a reply or a resolution, with it.
CREATE FUNCTION measure(ids text[]) RETURNS SETOF stretches STABLE LANGUAGE sql AS $$
  WITH turns AS (
    SELECT *, count(*) FILTER (WHERE is_reply OR resolves) OVER (
             PARTITION BY conversation_id ORDER BY occurred_at, event_id
             ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS turn
    FROM events WHERE conversation_id = ANY (ids)
  ), waits AS (
    SELECT conversation_id, turn, min(occurred_at) FILTER (WHERE by_customer) AS started_at,
           max(occurred_at) FILTER (WHERE is_reply OR resolves) AS ended_at, bool_or(is_reply) AS replied,
           max(agent_id) AS agent_id,
           (array_agg(channel ORDER BY occurred_at) FILTER (WHERE by_customer))[1] AS channel, max(plan) AS plan
    FROM turns GROUP BY 1, 2 HAVING bool_or(by_customer)
  ), responses AS (
    SELECT *, row_number() OVER (PARTITION BY conversation_id ORDER BY turn) AS number FROM waits WHERE replied
  ), wholes AS (
    SELECT conversation_id, min(occurred_at) FILTER (WHERE by_customer) AS begun_at,
           min(occurred_at) FILTER (WHERE resolves) AS first_resolved_at,
           max(occurred_at) FILTER (WHERE resolves) AS resolved_at, max(occurred_at) AS last_at,
           (array_agg(agent_id ORDER BY occurred_at DESC) FILTER (WHERE resolves))[1] AS agent_id,
           (array_agg(channel ORDER BY occurred_at) FILTER (WHERE by_customer))[1] AS channel, max(plan) AS plan
    FROM turns GROUP BY 1
  ), waited AS (
    SELECT conversation_id, sum(ended_at - started_at) AS waited FROM waits GROUP BY 1
  ), times AS (
    SELECT conversation_id, CASE number WHEN 1 THEN 'F' ELSE 'L' END AS metric, started_at, ended_at - started_at AS took,
           agent_id, channel, plan
    FROM responses
    UNION ALL
    SELECT conversation_id, metric, begun_at, took, agent_id, channel, plan
    FROM wholes JOIN waited USING (conversation_id)
    CROSS JOIN LATERAL (VALUES ('R', first_resolved_at - begun_at), ('U', resolved_at - begun_at), ('W', waited),
                               ('A', resolved_at - begun_at - waited)) AS t(metric, took)
    WHERE begun_at IS NOT NULL AND first_resolved_at IS NOT NULL AND (metric = 'R' OR resolved_at = last_at)
  )
  SELECT conversation_id, metric::"char", started_at, (extract(epoch FROM took) * 1000)::bigint, agent_id, channel, plan
  FROM times
$$;

-- Events alone: what they measure is for the query to work out.
CREATE FUNCTION add_events_only(conversation_ids text[], event_ids text[], customer_ids text[], agent_ids text[],
                                channels text[], plans text[], by_customer boolean[], is_reply boolean[],
                                resolves boolean[], times_ms bigint[]) RETURNS bigint LANGUAGE sql AS $$
  WITH added AS (
    INSERT INTO events
    SELECT c, e, u, a, h, p, b, r, s, to_timestamp(t / 1000.0)
    FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS t(c, e, u, a, h, p, b, r, s, t)
    ORDER BY c, e
    ON CONFLICT DO NOTHING RETURNING 1
  )
  SELECT count(*) FROM added
$$;

-- Batches that share a conversation follow each other. Counters are sorted, so that connections lock them in the same
-- order, and change only by what is different of a conversation.
CREATE FUNCTION add_events(conversation_ids text[], event_ids text[], customer_ids text[], agent_ids text[],
                           channels text[], plans text[], by_customer boolean[], is_reply boolean[], resolves boolean[],
                           times_ms bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  ids text[] := ARRAY(SELECT DISTINCT id FROM unnest(conversation_ids) AS id);
  added bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(lock)
  FROM (SELECT DISTINCT hashtextextended(id, 0) AS lock FROM unnest(ids) AS id ORDER BY 1) AS locks;
  added := add_events_only($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);
  WITH now AS MATERIALIZED (
    SELECT * FROM measure(ids)
  ), before AS MATERIALIZED (
    SELECT * FROM stretches WHERE conversation_id = ANY (ids)
  ), changes AS MATERIALIZED (
    SELECT 1 AS sign, * FROM (TABLE now EXCEPT TABLE before) AS come
    UNION ALL
    SELECT -1, * FROM (TABLE before EXCEPT TABLE now) AS gone
  ), removed AS (
    DELETE FROM stretches AS s USING changes AS c
    WHERE sign = -1 AND (s.conversation_id, s.metric, s.started_at) = (c.conversation_id, c.metric, c.started_at)
      AND NOT EXISTS (SELECT FROM now AS n WHERE (n.conversation_id, n.metric, n.started_at) =
                                                 (c.conversation_id, c.metric, c.started_at))
  ), stored AS (
    INSERT INTO stretches
    SELECT conversation_id, metric, started_at, ms, agent_id, channel, plan FROM changes WHERE sign = 1
    ON CONFLICT (conversation_id, metric, started_at) DO UPDATE
    SET ms = excluded.ms, agent_id = excluded.agent_id, channel = excluded.channel, plan = excluded.plan
  )
  INSERT INTO counters
  SELECT level, dimensions, bucket, first, second, metric, size_of(c.ms), sum(sign), sum(sign * c.ms)
  FROM changes AS c
  CROSS JOIN LATERAL (VALUES ('m'::"char", date_trunc('month', started_at, 'UTC')),
                             ('d', date_trunc('day', started_at, 'UTC')),
                             ('s', date_bin('15 minutes', started_at, 'epoch'))) AS t(level, bucket)
  CROSS JOIN LATERAL (VALUES (0, '', ''), (1, agent_id, ''), (3, channel, ''), (5, plan, ''), (13, agent_id, channel),
                             (15, agent_id, plan), (35, channel, plan)) AS d(dimensions, first, second)
  WHERE level = 'm' OR dimensions < 10
  GROUP BY 1, 2, 3, 4, 5, 6, 7 HAVING sum(sign) <> 0 OR sum(sign * c.ms) <> 0
  ORDER BY 1, 2, 3, 4, 5, 6, 7
  ON CONFLICT (level, dimensions, bucket, first, second, metric, size) DO UPDATE
  SET n = counters.n + excluded.n, ms = counters.ms + excluded.ms;
  RETURN added;
END
$$;

-- The first responses, worked out from events.
CREATE VIEW first_responses AS
  SELECT conversation_id, 'F'::"char" AS metric, started_at,
         (extract(epoch FROM answered_at - started_at) * 1000)::bigint AS ms, agent_id, channel, plan
  FROM (SELECT conversation_id, min(occurred_at) FILTER (WHERE by_customer) AS started_at,
               min(occurred_at) FILTER (WHERE is_reply) AS answered_at,
               (array_agg(agent_id ORDER BY occurred_at) FILTER (WHERE is_reply))[1] AS agent_id, min(channel) AS channel,
               min(plan) AS plan
        FROM events GROUP BY conversation_id) AS c
  WHERE answered_at >= started_at;

-- After events alone were added: their first responses, and the roll-ups of these that a year by month and agent needs.
CREATE PROCEDURE measure_first_responses() LANGUAGE sql AS $$
  INSERT INTO stretches SELECT * FROM first_responses ON CONFLICT DO NOTHING;
  CREATE INDEX IF NOT EXISTS stretches_by_time ON stretches (metric, started_at) INCLUDE (agent_id, ms);
  DELETE FROM counters;
  INSERT INTO counters
  SELECT 'm', dimensions, date_trunc('month', started_at, 'UTC'), first, '', metric, size_of(s.ms), count(*), sum(s.ms)
  FROM stretches AS s
  CROSS JOIN LATERAL (VALUES (0, ''), (1, agent_id)) AS d(dimensions, first)
  GROUP BY 2, 3, 4, 6, 7;
$$;
