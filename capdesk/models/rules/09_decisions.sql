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
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER guard_evaluation BEFORE INSERT ON evaluation FOR EACH ROW EXECUTE FUNCTION guard_evaluation();
ALTER TABLE evaluation ENABLE ALWAYS TRIGGER guard_evaluation;

-- A new attempt only after a definite failure: never where the last one may have gone through. The owner alone may
-- send again after an unknown outcome, by first recording it as failed.
CREATE OR REPLACE FUNCTION guard_attempt() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
DECLARE
  v_last text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('capdesk notification ' || NEW.notification_id));
  IF EXISTS (SELECT FROM notification_outcome WHERE notification_id = NEW.notification_id AND outcome = 'skipped') THEN
    RAISE EXCEPTION 'This notification was skipped.' USING ERRCODE = 'CD001';
  END IF;
  SELECT coalesce(o.outcome, 'unknown') INTO v_last
  FROM notification_attempt a LEFT JOIN notification_outcome o ON o.attempt_id = a.id
  WHERE a.notification_id = NEW.notification_id ORDER BY a.number DESC LIMIT 1;
  IF v_last <> 'failed' THEN
    RAISE EXCEPTION 'The last attempt may have gone through (%): it is not sent again.', v_last USING ERRCODE = 'CD001';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER guard_attempt BEFORE INSERT ON notification_attempt FOR EACH ROW EXECUTE FUNCTION guard_attempt();
ALTER TABLE notification_attempt ENABLE ALWAYS TRIGGER guard_attempt;
