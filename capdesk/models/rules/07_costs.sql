-- Provider charges, their mapping to campaigns, and the ledger rows both make.

-- The mapping that holds for a charge: the most specific (label before project before account), of equals the newest.
CREATE OR REPLACE FUNCTION mapping_of(p_provider provider_name, p_account text, p_project text, p_label text)
RETURNS provider_mapping
LANGUAGE sql STABLE SET search_path = capdesk, pg_temp AS $$
  SELECT m FROM provider_mapping m
  WHERE m.provider = p_provider
    AND (m.account IS NULL OR m.account = p_account)
    AND (m.project IS NULL OR m.project = p_project)
    AND (m.label IS NULL OR m.label = p_label)
    -- the newest word on each match key is the only one that counts
    AND NOT EXISTS (SELECT FROM provider_mapping n WHERE n.id > m.id AND n.provider = m.provider
                    AND (n.account, n.project, n.label) IS NOT DISTINCT FROM (m.account, m.project, m.label))
    AND m.campaign_id IS NOT NULL
  ORDER BY (m.label IS NOT NULL)::int * 4 + (m.project IS NOT NULL)::int * 2 + (m.account IS NOT NULL)::int DESC
  LIMIT 1
$$;

CREATE OR REPLACE FUNCTION grain_key(p_provider provider_name, p_account text, p_usage_date date, p_project text, p_service text,
                                     p_sku text, p_label text, p_invoice_month text, p_cost_type text) RETURNS uuid
LANGUAGE sql IMMUTABLE SET search_path = capdesk, pg_temp AS $$
  SELECT md5(jsonb_build_array(p_provider::text, p_account, to_char(p_usage_date, 'YYYY-MM-DD'), p_project, p_service, p_sku,
                               p_label, p_invoice_month, p_cost_type)::text)::uuid
$$;

-- Charges with the UTC date from which each is final: a Twilio day 10 days later, a Google day on the 5th after its
-- invoice month.
CREATE OR REPLACE VIEW dated_charge AS
SELECT id, provider, account, project, label, usage_date, amount_usd, recorded_at,
       CASE WHEN invoice_month IS NULL THEN usage_date + 10
            ELSE (to_date(invoice_month, 'YYYYMM') + interval '1 month')::date + 4 END AS final_on
FROM provider_charge;

-- The ledger rows of newly appended charges. A grain already in the ledger of its mapped campaign keeps date, campaign
-- and experiment; another gets the first experiment that had run on its usage day. Mapping and experiment are asked for
-- once per owner and day, not once per charge.
CREATE OR REPLACE FUNCTION roll_charges(p_from_id bigint, p_now timestamptz) RETURNS void
LANGUAGE sql SET search_path = capdesk, pg_temp AS $$
  WITH fresh AS MATERIALIZED (
    SELECT id, provider, account, coalesce(project, '') AS project, project IS NULL AS projectless,
           coalesce(label, '') AS label, label IS NULL AS labelless, usage_date, grain_key, amount_usd
    FROM provider_charge WHERE id >= p_from_id
  ), owner AS MATERIALIZED (
    SELECT o.*, m.id AS mapping_id, m.campaign_id
    FROM (SELECT DISTINCT provider, account, project, projectless, label, labelless FROM fresh) o
    CROSS JOIN LATERAL mapping_of(o.provider, o.account, CASE WHEN NOT o.projectless THEN o.project END,
                                  CASE WHEN NOT o.labelless THEN o.label END) m
    WHERE m.campaign_id IS NOT NULL
  ), mapped AS MATERIALIZED (
    SELECT c.*, o.mapping_id, o.campaign_id
    FROM fresh c JOIN owner o USING (provider, account, project, projectless, label, labelless)
  ), dated AS MATERIALIZED (
    SELECT d.*, dated_experiment(d.campaign_id, d.usage_date, 'UTC') AS experiment_id
    FROM (SELECT DISTINCT campaign_id, usage_date FROM mapped) d
  )
  INSERT INTO cost_rollup (date, campaign_id, experiment_id, source, cost_usd, charge_id, mapping_id, recorded_at)
  SELECT c.usage_date, c.campaign_id,
         CASE WHEN before.rows > 0 THEN before.experiment_id ELSE d.experiment_id END,
         c.provider::text::cost_source, c.amount_usd, c.id, c.mapping_id, p_now
  FROM mapped c
  JOIN dated d USING (campaign_id, usage_date)
  CROSS JOIN LATERAL (  -- by the grain's few charges: no index on campaigns, none walked backwards
    SELECT count(*) AS rows, (array_agg(r.experiment_id ORDER BY r.id DESC))[1] AS experiment_id
    FROM provider_charge p JOIN cost_rollup r ON r.charge_id = p.id
    WHERE p.grain_key = c.grain_key AND r.campaign_id + 0 = c.campaign_id) before
  ORDER BY c.id
$$;

-- Appends the difference between what the staged statements say and what is recorded. With p_whole_days they state the
-- days they name in full, as a pull does: a grain of such a day that is no longer named is taken back. A day of which
-- nothing is left is named in staged_coverage. Returns the lines (first record of a statement) that changed nothing, with
-- status 'duplicate'.
CREATE OR REPLACE FUNCTION record_charges(p_batch bigint, p_whole_days boolean DEFAULT false)
RETURNS TABLE (line integer, status text, field text, reason text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz := ledger_now();
  v_first bigint;
  v_many boolean;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('capdesk charges'));
  ANALYZE staged_charge;
  PERFORM require_open_batch(p_batch);
  IF EXISTS (SELECT FROM staged_charge WHERE batch_id = p_batch
             GROUP BY provider, account, usage_date, project, service, sku, label, invoice_month, cost_type HAVING count(*) > 1) THEN
    RAISE EXCEPTION 'One charge is stated twice: a statement names each grain of a day once.' USING ERRCODE = 'CD001';
  END IF;
  IF EXISTS (SELECT FROM staged_charge WHERE batch_id = p_batch AND usage_date >= (v_now AT TIME ZONE 'UTC')::date
             UNION ALL
             SELECT FROM staged_coverage WHERE batch_id = p_batch AND usage_date >= (v_now AT TIME ZONE 'UTC')::date) THEN
    RAISE EXCEPTION 'A provider day is recorded only once it has ended (UTC).' USING ERRCODE = 'CD001';
  END IF;
  SELECT coalesce(max(id), 0) + 1 INTO v_first FROM provider_charge;

  RETURN QUERY
  WITH stated AS MATERIALIZED (
    SELECT *, grain_key(provider, account, usage_date, project, service, sku, label, invoice_month, cost_type) AS key
    FROM staged_charge WHERE batch_id = p_batch
  ), covered AS (
    SELECT provider, account, usage_date FROM stated
    UNION SELECT provider, account, usage_date FROM staged_coverage WHERE batch_id = p_batch
  ), known AS MATERIALIZED (
    SELECT c.grain_key AS key, sum(c.amount_usd) AS amount_usd, min(c.id) AS first_id
    FROM provider_charge c JOIN covered d USING (provider, account, usage_date)
    GROUP BY 1
  ), fresh AS (
    SELECT s.*, s.stated_usd - coalesce(k.amount_usd, 0) AS difference
    FROM stated s LEFT JOIN known k USING (key)
  ), appended AS (
    INSERT INTO provider_charge (provider, account, usage_date, project, service, sku, label, invoice_month, cost_type,
                                 grain_key, amount_usd, stated_usd, breakdown, batch_id, recorded_at)
    SELECT provider, account, usage_date, project, service, sku, label, invoice_month, cost_type,
           key, difference, stated_usd, breakdown, p_batch, v_now
    FROM fresh f
    WHERE difference <> 0 OR NOT EXISTS (SELECT FROM known k WHERE k.key = f.key)
    UNION ALL
    SELECT c.provider, c.account, c.usage_date, c.project, c.service, c.sku, c.label, c.invoice_month, c.cost_type,
           c.grain_key, -k.amount_usd, 0, NULL, p_batch, v_now
    FROM known k JOIN provider_charge c ON c.id = k.first_id
    WHERE p_whole_days AND k.amount_usd <> 0 AND NOT EXISTS (SELECT FROM stated s WHERE s.key = k.key)
  )
  SELECT f.line, 'duplicate', 'amount_usd', NULL
  FROM fresh f WHERE difference = 0 AND EXISTS (SELECT FROM known k WHERE k.key = f.key) ORDER BY f.line;

  -- Fresh statistics before the ledger looks up each charge's grain: a large first pull comes before any autovacuum.
  v_many := (SELECT count(*) FROM provider_charge WHERE id >= v_first) >= 10000;
  IF v_many THEN
    ANALYZE provider_charge;
  END IF;
  PERFORM roll_charges(v_first, v_now);
  IF v_many THEN
    ANALYZE cost_rollup;
  END IF;
  DELETE FROM staged_charge WHERE batch_id = p_batch;
  DELETE FROM staged_coverage WHERE batch_id = p_batch;
END $$;

-- What a mapping names, as a sentence says it.
CREATE OR REPLACE FUNCTION mapping_words(p_provider provider_name, p_account text, p_project text, p_label text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = capdesk, pg_temp AS $$
  SELECT concat_ws(' ', p_provider::text, 'account ' || p_account, 'project ' || p_project, 'label ' || p_label)
$$;

CREATE OR REPLACE FUNCTION refuse_mapping(p_provider provider_name, p_account text, p_project text, p_label text,
                                          p_campaign bigint, p_admin bigint) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = capdesk, pg_temp AS $$
DECLARE
  v_words text := mapping_words(p_provider, p_account, p_project, p_label);
  v_held text;
BEGIN
  IF NOT EXISTS (SELECT FROM app_user WHERE id = p_admin AND is_admin) THEN
    RAISE EXCEPTION 'Only an admin may map charges.' USING ERRCODE = 'CD001';
  END IF;
  IF num_nonnulls(nullif(p_account, ''), nullif(p_project, ''), nullif(p_label, '')) <> num_nonnulls(p_account, p_project, p_label)
     OR num_nonnulls(p_account, p_project, p_label) = 0 THEN
    RAISE EXCEPTION 'A mapping names an account, a project or a label.' USING ERRCODE = 'CD001';
  END IF;
  IF p_provider = 'twilio' AND num_nonnulls(p_project, p_label) > 0 THEN
    RAISE EXCEPTION 'Twilio''s charges have neither project nor label: map an account.' USING ERRCODE = 'CD001';
  END IF;
  SELECT c.name INTO v_held FROM (
    SELECT campaign_id FROM provider_mapping
    WHERE provider = p_provider AND (account, project, label) IS NOT DISTINCT FROM (p_account, p_project, p_label)
    ORDER BY id DESC LIMIT 1) held JOIN campaign c ON c.id = held.campaign_id
  WHERE p_campaign IS NULL OR c.id = p_campaign;
  IF p_campaign IS NOT NULL AND v_held IS NOT NULL THEN
    RAISE EXCEPTION 'Charges of % are mapped to campaign "%" already.', v_words, v_held USING ERRCODE = 'CD001';
  END IF;
  IF p_campaign IS NULL AND v_held IS NULL THEN
    RAISE EXCEPTION 'There is no mapping of %: see what is mapped with capdesk map list.', v_words USING ERRCODE = 'CD002';
  END IF;
END $$;

-- Maps (or, without a campaign, unmaps) and appends the ledger rows of all past days: minus where a charge was, plus
-- where it now belongs, its experiment derived now. What stays in its campaign is left alone.
CREATE OR REPLACE FUNCTION map_charges(p_provider provider_name, p_account text, p_project text, p_label text,
                                       p_campaign bigint, p_admin bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = capdesk, pg_temp AS $$
DECLARE
  v_now timestamptz := ledger_now(true);
  v_mapping bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('capdesk charges'));
  PERFORM refuse_mapping(p_provider, p_account, p_project, p_label, p_campaign, p_admin);
  INSERT INTO provider_mapping (provider, account, project, label, campaign_id, admin_user_id, recorded_at)
  VALUES (p_provider, p_account, p_project, p_label, p_campaign, p_admin, v_now) RETURNING id INTO v_mapping;

  WITH grain AS (
    SELECT provider, account, project, label, usage_date, grain_key, min(id) AS charge_id, sum(amount_usd) AS usd
    FROM provider_charge
    WHERE provider = p_provider
      AND (p_account IS NULL OR account = p_account)
      AND (p_project IS NULL OR project = p_project)
      AND (p_label IS NULL OR label = p_label)
    GROUP BY 1, 2, 3, 4, 5, 6
  ), owner AS (  -- mapping_of once per owner, not once per grain
    SELECT o.*, (mapping_of(o.provider, o.account, o.project, o.label)).campaign_id
    FROM (SELECT DISTINCT provider, account, project, label FROM grain) o
  ), held AS (
    SELECT g.grain_key, r.campaign_id, r.experiment_id, sum(r.cost_usd) AS usd
    FROM grain g JOIN provider_charge c USING (grain_key) JOIN cost_rollup r ON r.charge_id = c.id
    GROUP BY 1, 2, 3 HAVING sum(r.cost_usd) <> 0
  ), moved AS (
    SELECT g.*, o.campaign_id
    FROM grain g JOIN owner o ON (o.provider, o.account, o.project, o.label)
                                 IS NOT DISTINCT FROM (g.provider, g.account, g.project, g.label)
    WHERE NOT EXISTS (SELECT FROM held h WHERE h.grain_key = g.grain_key AND h.campaign_id = o.campaign_id)
  ), rows AS (
    SELECT v.usage_date, h.campaign_id, h.experiment_id, v.provider, -h.usd AS usd, v.charge_id, 0 AS side
    FROM moved v JOIN held h USING (grain_key)
    UNION ALL
    SELECT v.usage_date, v.campaign_id, dated_experiment(v.campaign_id, v.usage_date, 'UTC'), v.provider, v.usd, v.charge_id, 1
    FROM moved v WHERE v.campaign_id IS NOT NULL AND v.usd <> 0
  )
  INSERT INTO cost_rollup (date, campaign_id, experiment_id, source, cost_usd, charge_id, mapping_id, recorded_at)
  SELECT usage_date, campaign_id, experiment_id, provider::text::cost_source, usd, charge_id, v_mapping, v_now
  FROM rows ORDER BY charge_id, side;
  RETURN v_mapping;
END $$;
