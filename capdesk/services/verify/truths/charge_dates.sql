-- cost_rollup
-- A ledger row of a charge has its provider and usage day.
SELECT 'id ' || r.id, format('is %s on %s, its charge %s on %s', r.source, r.date, c.provider, c.usage_date)
FROM cost_rollup r JOIN provider_charge c ON c.id = r.charge_id
WHERE r.date <> c.usage_date OR r.source::text <> c.provider::text ORDER BY r.id
