-- Pulls: what was asked of a provider, and what landed of it.

-- A step belongs to a run that has no outcome yet, and never lands behind a newer run's of the same account: what that
-- one was told is newer.
CREATE OR REPLACE FUNCTION guard_step() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
DECLARE
  v_run sync_run;
BEGIN
  SELECT * INTO v_run FROM sync_run WHERE id = NEW.run_id;
  PERFORM pg_advisory_xact_lock(hashtext('capdesk sync ' || v_run.connection_id || v_run.source));
  IF EXISTS (SELECT FROM sync_outcome WHERE run_id = NEW.run_id) THEN
    RAISE EXCEPTION 'This pull has ended: nothing more is recorded of it.' USING ERRCODE = 'CD001';
  END IF;
  IF EXISTS (SELECT FROM sync_step s JOIN sync_run r ON r.id = s.run_id
             WHERE r.connection_id = v_run.connection_id AND r.source = v_run.source AND r.id > v_run.id
               AND s.account = NEW.account) THEN
    RAISE EXCEPTION 'A newer pull of % has recorded its figures already: the older ones are dropped.', NEW.account
      USING ERRCODE = 'CD001';
  END IF;
  IF NEW.through >= (NEW.recorded_at AT TIME ZONE 'UTC')::date THEN
    RAISE EXCEPTION 'A provider day is recorded only once it has ended (UTC).' USING ERRCODE = 'CD001';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER guard_step BEFORE INSERT ON sync_step FOR EACH ROW EXECUTE FUNCTION guard_step();
ALTER TABLE sync_step ENABLE ALWAYS TRIGGER guard_step;

-- The calls staged for a run that say what is not known: a new call, or a known one whose state, price or recording
-- changed. The last line of a call holds. It gives whole rows: who joined lines back would need fresh statistics.
CREATE OR REPLACE FUNCTION unknown_twilio_calls(p_run bigint) RETURNS SETOF staged_twilio_call
LANGUAGE sql STABLE SET search_path = capdesk, pg_temp AS $$
  SELECT s.*
  FROM (SELECT DISTINCT ON (sid) * FROM staged_twilio_call WHERE batch_id = p_run ORDER BY sid, line DESC) s
  LEFT JOIN LATERAL (SELECT * FROM twilio_call c WHERE c.sid = s.sid ORDER BY c.id DESC LIMIT 1) known ON true
  WHERE known.id IS NULL
     OR (known.status, known.ended_at, known.duration_s, known.price_usd, known.answered_by, known.recording_sid)
        IS DISTINCT FROM (s.status, s.ended_at, s.duration_s, s.price_usd, s.answered_by, s.recording_sid)
$$;

-- Truncating frees the space at once, when nobody else is staging calls; deleting always works.
CREATE OR REPLACE FUNCTION clear_staged_twilio_calls(p_run bigint) RETURNS void
LANGUAGE plpgsql SET search_path = capdesk, pg_temp AS $$
BEGIN
  BEGIN
    LOCK TABLE staged_twilio_call IN ACCESS EXCLUSIVE MODE NOWAIT;
    IF NOT EXISTS (SELECT FROM staged_twilio_call WHERE batch_id <> p_run) THEN
      TRUNCATE staged_twilio_call;
      RETURN;
    END IF;
  EXCEPTION WHEN lock_not_available THEN
    NULL;
  END;
  DELETE FROM staged_twilio_call WHERE batch_id = p_run;
END $$;

-- Appends what the staged calls say that was not known. Returns how many rows that were.
CREATE OR REPLACE FUNCTION record_twilio_calls(p_run bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
DECLARE
  v_landed bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('capdesk twilio calls'));
  IF NOT EXISTS (SELECT FROM sync_run WHERE id = p_run) OR EXISTS (SELECT FROM sync_outcome WHERE run_id = p_run) THEN
    RAISE EXCEPTION 'This pull has ended: nothing more is recorded of it.' USING ERRCODE = 'CD001';
  END IF;
  INSERT INTO twilio_call (sid, parent_sid, account, direction, status, started_at, ended_at, duration_s, price_usd, answered_by,
                           own_number, phone, phone_key, recording_sid, recorded_at, run_id)
  SELECT s.sid, s.parent_sid, s.account, s.direction, s.status, s.started_at, s.ended_at, s.duration_s, s.price_usd, s.answered_by,
         s.own_number, s.phone, s.phone_key, s.recording_sid, clock_timestamp(), p_run
  FROM unknown_twilio_calls(p_run) s ORDER BY s.started_at, s.sid;
  GET DIAGNOSTICS v_landed = ROW_COUNT;
  PERFORM clear_staged_twilio_calls(p_run);
  RETURN v_landed;
END $$;
