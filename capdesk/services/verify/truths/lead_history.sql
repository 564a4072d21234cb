-- lead_status
-- A status that came with an event names a paid conversion of its lead.
SELECT 'id ' || s.id, format('names event %s, which is no paid conversion of its lead', s.event_id)
FROM lead_status s LEFT JOIN explicit_event e
  ON e.id = s.event_id AND e.lead_id = s.lead_id AND e.event_type = 'paid_conversion'
WHERE s.event_id IS NOT NULL AND e.id IS NULL ORDER BY s.id
