-- A reversing row answers a wrong fact: its tally and its cost are taken back on the date, campaign and experiment
-- of what it answers, at the moment it is recorded. A bonus row stays; its cost does not.

CREATE OR REPLACE FUNCTION follow_reversal(p_reversal bigint, p_now timestamptz) RETURNS void
LANGUAGE sql SET search_path = capdesk, pg_temp AS $$
  INSERT INTO event_tally (campaign_id, experiment_id, date, event_type, attribution, count, last_event_at, recorded_at, reversal_id)
  SELECT campaign_id, experiment_id, (event_timestamp AT TIME ZONE desk_zone())::date, event_type, attribution, -1,
         event_timestamp, p_now, p_reversal
  FROM (
    SELECT e.campaign_id, e.experiment_id, e.event_timestamp, e.event_type, e.attribution
    FROM reversal v JOIN explicit_event e ON e.id = v.event_id WHERE v.id = p_reversal
    UNION ALL
    SELECT c.campaign_id, c.experiment_id, c.occurred_at, r.event_type, c.attribution
    FROM reversal v JOIN call c ON c.id = v.call_id AND c.source <> 'twilio'
    JOIN dialer_rule r ON r.outcome = c.outcome AND c.duration_s >= r.min_duration_s
    WHERE v.id = p_reversal
  ) answered;
  INSERT INTO cost_rollup (date, campaign_id, experiment_id, source, cost_usd, time_log_id, bonus_event_id, reversal_id, recorded_at)
  SELECT r.date, r.campaign_id, r.experiment_id, r.source, -r.cost_usd, r.time_log_id, r.bonus_event_id, p_reversal, p_now
  FROM reversal v
  LEFT JOIN bonus_event b ON b.event_id = v.event_id OR b.call_id = v.call_id
  JOIN cost_rollup r ON (r.bonus_event_id = b.id OR r.time_log_id = v.time_log_id) AND r.reversal_id IS NULL
  WHERE v.id = p_reversal
  ORDER BY r.id
$$;

CREATE OR REPLACE FUNCTION refuse_reversed(p_reversed boolean, p_what text) RETURNS void
LANGUAGE plpgsql SET search_path = capdesk, pg_temp AS $$
BEGIN
  IF p_reversed THEN
    RAISE EXCEPTION '% is reversed already.', p_what USING ERRCODE = 'CD001';
  END IF;
END $$;

-- Takes the number of a performance event; one read from a call is answered by reversing the call.
CREATE OR REPLACE FUNCTION reverse_event(p_event bigint, p_reason text, p_user bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
DECLARE
  v_now timestamptz := ledger_now();
  v_reversal bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('capdesk reversals'));
  IF p_event % 4 <> 0 AND EXISTS (SELECT FROM call WHERE id = p_event / 4) THEN
    RAISE EXCEPTION 'Event % is read from call %: reverse the call.', p_event, p_event / 4 USING ERRCODE = 'CD001';
  END IF;
  IF p_event % 4 <> 0 OR NOT EXISTS (SELECT FROM explicit_event WHERE id = p_event / 4) THEN
    RAISE EXCEPTION 'There is no event %.', p_event USING ERRCODE = 'CD002';
  END IF;
  PERFORM refuse_reversed(EXISTS (SELECT FROM reversal WHERE event_id = p_event / 4), format('Event %s', p_event));
  INSERT INTO reversal (event_id, reason, user_id, recorded_at) VALUES (p_event / 4, p_reason, p_user, v_now)
  RETURNING id INTO v_reversal;
  PERFORM follow_reversal(v_reversal, v_now);
END $$;

-- Reversing a call reverses its events.
CREATE OR REPLACE FUNCTION reverse_call(p_call bigint, p_reason text, p_user bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
DECLARE
  v_now timestamptz := ledger_now();
  v_reversal bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('capdesk reversals'));
  IF NOT EXISTS (SELECT FROM call WHERE id = p_call) THEN
    RAISE EXCEPTION 'There is no call %.', p_call USING ERRCODE = 'CD002';
  END IF;
  PERFORM refuse_reversed(EXISTS (SELECT FROM reversal WHERE call_id = p_call), format('Call %s', p_call));
  INSERT INTO reversal (call_id, reason, user_id, recorded_at) VALUES (p_call, p_reason, p_user, v_now)
  RETURNING id INTO v_reversal;
  PERFORM follow_reversal(v_reversal, v_now);
END $$;

CREATE OR REPLACE FUNCTION reverse_time_log(p_time_log bigint, p_reason text, p_user bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
DECLARE
  v_now timestamptz := ledger_now();
  v_reversal bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('capdesk reversals'));
  IF NOT EXISTS (SELECT FROM time_log WHERE id = p_time_log) THEN
    RAISE EXCEPTION 'There is no time log %.', p_time_log USING ERRCODE = 'CD002';
  END IF;
  PERFORM refuse_reversed(EXISTS (SELECT FROM reversal WHERE time_log_id = p_time_log), format('Time log %s', p_time_log));
  INSERT INTO reversal (time_log_id, reason, user_id, recorded_at) VALUES (p_time_log, p_reason, p_user, v_now)
  RETURNING id INTO v_reversal;
  PERFORM follow_reversal(v_reversal, v_now);
END $$;
