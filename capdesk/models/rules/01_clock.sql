-- The ledger lock and the ledger's time. Every transaction that writes facts calls ledger_now() first:
-- shared for recording, exclusive for what changes attribution (start, stop, terminal statuses, mapping).
-- recorded_at comes from here alone. It never runs behind a moment already given out, so that a report
-- "as of T" stays what it was.

CREATE SEQUENCE IF NOT EXISTS ledger_clock;

CREATE OR REPLACE FUNCTION ledger_now(p_exclusive boolean DEFAULT false) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
DECLARE
  v_now bigint;
  v_last bigint;
BEGIN
  -- With a snapshot from before the lock, runs that have changed since would not be seen.
  IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
    RAISE EXCEPTION 'Facts are recorded in READ COMMITTED transactions only, not in %.',
      upper(current_setting('transaction_isolation')) USING ERRCODE = 'CD001';
  END IF;
  IF p_exclusive THEN
    PERFORM pg_advisory_xact_lock(hashtext('capdesk ledger'));
  ELSE
    PERFORM pg_advisory_xact_lock_shared(hashtext('capdesk ledger'));
  END IF;
  v_now := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
  SELECT last_value INTO v_last FROM ledger_clock;
  IF v_last - v_now > 3600000000 THEN
    RAISE EXCEPTION 'The database''s clock is more than an hour behind the newest recorded fact (%); set the clock right, then try again.',
      to_timestamp(v_last / 1000000.0) AT TIME ZONE 'UTC' USING ERRCODE = 'CD001';
  END IF;
  v_now := greatest(v_now, v_last + 1);
  PERFORM setval('ledger_clock', v_now);
  RETURN timestamptz 'epoch' + v_now * interval '1 microsecond';
END $$;

-- Now, or the newest moment given out where the database's clock was set back since.
CREATE OR REPLACE FUNCTION ledger_newest() RETURNS timestamptz
LANGUAGE sql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
  SELECT greatest(clock_timestamp(), timestamptz 'epoch' + last_value * interval '1 microsecond') FROM ledger_clock
$$;

-- The last moment at which no write was in flight. Runs as the caller, who sees the other sessions of its role;
-- of a holder it cannot see nothing is known, so no moment is safe.
CREATE OR REPLACE FUNCTION ledger_quiet_at() RETURNS timestamptz
LANGUAGE plpgsql SET search_path = capdesk, pg_temp AS $$
DECLARE
  v_now timestamptz := ledger_newest();
  v_oldest timestamptz;
BEGIN
  -- A holder whose session is seen without a transaction has ended since: what it wrote is there for whoever looks next.
  SELECT min(coalesce(a.xact_start, '-infinity'))
         FILTER (WHERE a.xact_start IS NOT NULL OR l.pid IS NULL OR (a.pid IS NOT NULL AND coalesce(a.state, 'disabled') = 'disabled'))
  INTO v_oldest
  FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
  WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.pid IS DISTINCT FROM pg_backend_pid()
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (l.classid::bigint << 32 | l.objid::bigint) = hashtext('capdesk ledger')::bigint;
  IF v_oldest IS NOT NULL THEN
    RETURN v_oldest - interval '1 microsecond';
  END IF;
  PERFORM ledger_seen(v_now);
  RETURN v_now;
END $$;

-- A moment given out as quiet: nothing recorded later may carry it or an earlier one.
CREATE OR REPLACE FUNCTION ledger_seen(p_moment timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
  SELECT setval('ledger_clock', (extract(epoch FROM p_moment) * 1000000)::bigint)
  FROM ledger_clock
  WHERE last_value < (extract(epoch FROM p_moment) * 1000000)::bigint
    AND p_moment <= clock_timestamp()
$$;

CREATE OR REPLACE FUNCTION desk_zone() RETURNS text
LANGUAGE sql STABLE SET search_path = capdesk, pg_temp AS $$ SELECT zone FROM desk $$;

-- Money with 6 decimals, half-even; Postgres' own round() goes half away from zero.
CREATE OR REPLACE FUNCTION round_half_even(p_amount numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = capdesk, pg_temp AS $$
  SELECT CASE WHEN abs(p_amount * 1000000 - trunc(p_amount * 1000000)) = 0.5
              THEN round(p_amount * 0.5, 6) * 2 ELSE round(p_amount, 6) END
$$;
