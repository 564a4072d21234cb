-- Campaigns and experiments: who may change what, and when.

-- The ledger lock comes before the campaign's row lock, as it does when an experiment starts.
CREATE OR REPLACE TRIGGER a_lock_ledger BEFORE INSERT OR UPDATE ON campaign
  FOR EACH STATEMENT EXECUTE FUNCTION lock_ledger();
ALTER TABLE campaign ENABLE ALWAYS TRIGGER a_lock_ledger;

CREATE OR REPLACE FUNCTION record_campaign_status() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' OR NEW.status <> OLD.status THEN
    INSERT INTO campaign_status (campaign_id, status, recorded_at) VALUES (NEW.id, NEW.status, ledger_now());
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER record_campaign_status AFTER INSERT OR UPDATE ON campaign
  FOR EACH ROW EXECUTE FUNCTION record_campaign_status();
ALTER TABLE campaign ENABLE ALWAYS TRIGGER record_campaign_status;

CREATE OR REPLACE FUNCTION guard_experiment() RETURNS trigger
LANGUAGE plpgsql SET search_path = capdesk, pg_temp AS $$
BEGIN
  IF OLD.status IN ('completed', 'terminated') THEN
    RAISE EXCEPTION 'Experiment "%" is %: it can never change.', OLD.name, OLD.status USING ERRCODE = 'CD001';
  END IF;
  IF NEW.id <> OLD.id OR NEW.campaign_id <> OLD.campaign_id OR NEW.created_at <> OLD.created_at THEN
    RAISE EXCEPTION 'Experiment "%" stays what it is: make a new one instead.', OLD.name USING ERRCODE = 'CD001';
  END IF;
  IF OLD.status <> 'planned'
     AND (NEW.name, NEW.hypothesis, NEW.capital_cap_usd, NEW.time_cap_days, NEW.tranche_size_usd,
          NEW.primary_success_event, NEW.secondary_events, NEW.start_date)
     IS DISTINCT FROM
         (OLD.name, OLD.hypothesis, OLD.capital_cap_usd, OLD.time_cap_days, OLD.tranche_size_usd,
          OLD.primary_success_event, OLD.secondary_events, OLD.start_date) THEN
    RAISE EXCEPTION 'Experiment "%" has started: its rules are locked.', OLD.name USING ERRCODE = 'CD001';
  END IF;
  IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN
     (('planned', 'running'), ('planned', 'terminated'), ('running', 'paused'), ('paused', 'running'),
      ('running', 'completed'), ('running', 'terminated'), ('paused', 'completed'), ('paused', 'terminated')) THEN
    RAISE EXCEPTION 'Experiment "%" is %; it cannot become %.', OLD.name, OLD.status, NEW.status USING ERRCODE = 'CD001';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER guard_experiment BEFORE UPDATE ON experiment FOR EACH ROW EXECUTE FUNCTION guard_experiment();
ALTER TABLE experiment ENABLE ALWAYS TRIGGER guard_experiment;

-- A new experiment is planned; only transition_experiment moves it on.
CREATE OR REPLACE FUNCTION guard_new_experiment() RETURNS trigger
LANGUAGE plpgsql SET search_path = capdesk, pg_temp AS $$
BEGIN
  IF NEW.status <> 'planned' OR NEW.start_date IS NOT NULL OR NEW.end_date IS NOT NULL THEN
    RAISE EXCEPTION 'A new experiment is planned; start it afterwards.' USING ERRCODE = 'CD001';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER guard_new_experiment BEFORE INSERT ON experiment
  FOR EACH ROW EXECUTE FUNCTION guard_new_experiment();
ALTER TABLE experiment ENABLE ALWAYS TRIGGER guard_new_experiment;

-- Takes the experiment's row lock, so that a rule cannot slip in beside its start.
CREATE OR REPLACE FUNCTION guard_bonus_rule() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
DECLARE
  v_experiment experiment;
BEGIN
  FOR v_experiment IN
    SELECT * FROM experiment
    WHERE id IN (CASE WHEN TG_OP <> 'DELETE' THEN NEW.experiment_id END,
                 CASE WHEN TG_OP <> 'INSERT' THEN OLD.experiment_id END)
    FOR UPDATE
  LOOP
    IF v_experiment.status <> 'planned' THEN
      RAISE EXCEPTION 'Experiment "%" is %: its bonus rules are locked.', v_experiment.name, v_experiment.status
        USING ERRCODE = 'CD001';
    END IF;
  END LOOP;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE OR REPLACE TRIGGER guard_bonus_rule BEFORE INSERT OR UPDATE OR DELETE ON bonus_rule
  FOR EACH ROW EXECUTE FUNCTION guard_bonus_rule();
ALTER TABLE bonus_rule ENABLE ALWAYS TRIGGER guard_bonus_rule;

-- A run may only be ended, once.
CREATE OR REPLACE FUNCTION guard_run() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM experiment WHERE id = NEW.experiment_id AND status IN ('completed', 'terminated')) THEN
    RAISE EXCEPTION 'The experiment has ended: its runs can never change.' USING ERRCODE = 'CD001';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.ended_at IS NOT NULL
     OR (NEW.id, NEW.experiment_id, NEW.campaign_id, NEW.started_at, NEW.start_recorded_at, NEW.started_by)
        <> (OLD.id, OLD.experiment_id, OLD.campaign_id, OLD.started_at, OLD.start_recorded_at, OLD.started_by)) THEN
    RAISE EXCEPTION 'A run never changes: it can only be ended, once.' USING ERRCODE = 'CD001';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER guard_run BEFORE INSERT OR UPDATE ON experiment_run
  FOR EACH ROW EXECUTE FUNCTION guard_run();
ALTER TABLE experiment_run ENABLE ALWAYS TRIGGER guard_run;

-- Back-dating must change nothing recorded.
CREATE OR REPLACE FUNCTION refuse_rewriting(p_campaign bigint, p_at timestamptz) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = capdesk, pg_temp AS $$
DECLARE
  v_event timestamptz;
  v_cost date;
BEGIN
  SELECT max(last_event_at) INTO v_event FROM event_tally WHERE campaign_id = p_campaign;
  IF v_event >= p_at THEN
    RAISE EXCEPTION 'Events of this campaign are recorded up to % UTC: a run cannot start or end at or before that moment any more; give a later one.',
      to_char(v_event AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') USING ERRCODE = 'CD001';
  END IF;
  SELECT max(date) INTO v_cost FROM cost_rollup
  WHERE campaign_id = p_campaign AND source <> 'bonus'
    AND date >= (p_at AT TIME ZONE CASE WHEN source = 'labor' THEN desk_zone() ELSE 'UTC' END)::date;
  IF v_cost IS NOT NULL THEN
    RAISE EXCEPTION 'Costs of this campaign are recorded up to %: a run cannot start or end on or before that date any more; give a later one.',
      v_cost USING ERRCODE = 'CD001';
  END IF;
END $$;

-- start | pause | resume | complete | terminate, now or back-dated. Returns the moment it holds from.
CREATE OR REPLACE FUNCTION transition_experiment(p_experiment bigint, p_action text, p_at timestamptz, p_admin bigint)
RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
DECLARE
  v_now timestamptz := ledger_now(true);
  v_at timestamptz := coalesce(p_at, v_now);
  v_experiment experiment;
  v_campaign campaign;
  v_last timestamptz;
  v_status experiment_status_name;
  v_other text;
BEGIN
  SELECT * INTO v_experiment FROM experiment WHERE id = p_experiment FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no experiment %.', p_experiment USING ERRCODE = 'CD002';
  END IF;
  IF NOT EXISTS (SELECT FROM app_user WHERE id = p_admin AND is_admin) THEN
    RAISE EXCEPTION 'Only an admin may % an experiment.', p_action USING ERRCODE = 'CD001';
  END IF;
  SELECT * INTO v_campaign FROM campaign WHERE id = v_experiment.campaign_id FOR SHARE;
  v_status := CASE p_action WHEN 'start' THEN 'running' WHEN 'resume' THEN 'running' WHEN 'pause' THEN 'paused'
                            WHEN 'complete' THEN 'completed' WHEN 'terminate' THEN 'terminated' END;
  IF v_status IS NULL
     OR (p_action = 'start' AND v_experiment.status <> 'planned')
     OR (p_action = 'resume' AND v_experiment.status <> 'paused')
     OR (p_action = 'pause' AND v_experiment.status <> 'running')
     OR (p_action = 'complete' AND v_experiment.status NOT IN ('running', 'paused'))
     OR (p_action = 'terminate' AND v_experiment.status NOT IN ('planned', 'running', 'paused')) THEN
    RAISE EXCEPTION 'Experiment "%" is %: you cannot % it.', v_experiment.name, v_experiment.status, p_action
      USING ERRCODE = 'CD001';
  END IF;
  IF v_at > v_now OR NOT isfinite(v_at) THEN
    RAISE EXCEPTION 'A run starts and ends now or in the past, not in the future; give an earlier moment.' USING ERRCODE = 'CD001';
  END IF;
  IF v_status = 'running' THEN
    IF v_campaign.status <> 'active' THEN
      RAISE EXCEPTION 'Campaign "%" is %: an experiment runs only in an active campaign; make it active first (capdesk campaign edit ... --status active).', v_campaign.name, v_campaign.status
        USING ERRCODE = 'CD001';
    END IF;
    SELECT name INTO v_other FROM experiment
    WHERE campaign_id = v_campaign.id AND status = 'running' AND id <> p_experiment;
    IF FOUND THEN
      RAISE EXCEPTION 'Experiment "%" is running in campaign "%": only one may run at a time; pause or end that one first.', v_other, v_campaign.name
        USING ERRCODE = 'CD001';
    END IF;
  END IF;
  SELECT max(occurred_at) INTO v_last FROM experiment_transition WHERE experiment_id = p_experiment;
  IF v_at <= v_last THEN
    RAISE EXCEPTION 'Experiment "%" last changed at % UTC: the moment must be after that.', v_experiment.name,
      to_char(v_last AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') USING ERRCODE = 'CD001';
  END IF;
  IF p_at IS NOT NULL THEN
    PERFORM refuse_rewriting(v_campaign.id, v_at);
  END IF;

  IF v_status = 'running' THEN
    BEGIN
      INSERT INTO experiment_run (experiment_id, campaign_id, started_at, start_recorded_at, started_by)
      VALUES (p_experiment, v_campaign.id, v_at, v_now, p_admin);
    EXCEPTION WHEN exclusion_violation THEN
      RAISE EXCEPTION 'Another experiment ran in campaign "%" at that time: runs of a campaign never overlap.', v_campaign.name
        USING ERRCODE = 'CD001';
    END;
  ELSE
    UPDATE experiment_run SET ended_at = v_at, end_recorded_at = v_now, ended_by = p_admin
    WHERE experiment_id = p_experiment AND ended_at IS NULL;
  END IF;
  INSERT INTO experiment_transition (experiment_id, action, status, occurred_at, recorded_at, admin_user_id, rules)
  VALUES (p_experiment, p_action, v_status, v_at, v_now, p_admin, experiment_rules(p_experiment));
  UPDATE experiment
  SET status = v_status,
      start_date = CASE WHEN p_action = 'start' THEN (v_at AT TIME ZONE desk_zone())::date ELSE start_date END,
      end_date = CASE WHEN v_status IN ('completed', 'terminated') THEN (v_at AT TIME ZONE desk_zone())::date END
  WHERE id = p_experiment;
  RETURN v_at;
END $$;

-- What was locked, as text a seal can cover.
CREATE OR REPLACE FUNCTION experiment_rules(p_experiment bigint) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = capdesk, pg_temp AS $$
  SELECT jsonb_build_object(
    'name', name, 'hypothesis', hypothesis, 'capital_cap_usd', capital_cap_usd::text, 'time_cap_days', time_cap_days,
    'tranche_size_usd', tranche_size_usd::text, 'primary_success_event', primary_success_event,
    'secondary_events', to_jsonb(secondary_events),
    'bonus_rules', coalesce((SELECT jsonb_object_agg(event_type, bonus_amount_usd::text) FROM bonus_rule
                             WHERE experiment_id = p_experiment), '{}'))
  FROM experiment WHERE id = p_experiment
$$;
