-- Leads and their status. A terminal status is final and takes the lead out of experiments.

CREATE OR REPLACE FUNCTION guard_lead() RETURNS trigger
LANGUAGE plpgsql SET search_path = capdesk, pg_temp AS $$
BEGIN
  IF (NEW.id, NEW.campaign_id, NEW.phone_key, NEW.created_at) <> (OLD.id, OLD.campaign_id, OLD.phone_key, OLD.created_at)
     OR (OLD.exited_at IS NOT NULL AND (NEW.status <> OLD.status OR NEW.exited_at IS DISTINCT FROM OLD.exited_at)) THEN
    RAISE EXCEPTION 'Lead % is %: that is final.', OLD.id, OLD.status USING ERRCODE = 'CD001';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER guard_lead BEFORE UPDATE ON lead FOR EACH ROW EXECUTE FUNCTION guard_lead();
ALTER TABLE lead ENABLE ALWAYS TRIGGER guard_lead;

-- Keeps lead.status and lead.exited_at equal to the newest row of the history.
CREATE OR REPLACE FUNCTION apply_lead_status() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
BEGIN
  UPDATE lead SET status = NEW.status, exited_at = CASE WHEN NEW.status <> 'active' THEN NEW.recorded_at END
  WHERE id = NEW.lead_id;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER apply_lead_status AFTER INSERT ON lead_status
  FOR EACH ROW EXECUTE FUNCTION apply_lead_status();
ALTER TABLE lead_status ENABLE ALWAYS TRIGGER apply_lead_status;

CREATE OR REPLACE FUNCTION set_lead_status(p_lead bigint, p_status lead_status_name) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
DECLARE
  v_now timestamptz := ledger_now(true);
  v_lead lead;
BEGIN
  SELECT * INTO v_lead FROM lead WHERE id = p_lead FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no lead %.', p_lead USING ERRCODE = 'CD002';
  END IF;
  IF v_lead.exited_at IS NOT NULL THEN
    RAISE EXCEPTION 'Lead % is %: that is final.', p_lead, v_lead.status USING ERRCODE = 'CD001';
  END IF;
  IF v_lead.status <> p_status THEN
    INSERT INTO lead_status (lead_id, status, recorded_at) VALUES (p_lead, p_status, v_now);
  END IF;
END $$;

-- Records the staged leads; returns the lines that did not land.
CREATE OR REPLACE FUNCTION record_leads(p_batch bigint, p_campaign bigint)
RETURNS TABLE (line integer, status text, field text, reason text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz := ledger_now();
BEGIN
  PERFORM require_open_batch(p_batch);
  PERFORM pg_advisory_xact_lock(hashtext('capdesk leads'));
  ANALYZE staged_lead;
  RETURN QUERY
  WITH staged AS (
    SELECT s.*, row_number() OVER same AS nth, first_value(s.name) OVER same AS first_name,
           first_value(s.email) OVER same AS first_email, first_value(s.extra) OVER same AS first_extra,
           first_value(s.line) OVER same AS first_line
    FROM staged_lead s WHERE s.batch_id = p_batch
    WINDOW same AS (PARTITION BY s.phone_key ORDER BY s.line)
  ), judged AS MATERIALIZED (
    SELECT s.*,
      CASE
        WHEN l.id IS NOT NULL THEN
          CASE WHEN c.lead_id IS NULL OR c.phone IS NULL
                 OR (c.name, c.email, c.extra) IS NOT DISTINCT FROM (s.name, s.email, s.extra)
               THEN 'duplicate' ELSE 'rejected' END
        WHEN s.nth > 1 THEN
          CASE WHEN (s.first_name, s.first_email, s.first_extra) IS NOT DISTINCT FROM (s.name, s.email, s.extra)
               THEN 'duplicate' ELSE 'rejected' END
        ELSE 'landed' END AS status,
      CASE WHEN l.id IS NOT NULL THEN 'differs from what is recorded of this number; change it with: capdesk lead edit'
           ELSE format('differs from line %s, which has the same number', s.first_line) END AS reason
    FROM staged s
    LEFT JOIN lead l ON l.campaign_id = p_campaign AND l.phone_key = s.phone_key
    LEFT JOIN lead_contact c ON c.lead_id = l.id
  ), landed AS (
    INSERT INTO lead (campaign_id, phone_key, created_at)
    SELECT p_campaign, phone_key, v_now FROM judged WHERE status = 'landed' ORDER BY line
    RETURNING id, phone_key
  ), contacts AS (
    INSERT INTO lead_contact (lead_id, phone, name, email, extra)
    SELECT l.id, j.phone, j.name, j.email, j.extra
    FROM landed l JOIN judged j ON j.phone_key = l.phone_key AND j.status = 'landed'
  ), history AS (
    INSERT INTO lead_status (lead_id, status, recorded_at) SELECT id, 'active', v_now FROM landed ORDER BY id
  )
  SELECT j.line, j.status, 'phone', j.reason FROM judged j WHERE j.status <> 'landed' ORDER BY j.line;
  DELETE FROM staged_lead WHERE batch_id = p_batch;
END $$;
