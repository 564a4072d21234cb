-- import_batch
-- A batch adds up, and as many facts as it says landed are there.
SELECT 'id ' || b.id, format('says %s rows landed, %s are there', b.landed, f.rows)
FROM (
  SELECT batch_id, sum(n) AS rows FROM (
    SELECT batch_id, count(*) AS n FROM call GROUP BY 1
    UNION ALL SELECT batch_id, count(*) FROM explicit_event GROUP BY 1
    UNION ALL SELECT batch_id, count(*) FROM time_log GROUP BY 1
  ) facts GROUP BY 1
) f JOIN import_batch b ON b.id = f.batch_id WHERE f.rows <> b.landed
UNION ALL
SELECT 'id ' || b.id, 'read, landed, duplicate and rejected rows do not add up'
FROM import_batch b WHERE b.read <> b.landed + b.duplicate + b.rejected
