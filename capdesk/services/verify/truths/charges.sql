-- provider_charge
-- The differences of a grain add up to its newest statement.
SELECT 'ids ' || string_agg(id::text, ', ' ORDER BY id),
       format('%s %s on %s: the differences add up to $%s, the newest statement says $%s', min(provider), min(account),
              min(usage_date), sum(amount_usd), (array_agg(stated_usd ORDER BY id DESC))[1])
FROM provider_charge GROUP BY grain_key
HAVING sum(amount_usd) <> (array_agg(stated_usd ORDER BY id DESC))[1]
    OR count(DISTINCT (provider, account, usage_date, project, service, sku, label, invoice_month, cost_type)) > 1
UNION ALL
SELECT 'id ' || c.id, format('its batch %s is not there', c.batch_id)
FROM provider_charge c LEFT JOIN import_batch b ON b.id = c.batch_id WHERE b.id IS NULL
