-- Every object that can protect or weaken the ledger, and what it is: kind, name, definition.
WITH space AS (SELECT oid, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname = :schema),
rel AS (SELECT c.* FROM pg_class c JOIN space ON space.oid = c.relnamespace),
col AS (
  SELECT a.attrelid, string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
      CASE WHEN a.attnotnull THEN 'not null' END, a.attidentity, a.attgenerated,
      pg_get_expr(d.adbin, d.adrelid), nullif(co.collname, 'default'),
      (SELECT string_agg(concat_ws(' ', coalesce(r.rolname, 'public'), x.privilege_type, x.is_grantable), ','
                         ORDER BY r.rolname COLLATE "C", x.privilege_type COLLATE "C")
       FROM aclexplode(a.attacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee)), E'\n' ORDER BY a.attnum) AS columns
  FROM pg_attribute a
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  LEFT JOIN pg_collation co ON co.oid = a.attcollation
  WHERE a.attrelid IN (SELECT oid FROM rel) AND a.attnum > 0 AND NOT a.attisdropped
  GROUP BY 1
)
SELECT 'schema', nspname::text, concat_ws(E'\n', pg_get_userbyid(nspowner), grants.list)
FROM space, LATERAL (
  SELECT string_agg(concat_ws(' ', coalesce(r.rolname, 'public'), x.privilege_type, x.is_grantable), ','
                    ORDER BY r.rolname COLLATE "C", x.privilege_type COLLATE "C") AS list
  FROM aclexplode(coalesce(nspacl, acldefault('n', nspowner))) x LEFT JOIN pg_roles r ON r.oid = x.grantee) grants
UNION ALL
SELECT CASE relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'S' THEN 'sequence' ELSE 'relation' END, relname,
  concat_ws(E'\n', pg_get_userbyid(relowner), relkind, relpersistence, relrowsecurity, relforcerowsecurity,
            reloptions::text, grants.list, col.columns,
            CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(rel.oid) END,
            (SELECT string_agg(inhparent::regclass::text, ',') FROM pg_inherits WHERE inhrelid = rel.oid),
            (SELECT concat_ws(' ', seqstart, seqincrement, seqmin, seqmax, seqcache, seqcycle)
             FROM pg_sequence WHERE seqrelid = rel.oid))
FROM rel LEFT JOIN col ON col.attrelid = rel.oid, LATERAL (
  SELECT string_agg(concat_ws(' ', coalesce(r.rolname, 'public'), x.privilege_type, x.is_grantable), ','
                    ORDER BY r.rolname COLLATE "C", x.privilege_type COLLATE "C") AS list
  FROM aclexplode(coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))) x
  LEFT JOIN pg_roles r ON r.oid = x.grantee
  WHERE x.privilege_type <> 'MAINTAIN') grants  -- Postgres 17 has it, 16 does not
WHERE relkind NOT IN ('i', 'I', 't')
UNION ALL
SELECT 'index', c.relname, concat_ws(E'\n', pg_get_indexdef(i.indexrelid), pg_get_userbyid(c.relowner), i.indisunique,
                                     i.indimmediate, i.indisvalid, i.indisready, i.indislive)
FROM pg_index i JOIN rel c ON c.oid = i.indexrelid
UNION ALL
SELECT 'constraint', coalesce(rel.relname, con.contypid::regtype::text) || '.' || con.conname,
  concat_ws(E'\n', pg_get_constraintdef(con.oid), con.contype, con.convalidated, con.condeferrable, con.condeferred,
            (SELECT string_agg(concat_ws(' ', t.tgfoid::regproc, t.tgenabled), ',' ORDER BY t.tgfoid::regproc::text COLLATE "C")
             FROM pg_trigger t WHERE t.tgconstraint = con.oid AND t.tgisinternal))
FROM pg_constraint con JOIN space ON space.oid = con.connamespace LEFT JOIN rel ON rel.oid = con.conrelid
WHERE con.contype <> 'n'  -- Postgres 18 lists NOT NULL here too; columns say it already
UNION ALL
SELECT 'trigger', rel.relname || '.' || t.tgname, concat_ws(E'\n', pg_get_triggerdef(t.oid), t.tgenabled)
FROM pg_trigger t JOIN rel ON rel.oid = t.tgrelid WHERE NOT t.tgisinternal
UNION ALL
SELECT 'function', p.oid::regprocedure::text, concat_ws(E'\n', pg_get_userbyid(p.proowner), p.prokind, l.lanname, p.prosecdef,
  p.proleakproof, p.proisstrict, p.provolatile, p.proparallel, pg_get_function_arguments(p.oid),
  pg_get_function_result(p.oid), p.proconfig::text, grants.list, p.prosrc, pg_get_function_sqlbody(p.oid))
FROM pg_proc p JOIN space ON space.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang, LATERAL (
  SELECT string_agg(concat_ws(' ', coalesce(r.rolname, 'public'), x.privilege_type, x.is_grantable), ','
                    ORDER BY r.rolname COLLATE "C", x.privilege_type COLLATE "C") AS list
  FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) x LEFT JOIN pg_roles r ON r.oid = x.grantee) grants
UNION ALL
SELECT 'rule', rel.relname || '.' || w.rulename, concat_ws(E'\n', pg_get_ruledef(w.oid), w.ev_enabled)
FROM pg_rewrite w JOIN rel ON rel.oid = w.ev_class WHERE w.rulename <> '_RETURN'
UNION ALL
SELECT 'policy', rel.relname || '.' || p.polname,
  concat_ws(E'\n', p.polcmd, p.polpermissive, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
FROM pg_policy p JOIN rel ON rel.oid = p.polrelid
UNION ALL
SELECT 'type', t.typname, concat_ws(E'\n', pg_get_userbyid(t.typowner), t.typtype,
  (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))
FROM pg_type t JOIN space ON space.oid = t.typnamespace WHERE t.typrelid = 0 AND t.typcategory <> 'A'
UNION ALL
SELECT 'operator', o.oid::regoperator::text, o.oprcode::text
FROM pg_operator o JOIN space ON space.oid = o.oprnamespace
UNION ALL
SELECT 'role', r.rolname, concat_ws(' ', r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin,
  r.rolreplication, r.rolbypassrls,
  (SELECT string_agg(m.roleid::regrole::text, ',' ORDER BY m.roleid::regrole::text COLLATE "C")
   FROM pg_auth_members m WHERE m.member = r.oid))
FROM pg_roles r WHERE r.rolname IN (:owner, :app)
UNION ALL
-- The settings without which a commit does not last, or rules do not run, for whoever asks.
SELECT 'setting', name, CASE WHEN name = 'synchronous_commit' THEN (setting <> 'off')::text ELSE setting END
FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'session_replication_role', 'row_security')
