"""The capital core."""

from alembic import op

from capdesk.migrations.capital_core import campaigns, costs, decisions, facts, people
from capdesk.migrations.capital_core.vocabulary import VOCABULARIES

revision = "0001"
down_revision = None

PARTS = (campaigns, people, facts, costs, decisions)

UNRULE = """
DO $$
DECLARE
  v_here regnamespace := current_schema()::regnamespace;
  v_views text[] := ARRAY(SELECT oid::regclass FROM pg_class WHERE relnamespace = v_here AND relkind = 'v');
  v_functions text[] := ARRAY(SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = v_here);
  v_name text;
BEGIN
  FOREACH v_name IN ARRAY v_views LOOP
    EXECUTE 'DROP VIEW IF EXISTS ' || v_name || ' CASCADE';
  END LOOP;
  FOREACH v_name IN ARRAY v_functions LOOP
    EXECUTE 'DROP FUNCTION IF EXISTS ' || v_name || ' CASCADE';
  END LOOP;
  DROP SEQUENCE IF EXISTS ledger_clock;
END $$
"""
"""The rules (see `models/rules/`) lean on the tables."""


def upgrade() -> None:
    for vocabulary in VOCABULARIES:
        vocabulary.create(op.get_bind())
    for part in PARTS:
        part.upgrade()


def downgrade() -> None:
    op.execute(UNRULE)
    for part in reversed(PARTS):
        for table in reversed(part.TABLES):
            op.drop_table(table)
    for vocabulary in VOCABULARIES:
        vocabulary.drop(op.get_bind())
