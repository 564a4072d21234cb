-- time_log
-- Campaign and rate are those of the date as known when the hours were recorded; cost is hours times rate.
SELECT 'id ' || f.id, CASE
  WHEN b.id IS NULL THEN format('its batch %s is not there', f.batch_id)
  WHEN a.campaign_id IS DISTINCT FROM f.campaign_id THEN format('its member worked for campaign %s on that date', a.campaign_id)
  WHEN r.hourly_rate_usd IS DISTINCT FROM f.hourly_rate_usd THEN format('the rate on that date was %s', r.hourly_rate_usd)
  ELSE 'its cost is not hours times rate' END
FROM time_log f
LEFT JOIN import_batch b ON b.id = f.batch_id
LEFT JOIN LATERAL (SELECT campaign_id FROM member_assignment
  WHERE team_member_id = f.team_member_id AND from_date <= f.date AND recorded_at < f.recorded_at
  ORDER BY from_date DESC LIMIT 1) a ON true
LEFT JOIN LATERAL (SELECT hourly_rate_usd FROM member_rate
  WHERE team_member_id = f.team_member_id AND from_date <= f.date AND recorded_at < f.recorded_at
  ORDER BY from_date DESC LIMIT 1) r ON true
WHERE b.id IS NULL OR a.campaign_id IS DISTINCT FROM f.campaign_id
   OR r.hourly_rate_usd IS DISTINCT FROM f.hourly_rate_usd
   OR f.cost_usd <> round_half_even(f.hours_logged * f.hourly_rate_usd)
ORDER BY f.id
