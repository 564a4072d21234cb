-- campaign
-- A campaign is what its history says.
SELECT 'id ' || c.id, format('is %s, but its history ends with %s', c.status, coalesce(h.status::text, 'nothing'))
FROM campaign c LEFT JOIN LATERAL (
  SELECT status FROM campaign_status WHERE campaign_id = c.id ORDER BY id DESC LIMIT 1) h ON true
WHERE c.status IS DISTINCT FROM h.status ORDER BY c.id
