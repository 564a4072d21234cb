-- schema
-- Nothing is counted in floating-point numbers.
SELECT table_name || '.' || column_name, 'holds floating-point numbers'
FROM information_schema.columns
WHERE table_schema = 'capdesk' AND data_type IN ('real', 'double precision') ORDER BY 1
