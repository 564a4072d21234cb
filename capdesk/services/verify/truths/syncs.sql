-- sync_step
-- What a pull says landed is there: as many charges, of as many dollars, in the batch it names.
SELECT 'id ' || s.id, format('says %s charges of $%s landed, %s of $%s are there', s.landed, s.difference_usd,
                             coalesce(c.charges, 0), coalesce(c.usd, 0))
FROM sync_step s JOIN sync_run r ON r.id = s.run_id
LEFT JOIN (SELECT batch_id, count(*) AS charges, sum(amount_usd) AS usd FROM provider_charge GROUP BY 1) c USING (batch_id)
WHERE r.source <> 'twilio-calls' AND (s.landed, s.difference_usd) <> (coalesce(c.charges, 0), coalesce(c.usd, 0))
UNION ALL
SELECT 'batch ' || b.id, 'was pulled, and no pull names it'
FROM import_batch b WHERE b.kind IN ('twilio-pull', 'gcp-pull') AND NOT EXISTS (SELECT FROM sync_step s WHERE s.batch_id = b.id)
