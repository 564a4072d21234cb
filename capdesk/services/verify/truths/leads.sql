-- lead
-- A lead is what its history says.
SELECT 'id ' || l.id, format('is %s, but its history ends with %s', l.status, coalesce(h.status::text, 'nothing'))
FROM lead l LEFT JOIN LATERAL (
  SELECT status, recorded_at FROM lead_status WHERE lead_id = l.id ORDER BY id DESC LIMIT 1) h ON true
WHERE l.status IS DISTINCT FROM h.status
   OR l.exited_at IS DISTINCT FROM CASE WHEN h.status <> 'active' THEN h.recorded_at END
ORDER BY l.id
