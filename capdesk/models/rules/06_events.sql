-- Calls and events: attributed set by set, with their bonuses, tallies and rollups in the same statement.

-- The locked definition: which events a dialer call makes.
CREATE OR REPLACE VIEW dialer_rule AS
SELECT * FROM (VALUES
  ('No Answer'::call_outcome, 0, 1, 'dial_attempt'::event_type),
  ('Busy', 0, 1, 'dial_attempt'),
  ('Wrong #', 0, 1, 'dial_attempt'),
  ('Not Interested', 0, 1, 'dial_attempt'), ('Not Interested', 0, 2, 'conversation'),
  ('Callback', 0, 1, 'dial_attempt'), ('Callback', 0, 2, 'conversation'), ('Callback', 150, 3, 'qpc'),
  ('Info', 0, 1, 'dial_attempt'), ('Info', 0, 2, 'conversation'), ('Info', 150, 3, 'qpc'),
  ('Schedule', 0, 1, 'dial_attempt'), ('Schedule', 0, 2, 'conversation'), ('Schedule', 150, 3, 'qpc')
) AS rule (outcome, min_duration_s, number, event_type);

-- Every performance event. Explicit events and those read from dialer calls share one number space: number = id * 4
-- for an explicit one, call id * 4 + 1 (dial attempt), 2 (conversation) or 3 (qpc) for a call's.
CREATE OR REPLACE VIEW performance_event AS
SELECT e.id * 4 AS id, e.campaign_id, e.experiment_id, e.lead_id, e.team_member_id, NULL::bigint AS call_id, e.event_type,
       e.event_timestamp, e.attribution, e.recorded_at, e.batch_id, d.metadata_json, v.recorded_at AS reversed_at
FROM explicit_event e
LEFT JOIN event_detail d ON d.event_id = e.id
LEFT JOIN reversal v ON v.event_id = e.id
UNION ALL
SELECT c.id * 4 + r.number, c.campaign_id, c.experiment_id, c.lead_id, c.team_member_id, c.id, r.event_type,
       c.occurred_at, c.attribution, c.recorded_at, c.batch_id, d.metadata_json, v.recorded_at
FROM call c
JOIN dialer_rule r ON r.outcome = c.outcome AND c.duration_s >= r.min_duration_s
LEFT JOIN call_detail d ON d.call_id = c.id
LEFT JOIN reversal v ON v.call_id = c.id
WHERE c.source <> 'twilio';

-- Calls and events have no foreign keys, so what they name is looked up here. Without a campaign or member nothing lands.
CREATE OR REPLACE FUNCTION require_known(p_batch bigint, p_campaign bigint, p_members bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = capdesk, pg_temp AS $$
DECLARE
  v_unknown bigint := (SELECT min(m.id) FROM unnest(p_members) m (id)
                       WHERE m.id IS NOT NULL AND NOT EXISTS (SELECT FROM team_member t WHERE t.id = m.id));
BEGIN
  PERFORM require_open_batch(p_batch);
  IF NOT EXISTS (SELECT FROM campaign WHERE id = p_campaign) THEN
    RAISE EXCEPTION 'There is no campaign %.', p_campaign USING ERRCODE = 'CD002';
  END IF;
  IF v_unknown IS NOT NULL THEN
    RAISE EXCEPTION 'There is no team member %.', v_unknown USING ERRCODE = 'CD002';
  END IF;
END $$;

-- Records staged calls of one source, chunk by chunk of a file; returns the lines that did not land and, with status
-- 'unknown_lead' and no line, how many landed without a lead. Calls without an id wait for the file's last chunk,
-- because the n-th identical one is told from the (n+1)-th only over the whole file.
-- One worker per query: the other processor reads the file meanwhile.
CREATE OR REPLACE FUNCTION record_calls(p_batch bigint, p_campaign bigint, p_source text, p_last boolean)
RETURNS TABLE (line integer, status text, field text, reason text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp
SET synchronize_seqscans = off SET max_parallel_workers_per_gather = 0 SET work_mem = '64MB'
SET plan_cache_mode = force_custom_plan SET default_statistics_target = 10 AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz := ledger_now();
  v_first bigint := (SELECT coalesce(max(id), 0) + 1 FROM call);
  v_staged bigint;
  v_detailed bigint;
  v_members bigint[];
  v_landed bigint;
  v_unknown bigint;
  v_told bigint;
BEGIN
  ANALYZE staged_call;  -- what the statistics of the chunk before say would make the planner join row by row
  SELECT coalesce(sum(s.staged), 0), coalesce(sum(s.detailed), 0), array_agg(s.team_member_id)
  INTO v_staged, v_detailed, v_members
  FROM (SELECT team_member_id, count(*) FILTER (WHERE p_last OR source_id IS NOT NULL) AS staged, count(metadata_json) AS detailed
        FROM staged_call WHERE batch_id = p_batch GROUP BY team_member_id) s;
  PERFORM require_known(p_batch, p_campaign, v_members);
  BEGIN
    PERFORM insert_calls(p_batch, p_campaign, p_source, p_last, v_now, '');
  EXCEPTION WHEN unique_violation THEN
    PERFORM insert_calls(p_batch, p_campaign, p_source, p_last, v_now, 'ORDER BY s.line ON CONFLICT DO NOTHING');
  END;
  SELECT landed, unknown INTO v_landed, v_unknown FROM follow_calls(p_batch, p_campaign, v_first, v_now);

  IF v_detailed > 0 OR v_unknown > 0 THEN
    INSERT INTO call_detail (call_id, phone, metadata_json)
    SELECT c.id, CASE WHEN c.lead_id IS NULL THEN s.phone END, s.metadata_json
    FROM call c JOIN staged_call s ON s.line = c.line
    WHERE c.id >= v_first AND c.batch_id = p_batch AND s.batch_id = p_batch
      AND (s.metadata_json IS NOT NULL OR (c.lead_id IS NULL AND c.phone_key IS NOT NULL));
  END IF;
  IF v_unknown > 0 THEN
    RETURN QUERY SELECT NULL::integer, 'unknown_lead', 'lead_phone', v_unknown::text;
  END IF;
  IF v_landed < v_staged THEN
    RETURN QUERY SELECT * FROM unlanded_calls(p_batch, p_campaign, p_source, p_last, v_first, v_now);
    GET DIAGNOSTICS v_told = ROW_COUNT;
    IF v_landed + v_told <> v_staged THEN
      RAISE EXCEPTION 'Of % calls % landed and % did not: nothing is recorded.', v_staged, v_landed, v_told;
    END IF;
  END IF;
  PERFORM clear_staged_calls(p_batch, p_last);
END $$;

-- Without a conflict clause an insert is cheaper by a third; with it, rows already recorded are passed over, and of
-- several with the same id the first line lands.
CREATE OR REPLACE FUNCTION insert_calls(p_batch bigint, p_campaign bigint, p_source text, p_last boolean, p_now timestamptz,
                                        p_conflict text) RETURNS void
LANGUAGE plpgsql SET search_path = capdesk, pg_temp AS $$
BEGIN
  EXECUTE $insert$
    INSERT INTO call (campaign_id, experiment_id, lead_id, team_member_id, occurred_at, recorded_at, batch_id, duration_s,
                      line, occurrence, outcome, attribution, phone_key, source, source_id)
    SELECT $2, CASE WHEN l.exited_at < s.occurred_at OR $3 = 'twilio' THEN NULL ELSE r.experiment_id END,
           l.id, s.team_member_id, s.occurred_at, $5, $1, s.duration_s, s.line, s.occurrence, s.outcome,
           CASE WHEN $3 = 'twilio' THEN NULL WHEN r.id IS NULL THEN 'no_run'
                WHEN l.exited_at < s.occurred_at THEN 'lead_exited' ELSE 'run' END::attribution,
           s.phone_key, $3, s.source_id
    FROM (
      SELECT *, 1 AS occurrence FROM staged_call WHERE batch_id = $1 AND source_id IS NOT NULL
      UNION ALL
      SELECT *, row_number() OVER (PARTITION BY occurred_at, duration_s, outcome, phone_key, team_member_id ORDER BY line)
      FROM staged_call WHERE batch_id = $1 AND source_id IS NULL AND $4
    ) s
    LEFT JOIN lead l ON l.campaign_id = $2 AND l.phone_key = s.phone_key
    LEFT JOIN experiment_run r ON r.campaign_id = $2
      AND s.occurred_at >= r.started_at AND s.occurred_at < coalesce(r.ended_at, 'infinity')
    WHERE s.occurred_at <= $5
  $insert$ || p_conflict USING p_batch, p_campaign, p_source, p_last, p_now;
END $$;

-- What follows from calls just recorded: how many they are, their tallies, bonuses, and the ledger rows of those.
-- New rows are found by their ids: reading the whole table for each chunk would cost more the longer it grows. They are
-- grouped by hashing, which without statistics of so young rows the planner would not dare.
CREATE OR REPLACE FUNCTION follow_calls(p_batch bigint, p_campaign bigint, p_first bigint, p_now timestamptz,
                                        OUT landed bigint, OUT unknown bigint)
LANGUAGE plpgsql SET search_path = capdesk, pg_temp SET enable_seqscan = off SET enable_sort = off AS $$
DECLARE
  v_zone text := desk_zone();
BEGIN
  WITH counted AS MATERIALIZED (
    SELECT experiment_id, (occurred_at AT TIME ZONE v_zone)::date AS date, outcome, attribution,
           duration_s >= 150 AS long, count(*) AS calls, max(occurred_at) AS last_at,
           count(*) FILTER (WHERE lead_id IS NULL AND phone_key IS NOT NULL) AS unknown
    FROM call WHERE id >= p_first AND batch_id = p_batch GROUP BY 1, 2, 3, 4, 5
  ), tallied AS (
    INSERT INTO event_tally (campaign_id, experiment_id, date, event_type, attribution, count, last_event_at, recorded_at, batch_id)
    SELECT p_campaign, c.experiment_id, c.date, r.event_type, c.attribution, sum(c.calls), max(c.last_at), p_now, p_batch
    FROM counted c JOIN dialer_rule r ON r.outcome = c.outcome AND (c.long OR r.min_duration_s = 0)
    WHERE c.attribution IS NOT NULL
    GROUP BY 2, 3, 4, 5 ORDER BY 3, 2, 4, 5
  )
  SELECT coalesce(sum(c.calls), 0), coalesce(sum(c.unknown), 0) INTO landed, unknown FROM counted c;

  IF NOT EXISTS (SELECT FROM bonus_rule b JOIN experiment e ON e.id = b.experiment_id JOIN dialer_rule r USING (event_type)
                 WHERE e.campaign_id = p_campaign) THEN
    RETURN;
  END IF;
  WITH bonuses AS (
    INSERT INTO bonus_event (experiment_id, team_member_id, call_id, event_type, bonus_amount_usd, created_at)
    SELECT c.experiment_id, c.team_member_id, c.id, r.event_type, b.bonus_amount_usd, p_now
    FROM bonus_rule b
    JOIN call c ON c.experiment_id = b.experiment_id AND c.team_member_id IS NOT NULL
    JOIN dialer_rule r ON r.outcome = c.outcome AND c.duration_s >= r.min_duration_s AND r.event_type = b.event_type
    WHERE c.id >= p_first AND c.batch_id = p_batch
    ORDER BY c.id
    RETURNING id, call_id, bonus_amount_usd
  )
  INSERT INTO cost_rollup (date, campaign_id, experiment_id, source, cost_usd, bonus_event_id, recorded_at)
  SELECT (c.occurred_at AT TIME ZONE v_zone)::date, c.campaign_id, c.experiment_id, 'bonus', b.bonus_amount_usd, b.id, p_now
  FROM bonuses b JOIN call c ON c.id = b.call_id ORDER BY b.id;
END $$;

-- Why staged calls did not land.
CREATE OR REPLACE FUNCTION unlanded_calls(p_batch bigint, p_campaign bigint, p_source text, p_last boolean, p_first bigint,
                                          p_now timestamptz)
RETURNS TABLE (line integer, status text, field text, reason text)
LANGUAGE sql SET search_path = capdesk, pg_temp AS $$
  SELECT s.line, 'rejected', 'started_at', 'lies in the future'
  FROM staged_call s WHERE s.batch_id = p_batch AND s.occurred_at > p_now AND (p_last OR s.source_id IS NOT NULL)
  UNION ALL
  SELECT s.line, v.status, 'call_id', CASE WHEN v.status = 'rejected' THEN
           CASE WHEN c.batch_id = p_batch THEN format('differs from line %s, which has the same id', c.line)
                ELSE 'differs from what is recorded under this id' END END
  FROM staged_call s
  JOIN call c ON c.source = p_source AND c.source_id = s.source_id
  CROSS JOIN LATERAL (SELECT CASE WHEN
      (c.campaign_id, c.occurred_at, c.duration_s, c.outcome, c.phone_key, c.team_member_id)
      IS NOT DISTINCT FROM (p_campaign, s.occurred_at, s.duration_s, s.outcome, s.phone_key, s.team_member_id)
    THEN 'duplicate' ELSE 'rejected' END AS status) v
  WHERE s.batch_id = p_batch AND s.occurred_at <= p_now AND NOT (c.batch_id = p_batch AND c.line = s.line)
  UNION ALL
  SELECT s.line, 'duplicate', 'call_id', NULL
  FROM (SELECT *, row_number() OVER (PARTITION BY occurred_at, duration_s, outcome, phone_key, team_member_id ORDER BY line) AS occurrence
        FROM staged_call WHERE batch_id = p_batch AND source_id IS NULL AND p_last) s
  JOIN call c ON c.source_id IS NULL AND c.campaign_id = p_campaign AND c.source = p_source
    AND c.occurred_at = s.occurred_at AND c.duration_s = s.duration_s AND c.occurrence = s.occurrence
    AND (c.outcome, c.phone_key, c.team_member_id) IS NOT DISTINCT FROM (s.outcome, s.phone_key, s.team_member_id)
  WHERE c.batch_id <> p_batch AND s.occurred_at <= p_now
$$;

-- Truncating frees the space at once, when nobody else is importing calls; deleting always works.
CREATE OR REPLACE FUNCTION clear_staged_calls(p_batch bigint, p_last boolean) RETURNS void
LANGUAGE plpgsql SET search_path = capdesk, pg_temp AS $$
BEGIN
  BEGIN
    LOCK TABLE staged_call IN ACCESS EXCLUSIVE MODE NOWAIT;
    IF NOT EXISTS (SELECT FROM staged_call WHERE batch_id <> p_batch OR (source_id IS NULL AND NOT p_last)) THEN
      TRUNCATE staged_call;
      RETURN;
    END IF;
  EXCEPTION WHEN lock_not_available THEN
    NULL;
  END;
  DELETE FROM staged_call WHERE batch_id = p_batch AND (p_last OR source_id IS NOT NULL);
END $$;

-- Records the staged explicit events. A paid conversion makes its lead a customer; a second one never counts.
CREATE OR REPLACE FUNCTION record_events(p_batch bigint, p_campaign bigint, p_by_hand boolean)
RETURNS TABLE (line integer, status text, field text, reason text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz;
  v_zone text := desk_zone();
BEGIN
  -- A terminal status changes attribution, so it needs the lock alone.
  v_now := ledger_now(EXISTS (SELECT FROM staged_event WHERE batch_id = p_batch AND event_type = 'paid_conversion'));
  PERFORM pg_advisory_xact_lock(hashtext('capdesk events'));
  ANALYZE staged_event;
  PERFORM require_known(p_batch, p_campaign,
    ARRAY(SELECT team_member_id FROM staged_event WHERE batch_id = p_batch GROUP BY team_member_id));

  RETURN QUERY
  WITH staged AS (
    SELECT s.*,
      row_number() OVER same AS nth,
      first_value(s.line) OVER (PARTITION BY s.source_id ORDER BY s.line) AS first_line,
      (SELECT count(*) FROM explicit_event e
       WHERE e.source_id IS NULL AND s.source_id IS NULL AND e.campaign_id = p_campaign
         AND e.event_type = s.event_type AND e.event_timestamp = s.event_timestamp
         AND (e.phone_key, e.team_member_id) IS NOT DISTINCT FROM (s.phone_key, s.team_member_id)) AS recorded
    FROM staged_event s
    WHERE s.batch_id = p_batch
    WINDOW same AS (PARTITION BY s.source_id, s.event_type, s.event_timestamp, s.phone_key, s.team_member_id ORDER BY s.line)
  ), judged AS MATERIALIZED (
    SELECT s.*,
      CASE WHEN p_by_hand THEN s.recorded + s.nth ELSE s.nth END AS occurrence,
      CASE
        WHEN e.id IS NOT NULL THEN
          CASE WHEN (e.campaign_id, e.event_type, e.event_timestamp, e.phone_key, e.team_member_id)
                    IS NOT DISTINCT FROM (p_campaign, s.event_type, s.event_timestamp, s.phone_key, s.team_member_id)
               THEN 'duplicate' ELSE 'rejected' END
        WHEN NOT p_by_hand AND s.source_id IS NULL AND s.nth <= s.recorded THEN 'duplicate'
        WHEN s.event_timestamp > v_now OR s.event_type IN ('dial_attempt', 'conversation', 'qpc')
          THEN 'rejected'  -- before the next: what repeats a refused row has not landed either
        WHEN s.source_id IS NOT NULL AND s.nth > 1 THEN 'duplicate'
        WHEN s.source_id IS NOT NULL AND s.first_line < s.line THEN 'rejected'
        ELSE 'landed' END AS status,
      CASE
        WHEN e.id IS NOT NULL THEN 'event_id'
        WHEN s.event_timestamp > v_now THEN 'event_timestamp'
        WHEN s.event_type IN ('dial_attempt', 'conversation', 'qpc') THEN 'event_type'
        ELSE 'event_id' END AS field,
      CASE
        WHEN e.id IS NOT NULL THEN 'differs from what is recorded under this id'
        WHEN s.event_timestamp > v_now THEN 'lies in the future'
        WHEN s.event_type IN ('dial_attempt', 'conversation', 'qpc') THEN format('%s comes only from dialer calls', s.event_type)
        ELSE format('differs from line %s, which has the same id', s.first_line) END AS reason
    FROM staged s
    LEFT JOIN explicit_event e ON e.source_id = s.source_id
  ), placed AS MATERIALIZED (
    SELECT j.*, l.id AS lead_id, r.experiment_id,
      CASE
        WHEN r.id IS NULL THEN 'no_run'
        WHEN l.exited_at < j.event_timestamp THEN 'lead_exited'
        WHEN j.event_type = 'paid_conversion' AND l.id IS NOT NULL AND (
               EXISTS (SELECT FROM explicit_event p WHERE p.lead_id = l.id AND p.event_type = 'paid_conversion'
                       AND NOT EXISTS (SELECT FROM reversal v WHERE v.event_id = p.id))
               OR 1 < row_number() OVER (PARTITION BY l.id, j.event_type ORDER BY j.event_timestamp, j.line))
          THEN 'lead_exited'
        ELSE 'run' END::attribution AS attribution
    FROM judged j
    LEFT JOIN lead l ON l.campaign_id = p_campaign AND l.phone_key = j.phone_key
    LEFT JOIN experiment_run r ON r.campaign_id = p_campaign
      AND j.event_timestamp >= r.started_at AND j.event_timestamp < coalesce(r.ended_at, 'infinity')
    WHERE j.status = 'landed'
  ), events AS (
    INSERT INTO explicit_event (campaign_id, experiment_id, lead_id, team_member_id, event_timestamp, recorded_at,
                                   batch_id, event_type, attribution, line, occurrence, phone_key, source_id)
    SELECT p_campaign, CASE WHEN attribution = 'run' THEN experiment_id END, lead_id, team_member_id, event_timestamp, v_now,
           p_batch, event_type, attribution, line, occurrence, phone_key, source_id
    FROM placed ORDER BY line
    RETURNING id, experiment_id, lead_id, team_member_id, event_timestamp, event_type, attribution, line
  ), detail AS (
    INSERT INTO event_detail (event_id, phone, metadata_json)
    SELECT e.id, CASE WHEN p.lead_id IS NULL THEN p.phone END, p.metadata_json
    FROM events e JOIN placed p ON p.line = e.line
    WHERE p.metadata_json IS NOT NULL OR (p.lead_id IS NULL AND p.phone IS NOT NULL)
  ), tally AS (
    INSERT INTO event_tally (campaign_id, experiment_id, date, event_type, attribution, count, last_event_at, recorded_at, batch_id)
    SELECT p_campaign, experiment_id, (event_timestamp AT TIME ZONE v_zone)::date, event_type, attribution, count(*),
           max(event_timestamp), v_now, p_batch
    FROM events GROUP BY 2, 3, 4, 5 ORDER BY 3, 2, 4, 5
  ), bonuses AS (
    INSERT INTO bonus_event (experiment_id, team_member_id, event_id, event_type, bonus_amount_usd, created_at)
    SELECT e.experiment_id, e.team_member_id, e.id, e.event_type, b.bonus_amount_usd, v_now
    FROM events e JOIN bonus_rule b ON b.experiment_id = e.experiment_id AND b.event_type = e.event_type
    WHERE e.team_member_id IS NOT NULL ORDER BY e.id
    RETURNING id, event_id, experiment_id, bonus_amount_usd
  ), rolled AS (
    INSERT INTO cost_rollup (date, campaign_id, experiment_id, source, cost_usd, bonus_event_id, recorded_at)
    SELECT (e.event_timestamp AT TIME ZONE v_zone)::date, p_campaign, b.experiment_id, 'bonus', b.bonus_amount_usd, b.id, v_now
    FROM bonuses b JOIN events e ON e.id = b.event_id ORDER BY b.id
  ), customers AS (
    INSERT INTO lead_status (lead_id, status, event_id, recorded_at)
    SELECT DISTINCT ON (e.lead_id) e.lead_id, 'paid_customer'::lead_status_name, e.id, v_now
    FROM events e JOIN lead l ON l.id = e.lead_id
    WHERE e.event_type = 'paid_conversion' AND l.exited_at IS NULL
    ORDER BY e.lead_id, e.event_timestamp, e.line
  ), unknown AS (
    SELECT count(*) AS n FROM placed WHERE lead_id IS NULL AND phone_key IS NOT NULL
  )
  SELECT j.line, j.status, j.field, j.reason FROM judged j WHERE j.status <> 'landed'
  UNION ALL
  SELECT NULL, 'unknown_lead', 'lead_phone', n::text FROM unknown WHERE n > 0
  ORDER BY 1;
  DELETE FROM staged_event WHERE batch_id = p_batch;
END $$;
