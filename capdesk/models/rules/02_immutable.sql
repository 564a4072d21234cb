-- Facts are append-only, whoever asks.

CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = capdesk, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'Rows of % never change: record a reversing or a new row instead.', TG_TABLE_NAME
    USING ERRCODE = 'CD001';
END $$;

DO $$
DECLARE
  v_table text;
BEGIN
  FOREACH v_table IN ARRAY ARRAY[
    'campaign_status', 'experiment_transition', 'lead_status', 'member_rate', 'member_assignment', 'time_log',
    'call', 'explicit_event', 'event_tally', 'reversal', 'bonus_event', 'provider_charge', 'provider_mapping',
    'cost_rollup', 'evaluation', 'override_log', 'notification_log', 'notification_attempt', 'notification_outcome',
    'import_batch', 'seal', 'seal_block', 'sync_run', 'sync_step', 'sync_outcome'
  ] LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', v_table);
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER refuse_change', v_table);
  END LOOP;
  -- What lives on is never deleted either: facts name it.
  FOREACH v_table IN ARRAY ARRAY[
    'app_user', 'desk', 'product', 'campaign', 'experiment', 'experiment_run', 'lead', 'team_member',
    'connection', 'twilio_call'
  ] LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER refuse_delete BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', v_table);
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER refuse_delete', v_table);
  END LOOP;
  FOR v_table IN
    SELECT tablename FROM pg_tables
    WHERE schemaname = 'capdesk' AND tablename NOT LIKE 'staged\_%' AND tablename <> 'alembic_version'
  LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', v_table);
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER refuse_truncate', v_table);
  END LOOP;
END $$;

-- Every insert takes the ledger lock before the first row gets its id: so, seen by whoever holds the lock alone, every
-- id up to the newest is committed or will never exist, and a seal can cover them.
CREATE OR REPLACE FUNCTION lock_ledger() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtext('capdesk ledger'));
  RETURN NULL;
END $$;

DO $$
DECLARE
  v_table text;
BEGIN
  FOREACH v_table IN ARRAY ARRAY[
    'campaign_status', 'experiment_transition', 'lead_status', 'member_rate', 'member_assignment', 'time_log',
    'call', 'explicit_event', 'event_tally', 'reversal', 'bonus_event', 'provider_charge', 'provider_mapping',
    'cost_rollup', 'evaluation', 'override_log', 'notification_log', 'notification_attempt', 'notification_outcome',
    'sync_run', 'sync_step', 'sync_outcome'
  ] LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER a_lock_ledger BEFORE INSERT ON %I FOR EACH STATEMENT EXECUTE FUNCTION lock_ledger()', v_table);
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER a_lock_ledger', v_table);
  END LOOP;
END $$;

-- Stamps rows the application inserts itself; column grants keep it from naming these columns.
CREATE OR REPLACE FUNCTION stamp_recorded() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
BEGIN
  NEW.recorded_at := ledger_now();
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION stamp_created() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
BEGIN
  NEW.created_at := ledger_now();
  RETURN NEW;
END $$;

DO $$
DECLARE
  v_table text;
BEGIN
  FOREACH v_table IN ARRAY ARRAY[
    'notification_log', 'notification_attempt', 'notification_outcome', 'import_batch', 'seal',
    'sync_run', 'sync_step', 'sync_outcome'
  ] LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER a_stamp_recorded BEFORE INSERT ON %I FOR EACH ROW EXECUTE FUNCTION stamp_recorded()', v_table);
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER a_stamp_recorded', v_table);
  END LOOP;
  FOREACH v_table IN ARRAY ARRAY['evaluation', 'override_log'] LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER a_stamp_created BEFORE INSERT ON %I FOR EACH ROW EXECUTE FUNCTION stamp_created()', v_table);
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER a_stamp_created', v_table);
  END LOOP;
END $$;

-- The desk zone turns moments into dates; once a fact was dated with it, it stays.
CREATE OR REPLACE FUNCTION guard_desk() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_timezone_names WHERE name = NEW.zone) THEN
    RAISE EXCEPTION '''%'' is no time zone; write an IANA name like America/New_York.', NEW.zone USING ERRCODE = 'CD001';
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF NEW.phone_key <> OLD.phone_key OR NEW.id <> OLD.id THEN
      RAISE EXCEPTION 'The desk''s key never changes.' USING ERRCODE = 'CD001';
    END IF;
    IF NEW.zone <> OLD.zone THEN
      PERFORM ledger_now(true);  -- whoever is dating facts just now is waited for, and then seen
      IF EXISTS (SELECT FROM import_batch) OR EXISTS (SELECT FROM experiment_transition)
         OR EXISTS (SELECT FROM event_tally) OR EXISTS (SELECT FROM time_log) THEN
        RAISE EXCEPTION 'The desk zone cannot change any more: facts are already dated in %.', OLD.zone
          USING ERRCODE = 'CD001';
      END IF;
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER guard_desk BEFORE INSERT OR UPDATE ON desk FOR EACH ROW EXECUTE FUNCTION guard_desk();
ALTER TABLE desk ENABLE ALWAYS TRIGGER guard_desk;

-- The owner is made once, at first start, together with the desk.
CREATE OR REPLACE FUNCTION create_desk(p_zone text, p_owner text, p_email text, p_phone_key bytea) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
DECLARE
  v_owner bigint;
BEGIN
  PERFORM ledger_now(true);
  SELECT id INTO v_owner FROM app_user WHERE is_admin ORDER BY id LIMIT 1;
  IF v_owner IS NULL THEN
    INSERT INTO desk (zone, phone_key) VALUES (p_zone, p_phone_key);
    INSERT INTO app_user (name, email, is_admin) VALUES (p_owner, p_email, true) RETURNING id INTO v_owner;
  END IF;
  RETURN v_owner;
END $$;

-- A batch is numbered before its rows are staged and written once they are recorded; until then nothing is sealed. Its
-- lock is another than the ledger's, which the recording may need alone.
CREATE OR REPLACE FUNCTION next_batch() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtext('capdesk batches'));
  RETURN nextval('import_batch_id_seq');
END $$;

-- Facts belong to the batch opened last in this session, whose receipt is still to come.
CREATE OR REPLACE FUNCTION require_open_batch(p_batch bigint) RETURNS void
LANGUAGE plpgsql SET search_path = capdesk, pg_temp AS $$
DECLARE
  v_open bigint;
BEGIN
  BEGIN
    v_open := currval('import_batch_id_seq');
  EXCEPTION WHEN object_not_in_prerequisite_state THEN
    NULL;  -- this session opened none
  END;
  IF p_batch IS DISTINCT FROM v_open OR EXISTS (SELECT FROM import_batch WHERE id = p_batch) THEN
    RAISE EXCEPTION 'Batch % is not open here.', p_batch USING ERRCODE = 'CD001';
  END IF;
END $$;

CREATE OR REPLACE FUNCTION record_batch(p_id bigint, p_kind text, p_file_name text, p_file_sha256 text, p_profile text,
                                        p_campaign bigint, p_read bigint, p_landed bigint, p_duplicate bigint,
                                        p_rejected bigint, p_warnings jsonb, p_user bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
BEGIN
  PERFORM require_open_batch(p_id);
  INSERT INTO import_batch (id, kind, file_name, file_sha256, profile, campaign_id, read, landed, duplicate, rejected,
                            warnings, user_id, recorded_at)
  OVERRIDING SYSTEM VALUE
  VALUES (p_id, p_kind, p_file_name, p_file_sha256, p_profile, p_campaign, p_read, p_landed, p_duplicate, p_rejected,
          p_warnings, p_user, ledger_now());
END $$;
