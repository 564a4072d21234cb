-- cost_rollup
-- The cost of a grain lies wholly in the campaign its mapping names now, and nowhere where none does.
WITH owner AS MATERIALIZED (
  SELECT o.*, (mapping_of(o.provider, o.account, o.project, o.label)).campaign_id
  FROM (SELECT DISTINCT provider, account, project, label FROM provider_charge) o
)
SELECT 'charge ' || min(charge_id), format('$%s of it are stated for campaign %s, $%s are in its ledger', sum(stated), campaign_id, sum(held))
FROM (
  SELECT c.grain_key, o.campaign_id, c.amount_usd AS stated, 0 AS held, c.id AS charge_id
  FROM provider_charge c JOIN owner o ON o.provider = c.provider AND o.account = c.account
    AND (o.project, o.label) IS NOT DISTINCT FROM (c.project, c.label)
  WHERE o.campaign_id IS NOT NULL
  UNION ALL
  SELECT c.grain_key, r.campaign_id, 0, r.cost_usd, c.id FROM cost_rollup r JOIN provider_charge c ON c.id = r.charge_id
) grain
GROUP BY grain_key, campaign_id HAVING sum(stated) <> sum(held)
ORDER BY min(charge_id)
