-- Rates, assignments and hours. The member's row lock orders a new rate against hours being logged.

-- From when a new rate or assignment may hold: after every date already logged.
CREATE OR REPLACE FUNCTION refuse_rewriting_hours(p_member bigint, p_from date) RETURNS void
LANGUAGE plpgsql SET search_path = capdesk, pg_temp AS $$
DECLARE
  v_logged date;
BEGIN
  IF isfinite(p_from) IS NOT TRUE THEN
    RAISE EXCEPTION 'A change holds from a date: name it.' USING ERRCODE = 'CD001';
  END IF;
  SELECT max(date) INTO v_logged FROM time_log WHERE team_member_id = p_member;
  IF v_logged >= p_from THEN
    RAISE EXCEPTION 'Hours are logged up to %: a change must hold from a later date (--from).', v_logged USING ERRCODE = 'CD001';
  END IF;
END $$;

CREATE OR REPLACE FUNCTION lock_member(p_member bigint) RETURNS void
LANGUAGE plpgsql SET search_path = capdesk, pg_temp AS $$
BEGIN
  PERFORM FROM team_member WHERE id = p_member FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no team member %.', p_member USING ERRCODE = 'CD002';
  END IF;
END $$;

CREATE OR REPLACE FUNCTION set_member_rate(p_member bigint, p_rate numeric, p_from date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
DECLARE
  v_now timestamptz := ledger_now();
  v_from date := p_from;
BEGIN
  PERFORM lock_member(p_member);
  IF NOT EXISTS (SELECT FROM member_rate WHERE team_member_id = p_member) THEN
    v_from := '-infinity';
  ELSE
    PERFORM refuse_rewriting_hours(p_member, p_from);
    IF EXISTS (SELECT FROM member_rate WHERE team_member_id = p_member AND from_date >= p_from) THEN
      RAISE EXCEPTION 'A rate already holds from that date or a later one: choose a later date (--from).' USING ERRCODE = 'CD001';
    END IF;
  END IF;
  INSERT INTO member_rate (team_member_id, hourly_rate_usd, from_date, recorded_at)
  VALUES (p_member, p_rate, v_from, v_now);
END $$;

CREATE OR REPLACE FUNCTION assign_member(p_member bigint, p_campaign bigint, p_from date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
DECLARE
  v_now timestamptz := ledger_now();
  v_from date := p_from;
BEGIN
  PERFORM lock_member(p_member);
  IF NOT EXISTS (SELECT FROM member_assignment WHERE team_member_id = p_member) THEN
    v_from := '-infinity';
  ELSE
    PERFORM refuse_rewriting_hours(p_member, p_from);
    IF EXISTS (SELECT FROM member_assignment WHERE team_member_id = p_member AND from_date >= p_from) THEN
      RAISE EXCEPTION 'An assignment already holds from that date or a later one: choose a later date (--from).'
        USING ERRCODE = 'CD001';
    END IF;
  END IF;
  INSERT INTO member_assignment (team_member_id, campaign_id, from_date, recorded_at)
  VALUES (p_member, p_campaign, v_from, v_now);
END $$;

-- The first experiment that has run in the campaign on a date, that day's stretch being in the cost's own zone. Moments
-- are turned into dates, not dates into moments: where clocks go back at midnight a date has two of those.
CREATE OR REPLACE FUNCTION dated_experiment(p_campaign bigint, p_date date, p_zone text) RETURNS bigint
LANGUAGE sql STABLE SET search_path = capdesk, pg_temp AS $$
  SELECT experiment_id FROM experiment_run
  WHERE campaign_id = p_campaign
    AND (started_at AT TIME ZONE p_zone)::date <= p_date
    AND (ended_at IS NULL OR ((ended_at - interval '1 microsecond') AT TIME ZONE p_zone)::date >= p_date)
  ORDER BY started_at LIMIT 1
$$;

-- Records the staged hours with their rate, campaign, experiment and rollup; returns the lines that did not land.
-- By hand, a row always lands; in a file, the n-th identical row lands unless n are recorded already.
CREATE OR REPLACE FUNCTION record_time_logs(p_batch bigint, p_campaign bigint, p_by_hand boolean)
RETURNS TABLE (line integer, status text, field text, reason text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz := ledger_now();
  v_today date := (v_now AT TIME ZONE desk_zone())::date;
BEGIN
  PERFORM require_open_batch(p_batch);
  PERFORM pg_advisory_xact_lock(hashtext('capdesk time logs'));
  ANALYZE staged_time_log;
  PERFORM FROM team_member WHERE id IN (SELECT team_member_id FROM staged_time_log WHERE batch_id = p_batch)
  ORDER BY id FOR SHARE;

  RETURN QUERY
  WITH staged AS (
    SELECT s.*,
      (SELECT a.campaign_id FROM member_assignment a
       WHERE a.team_member_id = s.team_member_id AND a.from_date <= s.date ORDER BY a.from_date DESC LIMIT 1) AS campaign_id,
      (SELECT r.hourly_rate_usd FROM member_rate r
       WHERE r.team_member_id = s.team_member_id AND r.from_date <= s.date ORDER BY r.from_date DESC LIMIT 1) AS rate,
      row_number() OVER same AS nth,
      first_value(s.line) OVER same_id AS first_line,
      (SELECT count(*) FROM time_log t
       WHERE t.source_id IS NULL AND s.source_id IS NULL AND t.team_member_id = s.team_member_id AND t.date = s.date
         AND t.hours_logged = s.hours_logged) AS recorded
    FROM staged_time_log s
    WHERE s.batch_id = p_batch
    WINDOW same AS (PARTITION BY s.source_id, s.team_member_id, s.date, s.hours_logged ORDER BY s.line),
           same_id AS (PARTITION BY s.source_id ORDER BY s.line)
  ), judged AS MATERIALIZED (
    SELECT s.*,
      CASE WHEN p_by_hand THEN s.recorded + s.nth ELSE s.nth END AS occurrence,
      CASE
        WHEN s.campaign_id <> p_campaign THEN 'rejected'  -- also what is recorded already: not for this campaign
        WHEN t.id IS NOT NULL THEN
          CASE WHEN (t.team_member_id, t.date, t.hours_logged) = (s.team_member_id, s.date, s.hours_logged)
               THEN 'duplicate' ELSE 'rejected' END
        WHEN NOT p_by_hand AND s.source_id IS NULL AND s.nth <= s.recorded THEN 'duplicate'
        WHEN s.date > v_today OR s.campaign_id IS NULL OR s.rate IS NULL
          THEN 'rejected'  -- before the next: what repeats a refused row has not landed either
        WHEN s.source_id IS NOT NULL AND s.nth > 1 THEN 'duplicate'
        WHEN s.source_id IS NOT NULL AND s.first_line < s.line THEN 'rejected'
        ELSE 'landed' END AS status,
      CASE
        WHEN s.campaign_id <> p_campaign THEN 'email'
        WHEN t.id IS NOT NULL THEN 'entry_id'
        WHEN s.date > v_today THEN 'date'
        WHEN s.campaign_id IS NULL OR s.rate IS NULL THEN 'email'
        ELSE 'entry_id' END AS field,
      CASE
        WHEN s.campaign_id <> p_campaign THEN format('%s worked for another campaign ("%s") on %s', m.email, c.name, s.date)
        WHEN t.id IS NOT NULL THEN 'differs from what is recorded under this id'
        WHEN s.date > v_today THEN 'lies in the future'
        WHEN s.campaign_id IS NULL THEN format('%s was assigned to no campaign on %s', m.email, s.date)
        WHEN s.rate IS NULL THEN format('%s has no hourly rate', m.email)
        ELSE format('differs from line %s, which has the same id', s.first_line) END AS reason
    FROM staged s
    JOIN team_member m ON m.id = s.team_member_id
    LEFT JOIN campaign c ON c.id = s.campaign_id
    LEFT JOIN time_log t ON t.source_id = s.source_id
  ), landed AS (
    INSERT INTO time_log (team_member_id, campaign_id, date, hours_logged, hourly_rate_usd, cost_usd, source_id,
                          occurrence, batch_id, line, recorded_at)
    SELECT team_member_id, campaign_id, date, hours_logged, rate, round_half_even(hours_logged * rate), source_id,
           occurrence, p_batch, line, v_now
    FROM judged WHERE status = 'landed' ORDER BY line
    RETURNING id, campaign_id, date, cost_usd
  ), rolled AS (
    INSERT INTO cost_rollup (date, campaign_id, experiment_id, source, cost_usd, time_log_id, recorded_at)
    SELECT date, campaign_id, dated_experiment(campaign_id, date, desk_zone()), 'labor', cost_usd, id, v_now
    FROM landed ORDER BY id
  )
  SELECT j.line, j.status, j.field, j.reason FROM judged j WHERE j.status <> 'landed' ORDER BY j.line;
  DELETE FROM staged_time_log WHERE batch_id = p_batch;
END $$;
