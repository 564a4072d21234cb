-- Verdicts, and what was due to be sent.

-- The caps in force: those of the newest `continue` that set any, else the experiment's own.
CREATE OR REPLACE FUNCTION caps_in_force(p_experiment bigint, OUT capital_cap_usd numeric, OUT time_cap_days bigint)
LANGUAGE sql STABLE SET search_path = capdesk, pg_temp AS $$
  SELECT capital_cap_usd, time_cap_days FROM (
    SELECT capital_cap_usd, time_cap_days, id FROM evaluation WHERE experiment_id = p_experiment AND verdict = 'continue'
    UNION ALL
    SELECT capital_cap_usd, time_cap_days, 0 FROM experiment WHERE id = p_experiment
  ) caps ORDER BY id DESC LIMIT 1
$$;

CREATE OR REPLACE FUNCTION guard_evaluation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
DECLARE
  v_experiment experiment;
  v_caps record;
BEGIN
  -- The row lock orders a verdict against the experiment's end and against another verdict.
  SELECT * INTO v_experiment FROM experiment WHERE id = NEW.experiment_id FOR UPDATE;
  IF v_experiment.status = 'planned' THEN
    RAISE EXCEPTION 'Experiment "%" has not started: there is nothing to evaluate.', v_experiment.name USING ERRCODE = 'CD001';
  END IF;
  IF NEW.tranche_size_usd <> v_experiment.tranche_size_usd THEN
    RAISE EXCEPTION 'The tranche size never changes.' USING ERRCODE = 'CD001';
  END IF;
  SELECT * INTO v_caps FROM caps_in_force(NEW.experiment_id);
  IF (NEW.verdict <> 'continue' OR v_experiment.status IN ('completed', 'terminated'))
     AND (NEW.capital_cap_usd, NEW.time_cap_days) <> (v_caps.capital_cap_usd, v_caps.time_cap_days) THEN
    RAISE EXCEPTION 'Only a "continue" on an experiment that has not ended sets new caps.' USING ERRCODE = 'CD001';
  END IF;
  -- Signals read these three from the snapshot.
  IF (NEW.snapshot #>> '{capital,spent_usd}') ~ '^-?[0-9]+\.[0-9]{6}$' IS NOT TRUE
     OR jsonb_typeof(NEW.snapshot #> '{time,used_days}') IN ('number', 'null') IS NOT TRUE OR NEW.as_of > NEW.created_at THEN
    RAISE EXCEPTION 'An evaluation seals the figures it rests on, as they were known before it.' USING ERRCODE = 'CD001';
  END IF;
  IF (NEW.snapshot #>> '{caps_before,capital_cap_usd}', NEW.snapshot #>> '{caps_before,time_cap_days}')
     IS DISTINCT FROM (v_caps.capital_cap_usd::text, v_caps.time_cap_days::text) THEN
    RAISE EXCEPTION 'The caps of experiment "%" changed while you decided: look at its report again, then repeat your verdict.',
      v_experiment.name USING ERRCODE = 'CD001';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER guard_evaluation BEFORE INSERT ON evaluation FOR EACH ROW EXECUTE FUNCTION guard_evaluation();
ALTER TABLE evaluation ENABLE ALWAYS TRIGGER guard_evaluation;

-- The newest word on a notification: its newest attempt's newest outcome ('unknown' where it has none yet), or that it
-- was skipped; null before the first attempt. Takes the notification's lock: whoever asks decides alone what follows.
CREATE OR REPLACE FUNCTION notification_state(p_notification bigint) RETURNS text
LANGUAGE plpgsql SET search_path = capdesk, pg_temp AS $$
DECLARE
  v_attempt bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('capdesk notification ' || p_notification));
  IF EXISTS (SELECT FROM notification_outcome WHERE notification_id = p_notification AND outcome = 'skipped') THEN
    RETURN 'skipped';
  END IF;
  SELECT id INTO v_attempt FROM notification_attempt WHERE notification_id = p_notification ORDER BY id DESC LIMIT 1;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  RETURN coalesce((SELECT outcome FROM notification_outcome
                   WHERE notification_id = p_notification AND attempt_id = v_attempt ORDER BY id DESC LIMIT 1), 'unknown');
END $$;

-- A new attempt only after a definite failure: never where the last one may have gone through. The owner alone may
-- send again after an unknown outcome, by first recording it as failed.
CREATE OR REPLACE FUNCTION guard_attempt() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
DECLARE
  v_state text := notification_state(NEW.notification_id);
BEGIN
  IF v_state = 'skipped' THEN
    RAISE EXCEPTION 'This notification was skipped: it is not sent any more.' USING ERRCODE = 'CD001';
  ELSIF v_state <> 'failed' THEN
    RAISE EXCEPTION 'The last attempt may have gone through (%): it is not sent again.', v_state USING ERRCODE = 'CD001';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER guard_attempt BEFORE INSERT ON notification_attempt FOR EACH ROW EXECUTE FUNCTION guard_attempt();
ALTER TABLE notification_attempt ENABLE ALWAYS TRIGGER guard_attempt;

-- An outcome belongs to the newest attempt and is said once; only "unknown" may be answered by a later row.
CREATE OR REPLACE FUNCTION guard_outcome() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
DECLARE
  v_state text := notification_state(NEW.notification_id);
  v_attempt notification_attempt;
BEGIN
  IF NEW.outcome = 'skipped' THEN
    IF v_state <> 'failed' THEN
      RAISE EXCEPTION 'This notification is % and cannot be skipped.', v_state USING ERRCODE = 'CD001';
    END IF;
    RETURN NEW;
  END IF;
  SELECT * INTO v_attempt FROM notification_attempt
  WHERE notification_id = NEW.notification_id ORDER BY id DESC LIMIT 1;
  IF v_attempt.id IS DISTINCT FROM NEW.attempt_id THEN
    RAISE EXCEPTION 'An outcome belongs to the last attempt of its notification.' USING ERRCODE = 'CD001';
  END IF;
  IF v_state <> 'unknown' OR (NEW.outcome = 'unknown' AND EXISTS
       (SELECT FROM notification_outcome WHERE notification_id = NEW.notification_id AND attempt_id = NEW.attempt_id)) THEN
    RAISE EXCEPTION 'What became of this attempt is recorded already (%).', v_state USING ERRCODE = 'CD001';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER guard_outcome BEFORE INSERT ON notification_outcome FOR EACH ROW EXECUTE FUNCTION guard_outcome();
ALTER TABLE notification_outcome ENABLE ALWAYS TRIGGER guard_outcome;
